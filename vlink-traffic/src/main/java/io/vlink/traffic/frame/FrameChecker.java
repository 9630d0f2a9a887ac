// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import io.vlink.infra.ring.PacketBurst;
import java.lang.foreign.MemorySegment;

/**
 * Tells which stream a returned frame is of, and checks it. What it found stays readable until the next check, and comes from
 * a single read of the frame. One thread at a time.
 */
public final class FrameChecker {
    private final UdpFrame[] streams;
    private int stream;
    private int checksumWord;
    private long sequence;
    private long transmitNanos;

    /**
     * A checker of some streams.
     *
     * @param streams templates; stream n at index n, null where there is none
     */
    public FrameChecker(UdpFrame... streams) {
        for (int i = 0; i < streams.length; i++) {
            if (streams[i] != null && streams[i].stream() != i) {
                throw new IllegalArgumentException("streams must be in order: index=" + i + " stream="
                        + streams[i].stream());
            }
        }
        this.streams = streams.clone();
    }

    /**
     * Checks a frame in one piece or several.
     *
     * @param memory   the packet region
     * @param packets  burst with the pieces
     * @param first    entry of the first one
     * @param segments how many, at least 1
     * @return see {@link #check(MemorySegment, long, int)}; {@link FrameFault#LENGTH} also if the first piece has less than the
     *         header
     */
    public FrameFault check(MemorySegment memory, PacketBurst packets, int first, int segments) {
        if (segments == 1) {
            return check(memory, packets.offset(first), packets.length(first));
        }
        long length = 0;
        for (int i = 0; i < segments; i++) {
            length += packets.length(first + i);
        }
        FrameFault fault = find(memory, packets.offset(first), packets.length(first), length);
        return fault == FrameFault.NONE
                ? streams[stream].checkChain(memory, packets, first, segments, checksumWord, sequence, transmitNanos)
                : fault;
    }

    /**
     * Checks a frame in one piece.
     *
     * @param memory the packet region
     * @param offset where the frame starts
     * @param length its bytes, at least 14
     * @return the first fault, or {@link FrameFault#NONE}; stream, sequence and time can be asked for only then
     */
    public FrameFault check(MemorySegment memory, long offset, int length) {
        FrameFault fault = find(memory, offset, length, length);
        return fault == FrameFault.NONE
                ? streams[stream].check(memory, offset, checksumWord, sequence, transmitNanos)
                : fault;
    }

    /** Reads what says which frame it is. */
    private FrameFault find(MemorySegment memory, long offset, int firstLength, long length) {
        if (firstLength < FrameLayout.PATTERN_OFFSET) {
            return FrameFault.LENGTH;
        }
        checksumWord = memory.get(FrameLayout.INT, offset + FrameLayout.CHECKSUM_OFFSET);
        int number = checksumWord >>> 16 & 0xff;
        if (checksumWord >>> 24 != FrameLayout.MAGIC || number >= streams.length) {
            return FrameFault.UNKNOWN_STREAM;
        }
        if (streams[number] == null) {
            return FrameFault.OTHER_QUEUE;
        }
        if (length != streams[number].frameBytes()) {
            return FrameFault.LENGTH;
        }
        stream = number;
        sequence = memory.get(FrameLayout.LONG, offset + FrameLayout.SEQUENCE_OFFSET);
        transmitNanos = memory.get(FrameLayout.LONG, offset + FrameLayout.TIME_OFFSET);
        return FrameFault.NONE;
    }

    /** {@return the stream of the frame that was checked last} */
    public int stream() {
        return stream;
    }

    /** {@return the sequence number of the frame that was checked last} */
    public long sequence() {
        return sequence;
    }

    /** {@return the transmit time of the frame that was checked last, in nanoseconds of the sender's clock} */
    public long transmitNanos() {
        return transmitNanos;
    }
}
