// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.LinkRecordLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The three memories of a link as an agent makes them, real and shared: two translation pages, and a pool that crosses from the
 * one to the other. The next link of the same domain has a record of its own, and the other two memories in common with it.
 */
public final class TestLink implements AutoCloseable {
    public static final int PAGE_SHIFT = 21;
    public static final long PAGE_BYTES = 1L << PAGE_SHIFT;
    public static final long REGION_BYTES = 2 * PAGE_BYTES;
    public static final String NAME = "tap123";

    private static final long CHANNEL_MEMORY_BYTES = 1L << 20;

    private final List<Runnable> closing = new ArrayList<>();
    private final SharedMemory[] memories;
    private final LinkMemory memory;
    private final int mtu;
    private final Table table;
    private final int index;
    private final long firstChannelOffset;
    final int channels;
    final int queueSize;
    final int bufferCount;
    final long poolOffset;
    final long ledgerOffset;

    /** Where the two pages stand on the bus. */
    enum Table {
        /** Bus addresses are offsets, as with an agent that was asked for nothing else. */
        OFFSETS(0, PAGE_BYTES),
        /** In reverse order, with a gap between them, behind 2^32. */
        SCATTERED(0x7_0080_0000L, 0x7_0000_0000L);

        private static final int PAGES = 2;

        private final long first;
        private final long second;

        Table(long first, long second) {
            this.first = first;
            this.second = second;
        }

        private long page(int page) {
            return page == 0 ? first : second;
        }
    }

    public TestLink(int channels, int queueSize) {
        this(channels, queueSize, Limits.DEFAULT_MTU);
    }

    TestLink(int channels, int queueSize, int mtu) {
        this(channels, queueSize, mtu, Table.SCATTERED);
    }

    TestLink(int channels, int queueSize, int mtu, Table table) {
        this.mtu = mtu;
        this.table = table;
        this.channels = channels;
        this.queueSize = queueSize;
        index = 0;
        firstChannelOffset = ControlChannelLayout.BYTES;
        bufferCount = channels * queueSize * Limits.BUFFERS_PER_SLOT;
        poolOffset = PAGE_BYTES - 16L * Limits.BUFFER_BYTES;
        ledgerOffset = LinkRecordLayout.defaultLedgerOffset(Table.PAGES);
        memories = new SharedMemory[]{share(REGION_BYTES), share(CHANNEL_MEMORY_BYTES), shareRecord()};
        memory = new LinkMemory(map(memories[0]), map(memories[1]), map(memories[2]));
        writeRecord(memory.record());
    }

    private TestLink(TestLink before, int mtu) {
        this.mtu = mtu;
        table = before.table;
        channels = before.channels;
        queueSize = before.queueSize;
        index = before.index + 1;
        firstChannelOffset = before.dataChannelOffset(channels);
        bufferCount = before.bufferCount;
        poolOffset = before.poolEnd();
        ledgerOffset = before.ledgerOffset;
        memories = new SharedMemory[]{before.memories[0], before.memories[1], shareRecord()};
        memory = new LinkMemory(before.memory.region(), before.memory.channel(), map(memories[2]));
        writeRecord(memory.record());
    }

    /** The next link of the same domain, as large: its pool begins where this one's ends. To be closed before this one. */
    TestLink neighbour(int neighboursMtu) {
        return new TestLink(this, neighboursMtu);
    }

    private SharedMemory shareRecord() {
        return share(LinkRecordLayout.totalBytes(Table.PAGES, bufferCount));
    }

    private SharedMemory share(long bytes) {
        SharedMemory shared = SharedMemory.create("vlink-test", bytes, PageSize.ORDINARY);
        closing.add(shared::close);
        return shared;
    }

    private MemorySegment map(SharedMemory shared) {
        Mapping mapping = shared.map(Protection.READ_WRITE);
        closing.add(mapping::close);
        return mapping.segment();
    }

