// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.record;

import io.vlink.spec.pci.Limits;

/**
 * The link record: host-private memory with all that a host driver needs to know of a link, and all that must outlive the
 * driver (SPEC.md appendix A). The agent creates it, the magic last; no guest ever maps it.
 *
 * <pre>
 * 0x000 magic               u64     "VLINKREC"                      (agent writes up to 0x27f)
 * 0x008 version             u32
 * 0x010 total bytes         u64
 * 0x018 region bytes        u64
 * 0x020 page bytes          u64     of the operating system's pages
 * 0x028 page shift          u32     of the translation table
 * 0x02c page count          u32
 * 0x030 channel memory      u64     bytes
 * 0x038 link index          u32
 * 0x03c data channels       u32
 * 0x040 queue size          u32
 * 0x044 buffer count        u32     of the pool
 * 0x048 buffer bytes        u32
 * 0x04c mtu                 u32
 * 0x050 pool offset         u64     in the region
 * 0x058 mac                 6 B
 * 0x060 page table offset   u64     in this record: page count x u64 bus address
 * 0x068 ledger offset       u64     in this record: buffer count x u64
 * 0x070 counters offset     u64     in this record: 15 x 64 x u64
 * 0x080 link name           64 B    UTF-8, zero-terminated
 * 0x0c0 domain name         64 B
 * 0x100 control channel     u64     offset in channel memory
 * 0x108 data channel        15 u64  offset in channel memory
 * 0x200 device              u64     1 while a guest's device is connected
 * 0x208 driver              u64     process id of the attached driver, 0: none
 * 0x280 host lane           u64     the host's own copy of its lane word (driver writes; agent while there is none)
 * </pre>
 */
public final class LinkRecordLayout {
    /** Offset of the magic number, 8 bytes; written last, with release. */
    public static final long MAGIC_OFFSET = 0x000;
    /** Offset of the layout version, 4 bytes. */
    public static final long VERSION_OFFSET = 0x008;
    /** Offset of the record's size in bytes, 8 bytes. */
    public static final long TOTAL_BYTES_OFFSET = 0x010;
    /** Offset of the region's size in bytes, 8 bytes. */
    public static final long REGION_BYTES_OFFSET = 0x018;
    /** Offset of the size of the operating system's pages below the region, 8 bytes. */
    public static final long PAGE_BYTES_OFFSET = 0x020;
    /** Offset of log2 of a translation page, 4 bytes. */
    public static final long PAGE_SHIFT_OFFSET = 0x028;
    /** Offset of the number of translation pages, 4 bytes. */
    public static final long PAGE_COUNT_OFFSET = 0x02c;
    /** Offset of the size of channel memory in bytes, 8 bytes. */
    public static final long CHANNEL_MEMORY_BYTES_OFFSET = 0x030;
    /** Offset of the link's index in its domain, 4 bytes. */
    public static final long LINK_INDEX_OFFSET = 0x038;
    /** Offset of the number of data channels, 4 bytes. */
    public static final long DATA_CHANNEL_COUNT_OFFSET = 0x03c;
    /** Offset of the queue size in descriptors, 4 bytes. */
    public static final long QUEUE_SIZE_OFFSET = 0x040;
    /** Offset of the number of buffers in the link's pool, 4 bytes. */
    public static final long BUFFER_COUNT_OFFSET = 0x044;
    /** Offset of the size of a buffer in bytes, 4 bytes. */
    public static final long BUFFER_BYTES_OFFSET = 0x048;
    /** Offset of the MTU in bytes, 4 bytes. */
    public static final long MTU_OFFSET = 0x04c;
    /** Offset of the pool's place in the region, 8 bytes. */
    public static final long POOL_OFFSET = 0x050;
    /** Offset of the MAC address, 6 bytes. */
    public static final long MAC_OFFSET = 0x058;
    /** Offset of the place of the page table in this record, 8 bytes. */
    public static final long PAGE_TABLE_OFFSET = 0x060;
    /** Offset of the place of the ledger in this record, 8 bytes. */
    public static final long LEDGER_OFFSET = 0x068;
    /** Offset of the place of the counters in this record, 8 bytes. */
    public static final long COUNTERS_OFFSET = 0x070;
    /** Offset of the link's name, 64 bytes. */
    public static final long LINK_NAME_OFFSET = 0x080;
    /** Offset of the domain's name, 64 bytes. */
    public static final long DOMAIN_NAME_OFFSET = 0x0c0;
    /** Offset of the control channel's place in channel memory, 8 bytes. */
    public static final long CONTROL_CHANNEL_OFFSET = 0x100;
    /** Offset of the first data channel's place in channel memory; 8 bytes each. */
    public static final long DATA_CHANNEL_OFFSET = 0x108;
    /** Offset of the word that is 1 while a guest's device is connected, 8 bytes. */
    public static final long DEVICE_OFFSET = 0x200;
    /** Offset of the attached driver's process id, 8 bytes. */
    public static final long DRIVER_OFFSET = 0x208;
    /** Offset of the host's own copy of its lane word, 8 bytes. */
    public static final long HOST_LANE_OFFSET = 0x280;

    /** "VLINKREC" as bytes in memory. */
    public static final long MAGIC = 0x4345_524b_4e49_4c56L;
    /** Layout version: must match. */
    public static final int VERSION = 0x00010001;
    /** Bytes before the counters. */
    public static final long HEADER_BYTES = 4_096;
    /** Counters that a data channel has room for; see {@link HostCounter}. */
    public static final int COUNTERS_PER_CHANNEL = 64;
    /** Bytes of all counters. */
    public static final long COUNTERS_BYTES = (long) Limits.MAX_DATA_CHANNELS_PER_LINK * COUNTERS_PER_CHANNEL * 8;

    private LinkRecordLayout() {
    }

    /**
     * Place of the page table when the record is made as the agent makes it: right after the counters.
     *
     * @return bytes from the start of the record
     */
    public static long defaultPageTableOffset() {
        return HEADER_BYTES + COUNTERS_BYTES;
    }

    /**
     * Place of the ledger when the record is made as the agent makes it: right after the page table.
     *
     * @param pageCount rows of the page table
     * @return bytes from the start of the record, a multiple of 4096
     */
    public static long defaultLedgerOffset(int pageCount) {
        return (defaultPageTableOffset() + pageCount * 8L + 4_095) & ~4_095L;
    }

    /**
     * Size of a record.
     *
     * @param pageCount   rows of the page table
     * @param bufferCount buffers in the pool
     * @return bytes, a multiple of 4096
     */
    public static long totalBytes(int pageCount, int bufferCount) {
        return (defaultLedgerOffset(pageCount) + bufferCount * 8L + 4_095) & ~4_095L;
    }
}
