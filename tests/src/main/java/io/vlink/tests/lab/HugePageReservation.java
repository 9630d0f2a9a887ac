// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import io.vlink.infra.os.HugePages;
import io.vlink.infra.os.PageSize;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * 2 MiB hugepages that are there for as long as this object is open. It adds to what the machine has and later takes exactly
 * that away again, so that several may run side by side and beside other users of hugepages. One thread.
 */
public final class HugePageReservation implements AutoCloseable {
    private static final Path COUNT = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
    private static final Path LOCK = Path.of(System.getProperty("java.io.tmpdir"), "vlink-hugepages.lock");

    private long added;

    private HugePageReservation(long added) {
        this.added = added;
    }

    /**
     * Makes hugepages available.
     *
     * @param pages 2 MiB pages
     * @return the reservation
     * @throws LabException if they are not to be had; the message names the command that mends it
     */
    public static HugePageReservation of(long pages) {
        if (!Files.isWritable(COUNT)) {
            if (HugePages.free(PageSize.HUGE_2M) >= pages) {
                return new HugePageReservation(0);
            }
            throw new LabException("hugepages short: need=" + pages + " free=" + HugePages.free(PageSize.HUGE_2M)
                    + " page=2M: run as root, or first: echo "
                    + (HugePages.total(PageSize.HUGE_2M) + pages - HugePages.free(PageSize.HUGE_2M)) + " | sudo tee "
                    + COUNT, "");
        }
        long got = change(pages);
        if (got < pages) {
            change(-got);
            throw new LabException("hugepages short: need=" + pages + " could reserve=" + got
                    + " page=2M: memory is too full or too fragmented: free some, or reserve them at boot", "");
        }
        return new HugePageReservation(pages);
    }

    // Under a lock: reading the total and writing the new one must not interleave with another lab doing the same.
    private static long change(long pages) {
        try (FileChannel channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            long before = HugePages.total(PageSize.HUGE_2M);
            Files.writeString(COUNT, Long.toString(Math.max(0, before + pages)));
            return lock.isValid() ? HugePages.total(PageSize.HUGE_2M) - before : 0;
        } catch (IOException e) {
            throw new LabException("hugepages could not be changed: file=" + COUNT + ": " + e.getMessage(), "");
        }
    }

    /** Gives them back, unless that is done. */
    @Override
    public void close() {
        if (added > 0) {
            change(-added);
            added = 0;
        }
    }
}
