// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.torment.Tally.Count;
import io.vlink.guest.device.DeviceException;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SubChannel;
import java.util.concurrent.locks.LockSupport;

/** Attacks on positions and lane words. Each leaves the epoch spent. One thread. */
final class RingAttacks {
    private static final int LANE_WORDS = 64;
    private static final long LOOK_NANOS = 20_000;
    /** A host takes up to some such time to empty its rings. */
    private static final int AGREEMENT_NANOS = 50_000;

    private final RawLink link;
    private final DescriptorAttacks descriptors;
    private final Tally tally;

    /**
     * Attacks on a link.
     *
     * @param link        the link
     * @param descriptors for traffic in between
     * @param tally       counts
     */
    RingAttacks(RawLink link, DescriptorAttacks descriptors, Tally tally) {
        this.link = link;
        this.descriptors = descriptors;
        this.tally = tally;
    }

    /**
     * One attack.
     *
     * @param attack of the kinds {@code RING} and {@code LANE}
     * @param draws  where values come from
     */
    void run(Attack attack, Draws draws) {
        RawChannel channel = link.channels()[draws.below(link.channels().length)];
        descriptors.behave(channel, link.queueSize());
        switch (attack) {
            case UNWRITTEN -> unwritten(channel, draws);
            case POSITION_JUMP -> producers(channel, position -> position + link.queueSize() + 1
                    + (draws.next() >>> (1 + draws.below(62))));
            case POSITION_BACK -> producers(channel, position -> position - 1 - draws.below(4 * link.queueSize()));
            case POSITION_WRAP -> everyPosition(channel, draws);
            case CONSUMER_AHEAD ->
                consumers(channel, position -> position + 1 + (draws.next() >>> (1 + draws.below(62))));
            case CONSUMER_BACK -> consumers(channel, position -> position - 1 - draws.below(4 * link.queueSize()));
            case STARVE -> starve();
            case LANE_STATES -> laneStates(draws);
            case LANE_EPOCHS -> laneEpochs(draws);
            case LANE_FLAP -> laneFlap();
            case LANE_TWICE -> laneTwice(draws);
            default -> laneDirty(channel, draws);
        }
    }

    private void unwritten(RawChannel channel, Draws draws) {
        for (SubChannel ring : new SubChannel[]{SubChannel.TX, SubChannel.FREE}) {
            int count = 1 + draws.below(link.queueSize());
            channel.ring(ring).advance(count);
            tally.add(Count.DESCRIPTORS, count);
        }
        look();
    }

    private void producers(RawChannel channel, java.util.function.LongUnaryOperator move) {
        show(channel.ring(SubChannel.TX), move);
        show(channel.ring(SubChannel.FREE), move);
    }

    private void consumers(RawChannel channel, java.util.function.LongUnaryOperator move) {
        show(channel.ring(SubChannel.RX), move);
        show(channel.ring(SubChannel.ALLOC), move);
        // The host looks at these positions when it needs room: what comes back is lent again.
        descriptors.behave(channel, 4 * link.queueSize());
    }

    private void show(RawRing ring, java.util.function.LongUnaryOperator move) {
        ring.show(move.applyAsLong(ring.position()));
        tally.add(Count.POSITIONS, 1);
        look();
    }

    private void everyPosition(RawChannel channel, Draws draws) {
        for (SubChannel ring : SubChannel.values()) {
            long edge = draws.oneOf(1L << 16, 1L << 31, 1L << 32, Long.MIN_VALUE, 0);
            show(channel.ring(ring), position -> edge + draws.below(2 * link.queueSize()) - link.queueSize());
        }
    }

    private void starve() {
        long last = System.nanoTime();
        while (System.nanoTime() - last < 10 * LOOK_NANOS) {
            int taken = 0;
            for (RawChannel channel : link.channels()) {
                taken += channel.plunder();
            }
            tally.add(Count.POSITIONS, taken > 0 ? 1 : 0);
            last = taken > 0 ? System.nanoTime() : last;
        }
    }

