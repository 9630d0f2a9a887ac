// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A guest that can misbehave: it writes the rings itself, from the contract, and shares no code with the driver. */
public final class TestGuest {
    /** A descriptor as the guest sees it. */
    public record Lent(long address, long meta) {
        int length() {
            return Descriptor.length(meta);
        }

        Lent withAddress(long other) {
            return new Lent(other, meta);
        }

        Lent withLength(int length) {
            return new Lent(address, Descriptor.withLength(meta, length));
        }

        Lent withFlags(int flags) {
            return new Lent(address, Descriptor.meta(length(), flags, Descriptor.generation(meta)));
        }

        Lent withGeneration(int generation) {
            return new Lent(address, Descriptor.meta(length(), Descriptor.flags(meta), generation));
        }
    }

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final TestLink link;
    private final long[][] positions;
    private int nonce;
    private long agreement;

    public TestGuest(TestLink link) {
        this.link = link;
        this.positions = new long[link.channels][SubChannel.values().length];
    }

    private MemorySegment ring(int channel, SubChannel ring) {
        return link.dataChannel(channel).asSlice(DataChannelLayout.ringOffset(ring, link.queueSize),
                RingLayout.bytes(link.queueSize));
    }

    public long hostWord() {
        return (long) SharedWord.LONG_HANDLE.getAcquire(link.controlChannel(), ControlChannelLayout.HOST_LANE_OFFSET);
    }

    private long guestWord() {
        return (long) SharedWord.LONG_HANDLE.getAcquire(link.controlChannel(), ControlChannelLayout.GUEST_LANE_OFFSET);
    }

    public void lane(long word) {
        SharedWord.LONG_HANDLE.setRelease(link.controlChannel(), ControlChannelLayout.GUEST_LANE_OFFSET, word);
    }

    /** Attaches a driver, and agrees to its epoch. */
    VlinkPort up(LinkMode mode) {
        VlinkPort port = link.attach(mode);
        acknowledge();
        assertThat(port.waitUntilUp(LIMIT)).isTrue();
        return port;
    }

    /** Agrees to the epoch that the host waits for; returns whether it waited. */
    public boolean acknowledge() {
        long word = hostWord();
        if (LaneState.of(word) != LaneState.INITIALIZING) {
            return false;
        }
        if (LaneState.epoch(agreement) == LaneState.epoch(word) && guestWord() == agreement) {
            return true; // it has said so, and the host has not looked yet
        }
        for (int channel = 0; channel < link.channels; channel++) {
            moveTo(channel, SubChannel.RX, 0);
            moveTo(channel, SubChannel.TX, 0);
            moveTo(channel, SubChannel.ALLOC, 0);
            moveTo(channel, SubChannel.FREE, 0);
        }
        agreement = LaneState.INITIALIZED.word(LaneState.epoch(word), ++nonce);
        lane(agreement);
        return true;
    }

    /** Sets the guest's position of a ring to any number. */
    public void moveTo(int channel, SubChannel ring, long position) {
        boolean consumes = ring == SubChannel.RX || ring == SubChannel.ALLOC;
        positions[channel][ring.ordinal()] = position;
        SharedWord.LONG_HANDLE.setRelease(ring(channel, ring),
                consumes ? RingLayout.CONSUMER_OFFSET : RingLayout.PRODUCER_OFFSET, position);
    }

    /** Writes over the host's lane word. */
    void scribbleOverTheHostsLane(long word) {
        SharedWord.LONG_HANDLE.setRelease(link.controlChannel(), ControlChannelLayout.HOST_LANE_OFFSET, word);
    }

    /** Writes over all of channel memory but the host's lane word, then puts right what is the guest's own to say. */
    public void scribbleOverTheHostsParts(byte value) {
        long word = (long) SharedWord.LONG_HANDLE.getAcquire(link.controlChannel(),
                ControlChannelLayout.GUEST_LANE_OFFSET);
        MemorySegment memory = link.memory().channel();
        long lane = link.controlChannel().address() - memory.address() + ControlChannelLayout.HOST_LANE_OFFSET;
        memory.asSlice(0, lane).fill(value);
        memory.asSlice(lane + Long.BYTES).fill(value);
        lane(word);
        for (int channel = 0; channel < link.channels; channel++) {
            for (SubChannel ring : SubChannel.values()) {
                moveTo(channel, ring, positions[channel][ring.ordinal()]);
            }
        }
    }

    /** Takes everything off {@code rx} or {@code alloc}. */
    public List<Lent> take(int channel, SubChannel ring) {
        return takeUpTo(channel, ring, Integer.MAX_VALUE);
    }

    /** Takes some off {@code rx} or {@code alloc}. */
    List<Lent> takeUpTo(int channel, SubChannel ring, int most) {
        MemorySegment memory = ring(channel, ring);
        long produced = (long) SharedWord.LONG_HANDLE.getAcquire(memory, RingLayout.PRODUCER_OFFSET);
        List<Lent> taken = new ArrayList<>();
        long position = positions[channel][ring.ordinal()];
        for (; position < produced && taken.size() < most; position++) {
            long slot = slot(position);
            taken.add(new Lent(memory.get(SharedWord.LONG, slot + Descriptor.ADDRESS_OFFSET),
                    memory.get(SharedWord.LONG, slot + Descriptor.META_OFFSET)));
        }
        moveTo(channel, ring, position);
        return taken;
    }

    /** Slots of {@code tx} or {@code free} that the host has read. */
    public int room(int channel, SubChannel ring) {
        long consumed = (long) SharedWord.LONG_HANDLE.getAcquire(ring(channel, ring), RingLayout.CONSUMER_OFFSET);
        return (int) (link.queueSize - (positions[channel][ring.ordinal()] - consumed));
    }

    /** Puts descriptors on {@code tx} or {@code free}, whatever they say. */
    public void put(int channel, SubChannel ring, List<Lent> descriptors) {
        MemorySegment memory = ring(channel, ring);
        long position = positions[channel][ring.ordinal()];
        for (Lent descriptor : descriptors) {
            long slot = slot(position++);
            memory.set(SharedWord.LONG, slot + Descriptor.ADDRESS_OFFSET, descriptor.address());
            memory.set(SharedWord.LONG, slot + Descriptor.META_OFFSET, descriptor.meta());
        }
        moveTo(channel, ring, position);
    }

    private long slot(long position) {
        return RingLayout.DESCRIPTORS_OFFSET + (position & link.queueSize - 1) * Descriptor.BYTES;
    }

    /** Swaps the MAC addresses of a packet where it stands. */
    public void swapMacs(Lent packet) {
        MemorySegment frame = link.memory().region().asSlice(link.offset(packet.address()), packet.length());
        byte[] macs = frame.asSlice(0, 12).toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0; i < 12; i++) {
            frame.set(ValueLayout.JAVA_BYTE, i, macs[(i + 6) % 12]);
        }
    }

    /** Echoes everything that waits on a channel; returns how many packets. */
    public int echo(int channel) {
        List<Lent> packets = take(channel, SubChannel.RX);
        packets.forEach(this::swapMacs);
        put(channel, SubChannel.TX, packets);
        return packets.size();
    }
}