    private void writeRecord(MemorySegment record) {
        record.set(SharedWord.INT, LinkRecordLayout.VERSION_OFFSET, LinkRecordLayout.VERSION);
        record.set(SharedWord.LONG, LinkRecordLayout.TOTAL_BYTES_OFFSET, record.byteSize());
        record.set(SharedWord.LONG, LinkRecordLayout.REGION_BYTES_OFFSET, REGION_BYTES);
        record.set(SharedWord.LONG, LinkRecordLayout.PAGE_BYTES_OFFSET, PageSize.ORDINARY.bytes());
        record.set(SharedWord.INT, LinkRecordLayout.PAGE_SHIFT_OFFSET, PAGE_SHIFT);
        record.set(SharedWord.INT, LinkRecordLayout.PAGE_COUNT_OFFSET, Table.PAGES);
        record.set(SharedWord.LONG, LinkRecordLayout.CHANNEL_MEMORY_BYTES_OFFSET, CHANNEL_MEMORY_BYTES);
        record.set(SharedWord.INT, LinkRecordLayout.LINK_INDEX_OFFSET, index);
        record.set(SharedWord.INT, LinkRecordLayout.DATA_CHANNEL_COUNT_OFFSET, channels);
        record.set(SharedWord.INT, LinkRecordLayout.QUEUE_SIZE_OFFSET, queueSize);
        record.set(SharedWord.INT, LinkRecordLayout.BUFFER_COUNT_OFFSET, bufferCount);
        record.set(SharedWord.INT, LinkRecordLayout.BUFFER_BYTES_OFFSET, Limits.BUFFER_BYTES);
        record.set(SharedWord.INT, LinkRecordLayout.MTU_OFFSET, mtu);
        record.set(SharedWord.LONG, LinkRecordLayout.POOL_OFFSET, poolOffset);
        byte[] mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
        MemorySegment.copy(MemorySegment.ofArray(mac), 0, record, LinkRecordLayout.MAC_OFFSET, mac.length);
        long pageTable = LinkRecordLayout.defaultPageTableOffset();
        record.set(SharedWord.LONG, LinkRecordLayout.PAGE_TABLE_OFFSET, pageTable);
        for (int page = 0; page < Table.PAGES; page++) {
            record.set(SharedWord.LONG, pageTable + page * 8L, table.page(page));
        }
        record.set(SharedWord.LONG, LinkRecordLayout.LEDGER_OFFSET, ledgerOffset);
        record.set(SharedWord.LONG, LinkRecordLayout.COUNTERS_OFFSET, LinkRecordLayout.HEADER_BYTES);
        record.setString(LinkRecordLayout.LINK_NAME_OFFSET, name());
        record.setString(LinkRecordLayout.DOMAIN_NAME_OFFSET, "testvm1");
        record.set(SharedWord.LONG, LinkRecordLayout.CONTROL_CHANNEL_OFFSET, controlChannelOffset());
        for (int channel = 0; channel < channels; channel++) {
            record.set(SharedWord.LONG, LinkRecordLayout.DATA_CHANNEL_OFFSET + channel * 8L,
                    dataChannelOffset(channel));
        }
        record.set(SharedWord.LONG, LinkRecordLayout.MAGIC_OFFSET, LinkRecordLayout.MAGIC);
    }

    private String name() {
        return index == 0 ? NAME : NAME + "-" + index;
    }

    private long controlChannelOffset() {
        return firstChannelOffset;
    }

    private long dataChannelOffset(int channel) {
        return firstChannelOffset + ControlChannelLayout.BYTES + channel * DataChannelLayout.bytes(queueSize);
    }

    public LinkMemory memory() {
        return memory;
    }

    public MemorySegment region() {
        return memory.region();
    }

    /** Region, channel memory, link record: what an agent sends to a driver. */
    public List<SharedMemory> shared() {
        return List.of(memories);
    }

    public MemorySegment controlChannel() {
        return memory.channel().asSlice(controlChannelOffset(), ControlChannelLayout.BYTES);
    }

    public MemorySegment dataChannel(int channel) {
        return memory.channel().asSlice(dataChannelOffset(channel), DataChannelLayout.bytes(queueSize));
    }

    /** The bus address of a place in the region, worked out by hand. */
    public long busAddress(long offset) {
        return table.page((int) (offset / PAGE_BYTES)) + offset % PAGE_BYTES;
    }

    /** One ring of a data channel. */
    MemorySegment ring(int channel, SubChannel ring) {
        return dataChannel(channel).asSlice(DataChannelLayout.ringOffset(ring, queueSize),
                RingLayout.bytes(queueSize));
    }

    /** A bus address that is in no page: of a gap between them where there is one, else behind them. */
    long busAddressInNoPage() {
        return Math.min(table.first, table.second) + PAGE_BYTES + (table == Table.OFFSETS ? PAGE_BYTES : 0);
    }

    /** The last byte of the pool, and one more. */
    long poolEnd() {
        return poolOffset + (long) bufferCount * Limits.BUFFER_BYTES;
    }

    /** The place in the region of a bus address, worked out by hand. */
    public long offset(long busAddress) {
        int page = busAddress >= table.first && busAddress < table.first + PAGE_BYTES ? 0 : 1;
        return page * PAGE_BYTES + busAddress - table.page(page);
    }

    public VlinkPort attach(LinkMode mode) {
        VlinkPort port = new VlinkPort(new VdevArguments(0, name(), mode), memory, new AgentLink() {
            @Override
            public AgentState state() {
                return AgentState.ATTACHED;
            }

            @Override
            public void onReturn(Runnable action) {
                // It never leaves.
            }

            @Override
            public void close() {
                // Nobody to tell.
            }
        });
        port.start();
        return port;
    }

    @Override
    public void close() {
        closing.reversed().forEach(Runnable::run);
    }
}
