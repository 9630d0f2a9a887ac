// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.port.MacAddress;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.LinkRecordLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a link record says of its link, every number checked against the memory that came with it before anything is done
 * with it. Immutable.
 *
 * @param link                 name of the link
 * @param domain               name of its domain
 * @param mac                  MAC address of the guest's side
 * @param mtu                  bytes of an IP packet
 * @param queueSize            descriptors in each ring
 * @param bufferCount          buffers in the pool
 * @param bufferBytes          bytes of a buffer
 * @param poolOffset           place of the pool in the region
 * @param pageShift            log2 of a translation page
 * @param pageCount            translation pages
 * @param pageTableOffset      place of the page table in the record
 * @param ledgerOffset         place of the ledger in the record
 * @param countersOffset       place of the counters in the record
 * @param controlChannelOffset place of the control channel in channel memory
 * @param dataChannelOffsets   place of each data channel in channel memory
 */
record LinkGeometry(String link, String domain, MacAddress mac, int mtu, int queueSize, int bufferCount,
        int bufferBytes, long poolOffset, int pageShift, int pageCount, long pageTableOffset, long ledgerOffset,
        long countersOffset, long controlChannelOffset, List<Long> dataChannelOffsets) {

    private static final String REMEDY = ": agent and driver must be of one version: restart the agent";

    LinkGeometry {
        dataChannelOffsets = List.copyOf(dataChannelOffsets);
    }

    /**
     * Reads and checks a record.
     *
     * @param record             the whole link record
     * @param regionBytes        size of the region that came with it
     * @param channelMemoryBytes size of the channel memory that came with it
     * @return what it says
     * @throws AttachException for a number that does not fit, with its name
     */
    static LinkGeometry read(MemorySegment record, long regionBytes, long channelMemoryBytes) {
        checkHeader(record, regionBytes, channelMemoryBytes);
        int pageCount = intAt(record, LinkRecordLayout.PAGE_COUNT_OFFSET, "page_count", 1, Limits.MAX_PAGES);
        int dataChannels = intAt(record, LinkRecordLayout.DATA_CHANNEL_COUNT_OFFSET, "data_channels", 1,
                Limits.MAX_DATA_CHANNELS_PER_LINK);
        int queueSize = queueSize(record);
        int bufferCount = intAt(record, LinkRecordLayout.BUFFER_COUNT_OFFSET, "buffer_count", 1, Integer.MAX_VALUE);
        int bufferBytes = intAt(record, LinkRecordLayout.BUFFER_BYTES_OFFSET, "buffer_bytes", Limits.BUFFER_BYTES,
                Limits.BUFFER_BYTES);
        long recordBytes = record.byteSize();
        LinkGeometry geometry = new LinkGeometry(
                name(record, LinkRecordLayout.LINK_NAME_OFFSET),
                name(record, LinkRecordLayout.DOMAIN_NAME_OFFSET),
                MacAddress.of(record.asSlice(LinkRecordLayout.MAC_OFFSET, MacAddress.BYTES)
                        .toArray(ValueLayout.JAVA_BYTE)),
                intAt(record, LinkRecordLayout.MTU_OFFSET, "mtu", Limits.MIN_MTU, Limits.MAX_MTU),
                queueSize, bufferCount, bufferBytes,
                part(record, LinkRecordLayout.POOL_OFFSET, "pool_offset", (long) bufferCount * bufferBytes, bufferBytes,
                        regionBytes),
                intAt(record, LinkRecordLayout.PAGE_SHIFT_OFFSET, "page_shift", Limits.MIN_PAGE_SHIFT,
                        Limits.MAX_PAGE_SHIFT),
                pageCount,
                part(record, LinkRecordLayout.PAGE_TABLE_OFFSET, "page_table", pageCount * 8L, 8, recordBytes),
                part(record, LinkRecordLayout.LEDGER_OFFSET, "ledger", bufferCount * 8L, 8, recordBytes),
                part(record, LinkRecordLayout.COUNTERS_OFFSET, "counters", LinkRecordLayout.COUNTERS_BYTES, 8,
                        recordBytes),
                part(record, LinkRecordLayout.CONTROL_CHANNEL_OFFSET, "control_channel", ControlChannelLayout.BYTES,
                        ChannelMemoryLayout.CHANNEL_ALIGNMENT_BYTES, channelMemoryBytes),
                dataChannels(record, dataChannels, queueSize, channelMemoryBytes));
        expect((long) pageCount << geometry.pageShift(), regionBytes, "page_count x page size");
        return geometry;
    }

    private static void checkHeader(MemorySegment record, long regionBytes, long channelMemoryBytes) {
        if (record.byteSize() < LinkRecordLayout.HEADER_BYTES) {
            throw unusable("link_record_bytes=" + record.byteSize());
        }
        // Pairs with the agent's release of the magic, the last that it writes.
        expect((long) SharedWord.LONG_HANDLE.getAcquire(record, LinkRecordLayout.MAGIC_OFFSET), LinkRecordLayout.MAGIC,
                "magic");
        expect(record.get(SharedWord.INT, LinkRecordLayout.VERSION_OFFSET), LinkRecordLayout.VERSION, "version");
        expect(record.get(SharedWord.LONG, LinkRecordLayout.TOTAL_BYTES_OFFSET), record.byteSize(), "total_bytes");
        expect(record.get(SharedWord.LONG, LinkRecordLayout.REGION_BYTES_OFFSET), regionBytes, "region_bytes");
        expect(record.get(SharedWord.LONG, LinkRecordLayout.CHANNEL_MEMORY_BYTES_OFFSET), channelMemoryBytes,
                "channel_memory_bytes");
    }

    private static int queueSize(MemorySegment record) {
        try {
            return RingLayout.checkQueueSize(record.get(SharedWord.INT, LinkRecordLayout.QUEUE_SIZE_OFFSET));
        } catch (IllegalArgumentException e) {
            throw new AttachException("link record is not usable: " + e.getMessage() + REMEDY, e);
        }
    }

    private static List<Long> dataChannels(MemorySegment record, int count, int queueSize, long channelMemoryBytes) {
        List<Long> offsets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            offsets.add(part(record, LinkRecordLayout.DATA_CHANNEL_OFFSET + i * 8L, "data_channel_" + i,
                    DataChannelLayout.bytes(queueSize), ChannelMemoryLayout.CHANNEL_ALIGNMENT_BYTES,
                    channelMemoryBytes));
        }
        return offsets;
    }

    private static int intAt(MemorySegment record, long offset, String name, int lowest, int highest) {
        int value = record.get(SharedWord.INT, offset);
        if (value < lowest || value > highest) {
            throw unusable(name + "=" + value);
        }
        return value;
    }

    /** An offset of something that has to lie inside something else; written so that nothing can overflow. */
    private static long part(MemorySegment record, long offset, String name, long bytes, long alignment, long within) {
        long value = record.get(SharedWord.LONG, offset);
        if (value < 0 || value > within - bytes || value % alignment != 0) {
            throw unusable(name + "=" + value + " bytes=" + bytes + " within=" + within);
        }
        return value;
    }

    private static String name(MemorySegment record, long offset) {
        byte[] field = record.asSlice(offset, ChannelMemoryLayout.NAME_FIELD_BYTES).toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < field.length && field[length] != 0) {
            length++;
        }
        return new String(field, 0, length, StandardCharsets.UTF_8);
    }

    private static void expect(long found, long expected, String name) {
        if (found != expected) {
            throw unusable(name + "=" + found + " expected=" + expected);
        }
    }

    private static AttachException unusable(String what) {
        return new AttachException("link record is not usable: " + what + REMEDY);
    }
}