    private void laneStates(Draws draws) {
        for (int i = 0; i < LANE_WORDS; i++) {
            int low = (int) draws.oneOf(0, 1, 2, 3, -1, Integer.MIN_VALUE, 2 | draws.next() << 8, draws.next());
            int epoch = (int) draws.oneOf(link.epoch(), 0, LaneState.epoch(link.hostWord()), draws.next());
            lane((long) epoch << 32 | (low & 0xffff_ffffL));
        }
    }

    private void laneEpochs(Draws draws) {
        for (int i = 0; i < LANE_WORDS; i++) {
            int epoch = LaneState.epoch(link.hostWord());
            lane(LaneState.INITIALIZED.word((int) draws.oneOf(epoch - 1, epoch + 1, -epoch, 0, draws.next())));
        }
    }

    /** Whatever the host says is agreed to at once, and left at once. */
    private void laneFlap() {
        for (int i = 0; i < LANE_WORDS; i++) {
            lane(LaneState.INITIALIZED.word(LaneState.epoch(link.hostWord())));
            lane(LaneState.INITIALIZING.word(0));
        }
    }

    private void laneDirty(RawChannel channel, Draws draws) {
        lane(LaneState.INITIALIZING.word(0));
        for (SubChannel ring : SubChannel.values()) {
            channel.ring(ring).show(draws.oneOf(1, link.queueSize(), channel.ring(ring).position()));
            tally.add(Count.POSITIONS, 1);
        }
        lane(LaneState.INITIALIZED.word(LaneState.epoch(link.hostWord())));
        descriptors.run(Attack.DEAD_EPOCH, link.queueSize(), draws);
    }

    /**
     * The second agreement comes while the host begins the epoch by the first, or before, or after. Where the host runs the
     * second, the link has to work; after the last first one comes {@link RawLink#renew}, as a successor does.
     */
    private void laneTwice(Draws draws) {
        for (int i = 0; i < LANE_WORDS; i++) {
            link.guestWord(LaneState.INITIALIZING.word(0));
            int epoch = waitedFor();
            for (RawChannel channel : link.channels()) {
                producers(channel, position -> -1 - draws.below(link.queueSize()));
            }
            int nonce = (int) draws.next();
            link.guestWord(LaneState.INITIALIZED.word(epoch, nonce));
            tally.add(Count.LANE_WORDS, 2);
            spin(draws.below(AGREEMENT_NANOS));
            if (i < LANE_WORDS - 1) {
                agreeAgain(epoch, nonce + 1);
            }
        }
    }

    private void agreeAgain(int epoch, int nonce) {
        link.guestWord(LaneState.INITIALIZING.word(0));
        for (RawChannel channel : link.channels()) {
            channel.reset();
        }
        long agreement = LaneState.INITIALIZED.word(epoch, nonce);
        link.guestWord(agreement);
        tally.add(Count.LANE_WORDS, 2);
        spin(LOOK_NANOS);
        if (link.hostWord() == agreement && !link.works(Torment.RECOVERY_NANOS)) {
            throw new DeviceException("link does not work in an epoch that was agreed to twice: link=" + link.name()
                    + " epoch=" + Integer.toUnsignedString(epoch) + ": see vlinkctl status on the host");
        }
    }

    private static void spin(long nanos) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }

    /** The epoch that the host waits in, as soon as it does; any other if it does not for a while. */
    private int waitedFor() {
        long start = System.nanoTime();
        while (LaneState.of(link.hostWord()) != LaneState.INITIALIZING && System.nanoTime() - start < LOOK_NANOS) {
            Thread.onSpinWait();
        }
        return LaneState.epoch(link.hostWord());
    }

    private void lane(long word) {
        link.guestWord(word);
        tally.add(Count.LANE_WORDS, 1);
        look();
    }

    /** Leaves the host time to look. */
    private static void look() {
        LockSupport.parkNanos(LOOK_NANOS);
    }
}
