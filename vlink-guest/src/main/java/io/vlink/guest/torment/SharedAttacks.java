// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.torment.Tally.Count;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Attacks on words that nobody checks, and on words while the host reads them. One thread, besides the mutator's. */
final class SharedAttacks {
    private static final int TRAFFIC = 1 << 14;
    private static final int WORDS = 1 << 10;
    private static final int PAYLOADS = 64;

    private final GuestDevice device;
    private final RawLink link;
    private final DescriptorAttacks descriptors;
    private final Tally tally;

    /**
     * Attacks on a link.
     *
     * @param device      its device
     * @param link        the link
     * @param descriptors for traffic meanwhile
     * @param tally       counts
     */
    SharedAttacks(GuestDevice device, RawLink link, DescriptorAttacks descriptors, Tally tally) {
        this.device = device;
        this.link = link;
        this.descriptors = descriptors;
        this.tally = tally;
    }

    /**
     * One attack.
     *
     * @param attack of the kind {@code SHARED}
     * @param draws  where values come from
     */
    void run(Attack attack, Draws draws) {
        switch (attack) {
            case CONTROL_WORDS -> overwriteDescriptions(draws);
            case GUEST_COUNTERS -> lieAboutCounters(draws);
            case MUTATE_SLOTS -> mutate(Count.SHARED_WORDS, draws, slots());
            case MUTATE_PAYLOAD -> mutatePayload(draws);
            default -> mutate(Count.SHARED_WORDS, draws, everything());
        }
    }

    private void overwriteDescriptions(Draws draws) {
        for (int i = 0; i < WORDS; i++) {
            for (MemorySegment place : link.descriptions()) {
                overwrite(place, draws);
            }
            overwrite(link.control().asSlice(ControlChannelLayout.HOST_LANE_OFFSET, Long.BYTES), draws);
        }
        descriptors.behave(link.channels()[0], link.queueSize());
    }

    private void overwrite(MemorySegment place, Draws draws) {
        place.set(SharedWord.LONG, draws.below((int) (place.byteSize() / Long.BYTES)) * (long) Long.BYTES,
                draws.next());
        tally.add(Count.SHARED_WORDS, 1);
    }

    private void lieAboutCounters(Draws draws) {
        for (int i = 0; i < WORDS; i++) {
            for (RawChannel channel : link.channels()) {
                for (GuestCounter counter : GuestCounter.values()) {
                    channel.memory().set(SharedWord.LONG, counter.offset(),
                            draws.oneOf(draws.next(), -1, 0, Long.MIN_VALUE, Long.MAX_VALUE));
                    tally.add(Count.SHARED_WORDS, 1);
                }
            }
        }
        descriptors.behave(link.channels()[0], link.queueSize());
    }

    private MemorySegment[] slots() {
        List<MemorySegment> slots = new ArrayList<>();
        long bytes = RingLayout.bytes(link.queueSize()) - RingLayout.DESCRIPTORS_OFFSET;
        for (RawChannel channel : link.channels()) {
            for (SubChannel ring : SubChannel.values()) {
                slots.add(channel.memory().asSlice(DataChannelLayout.ringOffset(ring, link.queueSize())
                        + RingLayout.DESCRIPTORS_OFFSET, bytes));
            }
        }
        return slots.toArray(MemorySegment[]::new);
    }

    private MemorySegment[] everything() {
        List<MemorySegment> all = new ArrayList<>(link.descriptions());
        all.add(link.control());
        for (RawChannel channel : link.channels()) {
            all.add(channel.memory());
        }
        return all.toArray(MemorySegment[]::new);
    }

    /** Bytes of packets that are the host's again. Only buffers of this link: whose the others are is not known here. */
    private void mutatePayload(Draws draws) {
        List<MemorySegment> buffers = new ArrayList<>();
        for (RawChannel channel : link.channels()) {
            channel.plunder();
            Loot loot = channel.loot();
            for (int i = 0; i < Math.min(PAYLOADS, loot.size()); i++) {
                long offset = device.translation().toOffset(loot.address(i)) & -link.bufferBytes();
                if (device.translation().isOffset(offset)) {
                    buffers.add(device.region().asSlice(offset, link.bufferBytes()));
                }
            }
        }
        if (!buffers.isEmpty()) {
            mutate(Count.PAYLOAD_WORDS, draws, buffers.toArray(MemorySegment[]::new));
        }
    }

    private void mutate(Count count, Draws draws, MemorySegment... memory) {
        try (Mutator mutator = new Mutator(new Draws(draws.next(), 0), memory)) {
            for (RawChannel channel : link.channels()) {
                descriptors.behave(channel, TRAFFIC);
                descriptors.run(Attack.RETURNED_TWICE, link.queueSize(), draws);
            }
            tally.add(count, mutator.stop());
        }
    }
}
