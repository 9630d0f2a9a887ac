// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import java.lang.foreign.MemorySegment;

/**
 * Tells which stream a returned frame is of, and checks it. What it found stays readable until the next check, and comes from
 * a single read of the frame. One thread at a time.
 */
public final class FrameChecker {
    private final UdpFrame[] streams;
    private int stream;
    private long sequence;
    private long transmitNanos;

    /**
     * A checker of some streams.
     *
     * @param streams templates; stream n at index n
     */
    public FrameChecker(UdpFrame... streams) {
        for (int i = 0; i < streams.length; i++) {
            if (streams[i].stream() != i) {
                throw new IllegalArgumentException("streams must be in order: index=" + i + " stream="
                        + streams[i].stream());
            }
        }
        this.streams = streams.clone();
    }

    /**
     * Checks a frame.
     *
     * @param memory the packet region
     * @param offset where the frame starts
     * @param length its bytes, at least 14
     * @return the first fault, or {@link FrameFault#NONE}; stream, sequence and time can be asked for only then
     */
    public FrameFault check(MemorySegment memory, long offset, int length) {
        if (length < FrameLayout.PATTERN_OFFSET) {
            return FrameFault.LENGTH;
        }
        int checksumWord = memory.get(FrameLayout.INT, offset + FrameLayout.CHECKSUM_OFFSET);
        int number = checksumWord >>> 16 & 0xff;
        if (checksumWord >>> 24 != FrameLayout.MAGIC || number >= streams.length) {
            return FrameFault.UNKNOWN_STREAM;
        }
        UdpFrame frame = streams[number];
        if (length != frame.frameBytes()) {
            return FrameFault.LENGTH;
        }
        stream = number;
        sequence = memory.get(FrameLayout.LONG, offset + FrameLayout.SEQUENCE_OFFSET);
        transmitNanos = memory.get(FrameLayout.LONG, offset + FrameLayout.TIME_OFFSET);
        return frame.check(memory, offset, checksumWord, sequence, transmitNanos);
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
