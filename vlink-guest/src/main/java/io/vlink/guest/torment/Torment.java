// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.device.DeviceException;
import io.vlink.guest.torment.Tally.Count;
import io.vlink.spec.channel.LaneState;
import io.vlink.traffic.worker.StopSignal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Torments the host on one link: one attack after the other, in an order that the seed draws, each in an epoch of its own. Before
 * each it behaves well again and sees whether the link works. One thread.
 */
public final class Torment {
    /**
     * How long a host may take to agree to an epoch and to take one buffer back. Not a measure of speed: a host that other
     * programs keep from its processor for a while has not lost a link.
     */
    static final long RECOVERY_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long DRIVER_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int DESCRIPTORS = 1 << 16;
    /** Epochs that an attack with descriptors may use up: a host that quarantines ends one early. */
    private static final int EPOCHS = 8;

    private final TormentPlan plan;
    private final StopSignal stop;
    private final Tally tally = new Tally();
    private final long[] rounds = new long[Attack.values().length];
    private final RawLink link;
    private final DescriptorAttacks descriptors;
    private final RingAttacks rings;
    private final SharedAttacks shared;
    private final RegisterAttacks registers;
    private long elapsedNanos;
    private String stopped = "failed";

    /**
     * A run that has not begun.
     *
     * @param device the device
     * @param target the link to torment; nobody else in this guest may drive it
     * @param plan   what to do
     * @param stop   ends it early
     */
    public Torment(GuestDevice device, GuestLink target, TormentPlan plan, StopSignal stop) {
        this.plan = plan;
        this.stop = stop;
        link = new RawLink(device, target);
        descriptors = new DescriptorAttacks(link, new Spoiler(device, link), tally);
        rings = new RingAttacks(link, descriptors, tally);
        shared = new SharedAttacks(device, link, descriptors, tally);
        registers = new RegisterAttacks(device.access().raw(), tally);
    }

    /**
     * Does it, and leaves the link in order.
     *
     * @throws DeviceException if the link did not come back after an attack, or no driver is on it
     */
    public void run() {
        if (!awaitDriver()) {
            stopped = "signal";
            return;
        }
        long start = System.nanoTime();
        Attack last = null;
        for (long cycle = 0; !isOver(start); cycle++) {
            for (Attack attack : shuffled(cycle)) {
                if (isOver(start)) {
                    break;
                }
                recover(last);
                attack(attack, new Draws(plan.seed(), tally.of(Count.ROUNDS)));
                last = attack;
            }
        }
        recover(last);
        link.leave();
        elapsedNanos = System.nanoTime() - start;
        stopped = stop.isRequested() ? "signal" : "duration";
    }

    private boolean isOver(long start) {
        elapsedNanos = System.nanoTime() - start;
        return stop.isRequested() || elapsedNanos >= plan.duration().toNanos();
    }

    private List<Attack> shuffled(long cycle) {
        Draws draws = new Draws(plan.seed(), -1 - cycle);
        List<Attack> order = new ArrayList<>(plan.attacks());
        for (int i = order.size() - 1; i > 0; i--) {
            order.set(i, order.set(draws.below(i + 1), order.get(i)));
        }
        return order;
    }

    private void attack(Attack attack, Draws draws) {
        tally.add(Count.ROUNDS, 1);
        rounds[attack.ordinal()]++;
        switch (attack.kind()) {
            case DESCRIPTOR -> descriptors(attack, draws);
            case RING, LANE -> rings.run(attack, draws);
            case SHARED -> shared.run(attack, draws);
            case REGISTER -> registers.run(attack, draws);
            case DEVICE -> {
                descriptors.behave(link.channels()[0], link.queueSize());
                registers.run(attack, draws);
            }
        }
    }

    private void descriptors(Attack attack, Draws draws) {
        long left = DESCRIPTORS;
        for (int i = 0; i < EPOCHS && left > 0; i++) {
            if (i > 0) {
                recover(attack);
            }
            left -= descriptors.run(attack, (int) left, draws);
        }
    }

    /** False if it was told to stop meanwhile. */
    private boolean awaitDriver() {
        long start = System.nanoTime();
        while (LaneState.of(link.hostWord()) == LaneState.NOT_INITIALIZED) {
            if (stop.isRequested()) {
                return false;
            }
            if (System.nanoTime() - start > DRIVER_NANOS) {
                throw new DeviceException("no driver is on the host's side of the link: link=" + link.name()
                        + ": start one, for instance bin/vlink-echo, and try again");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return true;
    }

    private void recover(Attack last) {
        if (!link.renew(RECOVERY_NANOS)) {
            throw notBack(last, "the host agreed to no new epoch");
        }
        tally.add(Count.EPOCHS, 1);
        if (!link.works(RECOVERY_NANOS)) {
            throw notBack(last, "the host lent nothing, or took nothing back");
        }
        tally.add(Count.RECOVERIES, 1);
    }

    private DeviceException notBack(Attack last, String what) {
        return new DeviceException("link did not recover: link=" + link.name() + " after="
                + (last == null ? "nothing" : last.label()) + " seed=" + plan.seed() + " round="
                + tally.of(Count.ROUNDS) + ": " + what + " in " + TimeUnit.NANOSECONDS.toSeconds(RECOVERY_NANOS)
                + " s: see vlinkctl status on the host");
    }

    /** {@return what was done} */
    public Tally tally() {
        return tally;
    }

    /**
     * How often an attack was run.
     *
     * @param attack which
     * @return its rounds
     */
    public long rounds(Attack attack) {
        return rounds[attack.ordinal()];
    }

    /** {@return why it ended: {@code duration}, {@code signal}, or {@code failed} if the link did not come back} */
    public String stopped() {
        return stopped;
    }

    /** {@return how long it ran} */
    public double seconds() {
        return elapsedNanos / 1e9;
    }
}
