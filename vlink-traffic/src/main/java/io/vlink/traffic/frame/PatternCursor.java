// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import java.lang.foreign.MemorySegment;

/**
 * Writes or compares a frame's pattern piece by piece, where a frame lies in several buffers: a 64-bit word of it may start in
 * one piece and end in another. One thread.
 */
final class PatternCursor {
    private long word;
    /** Bytes of the word that are behind. */
    private int used;
    private long sum;
    private long difference;

    /** Starts at the first byte of the pattern of a sequence number. */
    void start(long sequence) {
        word = sequence * UdpFrame.PATTERN_SEED;
        used = 0;
        sum = 0;
        difference = 0;
    }

    /** Writes the next bytes. */
    void write(MemorySegment memory, long offset, int bytes) {
        long at = offset;
        long end = offset + bytes;
        for (; at < end && used != 0; at++) {
            memory.set(FrameLayout.BYTE, at, nextByte());
        }
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            memory.set(FrameLayout.LONG, at, word);
            nextWord();
        }
        for (; at < end; at++) {
            memory.set(FrameLayout.BYTE, at, nextByte());
        }
    }

    /** Compares the next bytes; reads each once. */
    void compare(MemorySegment memory, long offset, int bytes) {
        long at = offset;
        long end = offset + bytes;
        for (; at < end && used != 0; at++) {
            difference |= memory.get(FrameLayout.BYTE, at) ^ nextByte();
        }
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            difference |= memory.get(FrameLayout.LONG, at) ^ word;
            nextWord();
        }
        for (; at < end; at++) {
            difference |= memory.get(FrameLayout.BYTE, at) ^ nextByte();
        }
    }

    private byte nextByte() {
        byte next = (byte) (word >>> (Byte.SIZE * used));
        if (++used == Long.BYTES) {
            nextWord();
        }
        return next;
    }

    private void nextWord() {
        sum += OnesComplement.ofWord(word);
        word += UdpFrame.PATTERN_STEP;
        used = 0;
    }

    /** {@return what all bytes so far add to a checksum, a last odd one padded with zero} */
    long sum() {
        return sum + OnesComplement.ofWord(UdpFrame.tailOf(word, used));
    }

    /** {@return whether everything that was compared was as it should be} */
    boolean isEqual() {
        return difference == 0;
    }
}
