// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.device.DeviceException;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * The tormented link: its channels, its lane words, and the way back to good behaviour, a new epoch. The device was opened and
 * checked before, so that what is read here can be believed; a copy of it is kept, as attacks overwrite it. One thread.
 */
final class RawLink {
    private static final long PAUSE_NANOS = 20_000;

    private final GuestLink link;
    private final MemorySegment control;
    private final RawChannel[] channels;
    private final List<Saved> saved = new ArrayList<>();
    /** Not of the run's seed: a new agreement must not repeat what an attack has said. */
    private final SplittableRandom nonces = new SplittableRandom();
    private int epoch;

    /** Bytes as the agent wrote them. */
    private record Saved(MemorySegment place, MemorySegment copy) {
    }

    /**
     * A link of an opened device.
     *
     * @param device the device
     * @param link   which one; nobody else in this guest drives it
     */
    RawLink(GuestDevice device, GuestLink link) {
        this.link = link;
        MemorySegment memory = device.access().channelMemory();
        control = find(memory, 0);
        channels = new RawChannel[link.queueCount()];
        save(control.asSlice(0, ControlChannelLayout.HOST_LANE_OFFSET));
        for (int i = 0; i < channels.length; i++) {
            channels[i] = new RawChannel(find(memory, i + 1), link.queueSize());
            save(channels[i].memory().asSlice(0, DataChannelLayout.GUEST_COUNTERS_OFFSET));
        }
        epoch = LaneState.epoch(hostWord());
    }

    private MemorySegment find(MemorySegment memory, int ordinal) {
        int count = memory.get(SharedWord.INT, ChannelMemoryLayout.CHANNEL_COUNT_OFFSET);
        for (int row = 0; row < count; row++) {
            long at = ChannelMemoryLayout.directoryRowOffset(row);
            if (memory.get(SharedWord.INT, at + ChannelMemoryLayout.ROW_LINK_OFFSET) == link.index()
                    && memory.get(SharedWord.INT, at + ChannelMemoryLayout.ROW_ORDINAL_OFFSET) == ordinal) {
                save(memory.asSlice(at, ChannelMemoryLayout.DIRECTORY_ROW_BYTES));
                long bytes = ordinal == 0 ? ControlChannelLayout.BYTES : DataChannelLayout.bytes(link.queueSize());
                return memory.asSlice(memory.get(SharedWord.LONG, at + ChannelMemoryLayout.ROW_CHANNEL_OFFSET), bytes);
            }
        }
        throw new DeviceException("channel directory lacks a channel: link=" + link.name() + " channel=" + ordinal
                + ": agent and guest do not fit together: use the same vlink version");
    }

    private void save(MemorySegment place) {
        saved.add(new Saved(place, MemorySegment.ofArray(new long[(int) (place.byteSize() / Long.BYTES)])
                .copyFrom(place)));
    }

    /** {@return the link's name} */
    String name() {
        return link.name();
    }

    /** {@return bytes of a packet buffer} */
    int bufferBytes() {
        return link.bufferBytes();
    }

    /** {@return bytes of a packet at most} */
    int maxFrameBytes() {
        return link.mtu() + Limits.MIN_FRAME_BYTES;
    }

    /** {@return descriptors in each ring} */
    int queueSize() {
        return link.queueSize();
    }

    /** {@return the data channels} */
    RawChannel[] channels() {
        return channels;
    }

    /** {@return the control channel} */
    MemorySegment control() {
        return control;
    }

    /** {@return what the agent wrote of this link, and a guest only reads} */
    List<MemorySegment> descriptions() {
        return saved.stream().map(Saved::place).toList();
    }

    /** {@return the host's lane word, or what an attack has put there} */
    long hostWord() {
        return (long) SharedWord.LONG_HANDLE.getAcquire(control, ControlChannelLayout.HOST_LANE_OFFSET);
    }

    /** Sets this side's lane word. */
    void guestWord(long word) {
        SharedWord.LONG_HANDLE.setRelease(control, ControlChannelLayout.GUEST_LANE_OFFSET, word);
    }

    /** {@return the epoch that this side last agreed to} */
    int epoch() {
        return epoch;
    }

    /** Leaves the link as a guest does that stops; what was overwritten is put back. */
    void leave() {
        restore();
        guestWord(LaneState.NOT_INITIALIZED.word(0));
    }

    private void restore() {
        saved.forEach(bytes -> bytes.place().copyFrom(bytes.copy()));
    }

    /**
     * Begins a new epoch as a well-behaved guest does. The host's word may be what an attack has put there, until the host has
     * said again what it waits for.
     *
     * @param limitNanos how long at most
     * @return whether the host agreed
     */
    boolean renew(long limitNanos) {
        long start = System.nanoTime();
        restore();
        guestWord(LaneState.INITIALIZING.word(0));
        long agreement = 0;
        boolean waiting = false;
        while (!isLate(start, limitNanos)) {
            long host = hostWord();
            if (waiting && host == agreement) {
                epoch = LaneState.epoch(agreement);
                return true;
            }
            if (LaneState.of(host) == LaneState.INITIALIZING
                    && !(waiting && LaneState.epoch(host) == LaneState.epoch(agreement))) {
                agreement = LaneState.INITIALIZED.word(LaneState.epoch(host), nonces.nextInt());
                for (RawChannel channel : channels) {
                    channel.reset();
                }
                guestWord(agreement);
                waiting = true;
            } else if (waiting && LaneState.of(host) == LaneState.INITIALIZED) {
                guestWord(LaneState.INITIALIZING.word(0)); // what runs was agreed to before this
                waiting = false;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    /**
     * Whether every channel works: the host lends buffers, and takes one back that is returned as it should be.
     *
     * @param limitNanos how long at most
     * @return true if all do
     */
    boolean works(long limitNanos) {
        long start = System.nanoTime();
        for (RawChannel channel : channels) {
            while (channel.loot().size() == 0) {
                channel.plunder();
                if (isLate(start, limitNanos)) {
                    return false;
                }
            }
            RawRing free = channel.ring(SubChannel.FREE);
            int last = channel.loot().takeLast();
            free.write(0, channel.loot().address(last), channel.loot().meta(last));
            free.advance(1);
            while (free.peer() != free.position()) {
                if (isLate(start, limitNanos)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isLate(long start, long limitNanos) {
        long passed = System.nanoTime() - start;
        if (passed > PAUSE_NANOS) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return passed > limitNanos;
    }
}
