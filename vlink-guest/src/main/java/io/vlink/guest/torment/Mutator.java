// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.spec.channel.SharedWord;
import io.vlink.traffic.worker.EndOfThread;
import java.lang.foreign.MemorySegment;

/** A thread that walks through memory and flips bits of every word, again and again, until it is closed. */
final class Mutator implements AutoCloseable {
    private final MemorySegment[] memory;
    private final Draws draws;
    private final Thread thread;
    private volatile boolean stopped;
    private long words;

    /**
     * Starts flipping.
     *
     * @param draws  where bits come from; the thread's from now on
     * @param memory its places
     */
    Mutator(Draws draws, MemorySegment... memory) {
        this.memory = memory;
        this.draws = draws;
        thread = Thread.ofPlatform().daemon().name("torment-mutator").start(this::flipAll);
    }

    private void flipAll() {
        while (!stopped) {
            for (MemorySegment place : memory) {
                flip(place);
            }
        }
    }

    private void flip(MemorySegment place) {
        long start = draws.below((int) (place.byteSize() / Long.BYTES)) * (long) Long.BYTES;
        long end = Math.min(place.byteSize(), start + 4_096);
        for (long at = start; at < end && !stopped; at += Long.BYTES) {
            long word = (long) SharedWord.LONG_HANDLE.getOpaque(place, at);
            SharedWord.LONG_HANDLE.setOpaque(place, at, flipped(word));
            words++;
        }
    }

    /** One bit, or all, or another word: a position that moves by one does other harm than one that jumps. */
    private long flipped(long word) {
        long drawn = draws.next();
        return switch ((int) (drawn >>> 61)) {
            case 0 -> drawn;
            case 1 -> word + 1;
            case 2 -> ~word;
            case 3 -> 0;
            default -> word ^ (1L << drawn);
        };
    }

    /**
     * Ends the thread.
     *
     * @return words that it changed
     */
    long stop() {
        close();
        return words;
    }

    @Override
    public void close() {
        stopped = true;
        EndOfThread.await(thread);
    }
}
