// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import java.util.Map;
import java.util.TreeMap;

/**
 * Hands out parts of a region, lowest first, in whole pages of 4096 bytes. Not thread-safe: the owner's lock guards it.
 */
final class ExtentAllocator {
    /** What {@link #allocate} returns when no gap is large enough. */
    static final long NO_ROOM = -1L;

    private static final long ALIGNMENT = 4_096;

    private final long totalBytes;
    private final TreeMap<Long, Long> bytesByOffset = new TreeMap<>();

    /**
     * Starts with everything free.
     *
     * @param totalBytes size of the region
     */
    ExtentAllocator(long totalBytes) {
        this.totalBytes = totalBytes;
    }

    /**
     * Takes the lowest gap that is large enough.
     *
     * @param bytes wanted, above zero; rounded up to whole pages
     * @return bytes from the start of the region, or {@link #NO_ROOM}
     */
    long allocate(long bytes) {
        long wanted = rounded(bytes);
        long candidate = 0;
        for (Map.Entry<Long, Long> taken : bytesByOffset.entrySet()) {
            if (taken.getKey() - candidate >= wanted) {
                break;
            }
            candidate = taken.getKey() + taken.getValue();
        }
        if (totalBytes - candidate < wanted) {
            return NO_ROOM;
        }
        bytesByOffset.put(candidate, wanted);
        return candidate;
    }

    /**
     * Takes an extent that was handed out by another allocator of the same region.
     *
     * @param offset bytes from the start of the region
     * @param bytes  its size, above zero; rounded up to whole pages
     * @throws IllegalArgumentException if it is not free, or not in the region
     */
    void take(long offset, long bytes) {
        long wanted = rounded(bytes);
        Map.Entry<Long, Long> before = bytesByOffset.floorEntry(offset);
        Long after = bytesByOffset.higherKey(offset);
        boolean inside = offset >= 0 && offset % ALIGNMENT == 0 && offset <= totalBytes - wanted;
        boolean free = (before == null || before.getKey() + before.getValue() <= offset)
                && (after == null || offset + wanted <= after);
        if (!inside || !free) {
            throw new IllegalArgumentException("extent must be free and in the region: offset=" + offset + " bytes="
                    + bytes + " region_bytes=" + totalBytes);
        }
        bytesByOffset.put(offset, wanted);
    }

    /**
     * Gives an extent back.
     *
     * @param offset what {@link #allocate} returned
     * @throws IllegalArgumentException if nothing was handed out there
     */
    void free(long offset) {
        if (bytesByOffset.remove(offset) == null) {
            throw new IllegalArgumentException("no extent was handed out there: offset=" + offset);
        }
    }

    /** {@return bytes that are handed out} */
    long usedBytes() {
        return bytesByOffset.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long rounded(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("bytes must be above zero: bytes=" + bytes);
        }
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }
}
