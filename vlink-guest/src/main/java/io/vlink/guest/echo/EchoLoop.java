// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.echo;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.GuestQueue;
import io.vlink.guest.device.DeviceAccess;
import io.vlink.spec.channel.GuestCounter;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The echo's loop over links and channels. While packets flow it allocates nothing and calls the system for nothing; the clock
 * is read once in many rounds. One thread, except for {@link #stop}.
 */
public final class EchoLoop {
    /** Rounds between two looks at the clock, as a mask. */
    private static final int CLOCK_MASK = 63;
    private static final long DEVICE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EchoLink[] links;
    private final Idle idle;
    private final EchoEvents events;
    private final boolean[] faultSeen;
    private final DeviceAccess access;
    private volatile boolean stopped;
    private boolean deviceGone;
    private long nextDeviceLook;
    private long echoedAtDeviceLook;
    private long echoed;
    private long startNanos;

    /**
     * What an echo is to do.
     *
     * @param channel     data channel from 1 on; 0: all
     * @param burst       packets that one round takes from a channel, at most
     * @param idle        what to do while there is nothing to do
     * @param count       packets after which it ends; 0: no limit
     * @param nanos       time after which it ends; 0: no limit
     * @param reportNanos time between two reports; 0: none
     */
    public record Plan(int channel, int burst, Idle.Limit idle, long count, long nanos, long reportNanos) {
    }

    private final Plan plan;

    /**
     * An echo that has not begun.
     *
     * @param device its device
     * @param links  attached links of that device
     * @param plan   what to do
     * @param events hears what happens
     */
    public EchoLoop(GuestDevice device, List<GuestLink> links, Plan plan, EchoEvents events) {
        this.links = new EchoLink[links.size()];
        int channels = 0;
        for (int i = 0; i < this.links.length; i++) {
            this.links[i] = new EchoLink(links.get(i), plan.channel(), device.region(), plan.burst(), events);
            channels += this.links[i].queues().length;
        }
        this.faultSeen = new boolean[channels];
        this.access = device.access();
        this.plan = plan;
        this.idle = new Idle(plan.idle());
        this.events = events;
        this.startNanos = System.nanoTime();
    }

    /** {@return data channels that are echoed} */
    public int channelCount() {
        return faultSeen.length;
    }

    /** Runs until a limit of the plan is reached, {@link #stop} is called, or the device {@link #isDeviceGone}. */
    public void run() {
        startNanos = System.nanoTime();
        nextDeviceLook = startNanos + DEVICE_NANOS;
        long nextReport = startNanos + plan.reportNanos();
        int rounds = 0;
        while (!stopped && (plan.count() == 0 || echoed < plan.count())) {
            if (poll() > 0) {
                idle.reset();
            } else {
                idle.pause();
            }
            if ((++rounds & CLOCK_MASK) != 0) {
                continue;
            }
            lookForFaults();
            lookForDevice();
            if (deviceGone) {
                return;
            }
            if (plan.nanos() > 0 && System.nanoTime() - startNanos >= plan.nanos()) {
                return;
            }
            if (plan.reportNanos() > 0 && System.nanoTime() - nextReport >= 0) {
                events.report(totals());
                nextReport += plan.reportNanos();
            }
        }
    }

    /** {@return whether {@link #run} ended because the agent is gone; nothing can come from this device any more} */
    public boolean isDeviceGone() {
        return deviceGone;
    }

    /** While packets flow, a host driver is alive and may finish without its agent: the device is asked when all is quiet. */
    private void lookForDevice() {
        if (System.nanoTime() - nextDeviceLook < 0) {
            return;
        }
        nextDeviceLook = System.nanoTime() + DEVICE_NANOS;
        deviceGone = echoed == echoedAtDeviceLook && access.isGone();
        echoedAtDeviceLook = echoed;
    }

    /**
     * One round over all links and channels.
     *
     * @return packets sent back
     */
    public int poll() {
        int work = 0;
        for (EchoLink link : links) {
            work += link.poll();
        }
        echoed += work;
        return work;
    }

    /**
     * Waits, after {@link #run}, until the host has taken what was sent back; takes nothing new.
     *
     * @param limitNanos the host may be gone: so long at most
     */
    public void drain(long limitNanos) {
        long begin = System.nanoTime();
        while (!isDrained() && System.nanoTime() - begin < limitNanos) {
            idle.pause();
        }
    }

    private boolean isDrained() {
        boolean drained = true;
        for (EchoLink link : links) {
            drained &= link.isDrained();
        }
        return drained;
    }

    /** Ends {@link #run} soon; from any thread. */
    public void stop() {
        stopped = true;
    }

    private void lookForFaults() {
        int channel = 0;
        for (EchoLink link : links) {
            for (EchoQueue queue : link.queues()) {
                boolean faulted = queue.queue().isFaulted();
                if (faulted && !faultSeen[channel]) {
                    events.channelFault(link.link(), link.channelOf(queue));
                }
                faultSeen[channel++] = faulted;
            }
        }
    }

    /** {@return the counts since the start} */
    public EchoTotals totals() {
        return new EchoTotals(System.nanoTime() - startNanos, sum(GuestCounter.RX_PACKETS), sum(GuestCounter.RX_BYTES),
                sum(GuestCounter.TX_PACKETS), sum(GuestCounter.TX_BYTES), sum(GuestCounter.RX_BAD_DESCRIPTORS),
                sum(GuestCounter.TX_FULL));
    }

    private long sum(GuestCounter counter) {
        long sum = 0;
        for (EchoLink link : links) {
            for (EchoQueue queue : link.queues()) {
                GuestQueue counted = queue.queue();
                sum += counted.counter(counter);
            }
        }
        return sum;
    }
}
