// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/** Sizes of the pages that shared memory is made of. */
public enum PageSize {
    /** Pages of 4 KiB, from ordinary memory. */
    ORDINARY(4_096),
    /** Hugepages of 2 MiB. */
    HUGE_2M(2 << 20),
    /** Hugepages of 1 GiB. */
    HUGE_1G(1 << 30);

    private final long bytes;

    PageSize(long bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one page. */
    public long bytes() {
        return bytes;
    }

    /** Whether these pages come from the hugepage pool, which somebody must have filled. */
    public boolean isHuge() {
        return this != ORDINARY;
    }
}
