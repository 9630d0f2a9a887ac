// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.torment.Tally.Count;
import io.vlink.spec.channel.SubChannel;

/** Puts bad descriptors on {@code tx} and {@code free}, as fast as the host takes them, good ones among them. One thread. */
final class DescriptorAttacks {
    /** A host that takes nothing for this long has quarantined the channel, or sleeps: either way the epoch is spent. */
    private static final long STALL_NANOS = 300_000;
    private static final int GOOD = 1 << 10;

    private final RawLink link;
    private final Spoiler spoiler;
    private final Tally tally;

    /**
     * Attacks on a link.
     *
     * @param link    the link
     * @param spoiler makes the descriptors
     * @param tally   counts them
     */
    DescriptorAttacks(RawLink link, Spoiler spoiler, Tally tally) {
        this.link = link;
        this.spoiler = spoiler;
        this.tally = tally;
    }

    /**
     * One attack within an epoch.
     *
     * @param attack the fault
     * @param count  descriptors at most
     * @param draws  where values come from
     * @return descriptors that the host took
     */
    long run(Attack attack, int count, Draws draws) {
        RawChannel[] channels = link.channels();
        int number = draws.below(channels.length);
        RawChannel channel = channels[number];
        RawChannel other = channels[(number + 1) % channels.length];
        other.plunder();
        RawRing ring = channel.ring(draws.oneIn(4) ? SubChannel.FREE : SubChannel.TX);
        int oneInBad = (int) draws.oneOf(1, 4, 128);
        if (attack == Attack.MORE_ALONE) {
            return single(attack, channel, other, draws);
        }
        long put = 0;
        while (put < count && awaitRoom(channel, ring)) {
            int batch = Math.min(ring.room(), count);
            fill(attack, channel, other, ring, batch, oneInBad, draws);
            ring.advance(batch);
            if (attack == Attack.REWRITE) {
                rewrite(ring, batch, draws);
            }
            put += batch;
        }
        return put;
    }

    private void fill(Attack attack, RawChannel channel, RawChannel other, RawRing ring, int batch, int oneInBad,
            Draws draws) {
        int good = 0;
        for (int i = 0; i < batch; i++) {
            if (oneInBad > 1 && !draws.oneIn(oneInBad) && spoiler.good(channel)) {
                good++;
            } else {
                spoiler.spoil(attack, channel, other, draws);
            }
            ring.write(i, spoiler.address(), spoiler.meta());
        }
        tally.add(Count.DESCRIPTORS, batch - good);
        tally.add(Count.GOOD_DESCRIPTORS, good);
    }

    /** Changes what was published while the host may be reading it. */
    private void rewrite(RawRing ring, int batch, Draws draws) {
        for (int i = 0; i < batch; i++) {
            ring.write(-1 - draws.below(batch), draws.next(), draws.next());
        }
        tally.add(Count.DESCRIPTORS, batch);
    }

    /** One descriptor, and nothing behind it, again and again. */
    private long single(Attack attack, RawChannel channel, RawChannel other, Draws draws) {
        RawRing tx = channel.ring(SubChannel.TX);
        int put = 0;
        while (put < GOOD && awaitRoom(channel, tx)) {
            fill(attack, channel, other, tx, 1, 1, draws);
            tx.advance(1);
            put++;
        }
        return put;
    }

    /**
     * Returns what was lent as a guest should, for attacks that need a host which is at work.
     *
     * @param count descriptors at most
     * @return descriptors that the host took
     */
    long behave(RawChannel channel, int count) {
        RawRing tx = channel.ring(SubChannel.TX);
        int put = 0;
        while (put < count && awaitRoom(channel, tx)) {
            channel.plunder();
            int batch = 0;
            for (int room = tx.room(); batch < room && spoiler.good(channel); batch++) {
                tx.write(batch, spoiler.address(), spoiler.meta());
            }
            tx.advance(batch);
            put += batch;
            if (batch == 0) {
                break;
            }
        }
        tally.add(Count.GOOD_DESCRIPTORS, put);
        return put;
    }

    private boolean awaitRoom(RawChannel channel, RawRing ring) {
        if (ring.room() > 0) {
            channel.plunder();
            return true;
        }
        long start = System.nanoTime();
        while (ring.room() == 0) {
            channel.plunder();
            if (System.nanoTime() - start > STALL_NANOS) {
                return false;
            }
        }
        return true;
    }
}
