// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many hugepages this machine has, read anew at each call. Usable from any thread; others may take pages right after.
 * Source: the kernel's Documentation/admin-guide/mm/hugetlbpage.rst.
 */
public final class HugePages {
    private static final Path SYSFS = Path.of("/sys/kernel/mm/hugepages");

    private static final int MAX_NUMBER_BYTES = 32;

    private HugePages() {
    }

    /**
     * Pages of that size that nobody uses and nobody has reserved; 0 if the kernel does not have that size.
     *
     * @throws IllegalArgumentException for {@link PageSize#ORDINARY}
     * @throws OsException if the kernel cannot be asked, because descriptors are short
     */
    public static long free(PageSize size) {
        return Math.max(0, read(size, "free_hugepages") - read(size, "resv_hugepages"));
    }

    /**
     * Pages of that size in the pool, used or not, which is what {@code nr_hugepages} says; 0 if the kernel does not have
     * that size.
     *
     * @throws IllegalArgumentException for {@link PageSize#ORDINARY}
     * @throws OsException if the kernel cannot be asked, because descriptors are short
     */
    public static long total(PageSize size) {
        return read(size, "nr_hugepages");
    }

    /**
     * The file that sets how many pages of that size there are.
     *
     * @throws IllegalArgumentException for {@link PageSize#ORDINARY}
     */
    public static Path control(PageSize size) {
        if (!size.isHuge()) {
            throw new IllegalArgumentException("ordinary pages have no pool: size=" + size);
        }
        return SYSFS.resolve("hugepages-" + size.bytes() / 1024 + "kB").resolve("nr_hugepages");
    }

    /** Whether this kernel and processor have pages of that size. */
    public static boolean isSupported(PageSize size) {
        return !size.isHuge() || Files.exists(control(size));
    }

    private static long read(PageSize size, String file) {
        try (Fd opened = Fd.open(control(size).resolveSibling(file), false)) {
            byte[] text = new byte[MAX_NUMBER_BYTES];
            return Long.parseLong(new String(text, 0, opened.read(text), StandardCharsets.US_ASCII).strip());
        } catch (OsException failure) {
            if (failure.errno() == Errno.EMFILE || failure.errno() == Errno.ENFILE) {
                throw failure;
            }
            return 0;
        } catch (NumberFormatException absent) {
            return 0;
        }
    }
}
