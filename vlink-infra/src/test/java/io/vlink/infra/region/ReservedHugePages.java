// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.region;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.infra.os.HugePages;
import io.vlink.infra.os.PageSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Hugepages for one test: makes the pool larger by a number of pages, and smaller by as many at the end. A lock in the temp
 * folder keeps other test runs out meanwhile. Skips the test, and says why, where that is not possible.
 */
final class ReservedHugePages implements AutoCloseable {
    private static final Path LOCK = Path.of(System.getProperty("java.io.tmpdir"), "vlink-hugepages.lock");

    private final FileChannel lock;
    private final PageSize size;
    private final long added;

    private ReservedHugePages(FileChannel lock, PageSize size, long added) {
        this.lock = lock;
        this.size = size;
        this.added = added;
    }

    /** That many more pages of that size, which may be 0 for the lock alone. */
    static ReservedHugePages add(PageSize size, long pages) throws IOException {
        if (!Files.isWritable(HugePages.control(size))) {
            skip("not root, or no pages of " + size.bytes() + " bytes");
        }
        FileChannel lock = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock.lock();
        long before = HugePages.total(size);
        set(size, before + pages);
        ReservedHugePages reserved = new ReservedHugePages(lock, size, HugePages.total(size) - before);
        if (reserved.added < pages) {
            reserved.close();
            skip("the kernel finds no " + pages + " contiguous pages of " + size.bytes() + " bytes");
        }
        return reserved;
    }

    @Override
    public void close() throws IOException {
        set(size, HugePages.total(size) - added);
        lock.close();
    }

    private static void set(PageSize size, long pages) {
        try {
            Files.writeString(HugePages.control(size), Long.toString(pages));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void skip(String reason) {
        System.out.println("skipped: hugepage test: " + reason);
        assumeTrue(false, reason);
    }
}
