// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.LedgerEntry;
import io.vlink.spec.record.LinkRecordLayout;

/**
 * A link's host-private record (SPEC.md appendix A): what a host driver needs to know, and what must outlive it. The owner's
 * lock guards the agent's writes, which reach the header only: counters and ledger are the driver's.
 */
final class LinkRecord implements AutoCloseable {
    private final SharedBlock block;
    private final long countersOffset;
    private final long ledgerOffset;
    private final int bufferCount;

    /**
     * Who has the buffers of a link. Each buffer is looked at once, while they change hands.
     *
     * @param free    nobody
     * @param lent    the guest
     * @param held    the host's program
     * @param unknown the ledger has a state that does not exist
     */
    record BufferCounts(int free, int lent, int held, int unknown) {
    }

    /**
     * Makes the record, the magic last.
     *
     * @param region     where the pool stands
     * @param channels   the domain's channel memory
     * @param request    the domain
     * @param link       index of the link
     * @param poolOffset bytes from the start of the region
     */
    LinkRecord(Region region, ChannelMemory channels, DomainRequest request, int link, long poolOffset) {
        this(region, request.links().get(link), new SharedBlock("vlink-record-" + request.links().get(link).name(),
                bytes(region, request.links().get(link))));
        LinkDefinition wanted = request.links().get(link);
        long bytes = block.bytes();
        describeMemory(region, channels);
        describeLink(request, link, poolOffset);
        describeChannels(channels, link, wanted.dataChannels());
        for (int buffer = 0; buffer < bufferCount; buffer++) {
            block.putLong(ledgerOffset + buffer * 8L, LedgerEntry.free(0));
        }
        block.putLong(LinkRecordLayout.TOTAL_BYTES_OFFSET, bytes);
        block.putLong(LinkRecordLayout.PAGE_TABLE_OFFSET, LinkRecordLayout.defaultPageTableOffset());
        block.putLong(LinkRecordLayout.LEDGER_OFFSET, ledgerOffset);
        block.putLong(LinkRecordLayout.COUNTERS_OFFSET, countersOffset);
        block.putInt(LinkRecordLayout.VERSION_OFFSET, LinkRecordLayout.VERSION);
        block.putLongRelease(LinkRecordLayout.MAGIC_OFFSET, LinkRecordLayout.MAGIC);
        block.keepWritable(LinkRecordLayout.HEADER_BYTES);
    }

    private LinkRecord(Region region, LinkDefinition wanted, SharedBlock block) {
        this.block = block;
        bufferCount = BufferPoolSize.buffers(wanted);
        ledgerOffset = LinkRecordLayout.defaultLedgerOffset(region.pageCount());
        countersOffset = LinkRecordLayout.HEADER_BYTES;
    }

    private static long bytes(Region region, LinkDefinition wanted) {
        return LinkRecordLayout.totalBytes(region.pageCount(), BufferPoolSize.buffers(wanted));
    }

    /**
     * Goes on with a record that the last agent made; a driver may be using it, so nothing is written.
     *
     * @param region     where the pool stands
     * @param wanted     the link
     * @param poolOffset bytes from the start of the region
     * @param fd         the record; closed if a check fails
     * @return the record
     * @throws IllegalArgumentException if it is not the record of that link
     */
    static LinkRecord adopt(Region region, LinkDefinition wanted, long poolOffset, Fd fd) {
        SharedBlock block = SharedBlock.adopt(fd, bytes(region, wanted));
        if (block.getLong(LinkRecordLayout.MAGIC_OFFSET) != LinkRecordLayout.MAGIC
                || block.getInt(LinkRecordLayout.VERSION_OFFSET) != LinkRecordLayout.VERSION
                || block.getLong(LinkRecordLayout.POOL_OFFSET) != poolOffset
                || block.getLong(LinkRecordLayout.LEDGER_OFFSET) != LinkRecordLayout
                        .defaultLedgerOffset(region.pageCount())) {
            block.close();
            throw new IllegalArgumentException("record must be the link's: link=" + wanted.name());
        }
        block.keepWritable(LinkRecordLayout.HEADER_BYTES);
        return new LinkRecord(region, wanted, block);
    }

    private void describeMemory(Region region, ChannelMemory channels) {
        block.putLong(LinkRecordLayout.REGION_BYTES_OFFSET, region.bytes());
        block.putLong(LinkRecordLayout.PAGE_BYTES_OFFSET, region.pageSize().bytes());
        block.putInt(LinkRecordLayout.PAGE_SHIFT_OFFSET, region.pageShift());
        block.putInt(LinkRecordLayout.PAGE_COUNT_OFFSET, region.pageCount());
        block.putLong(LinkRecordLayout.CHANNEL_MEMORY_BYTES_OFFSET, channels.plan().totalBytes());
        for (int page = 0; page < region.pageCount(); page++) {
            block.putLong(LinkRecordLayout.defaultPageTableOffset() + page * 8L, region.busAddress(page));
        }
    }

    private void describeLink(DomainRequest request, int link, long poolOffset) {
        LinkDefinition wanted = request.links().get(link);
        block.putInt(LinkRecordLayout.LINK_INDEX_OFFSET, link);
        block.putInt(LinkRecordLayout.DATA_CHANNEL_COUNT_OFFSET, wanted.dataChannels());
        block.putInt(LinkRecordLayout.QUEUE_SIZE_OFFSET, wanted.queueSize());
        block.putInt(LinkRecordLayout.BUFFER_COUNT_OFFSET, bufferCount);
        block.putInt(LinkRecordLayout.BUFFER_BYTES_OFFSET, Limits.BUFFER_BYTES);
        block.putInt(LinkRecordLayout.MTU_OFFSET, wanted.mtu());
        block.putLong(LinkRecordLayout.POOL_OFFSET, poolOffset);
        block.putBytes(LinkRecordLayout.MAC_OFFSET, wanted.mac().toBytes());
        block.putName(LinkRecordLayout.LINK_NAME_OFFSET, wanted.name(), ChannelMemoryLayout.NAME_FIELD_BYTES);
        block.putName(LinkRecordLayout.DOMAIN_NAME_OFFSET, request.name(), ChannelMemoryLayout.NAME_FIELD_BYTES);
    }

    private void describeChannels(ChannelMemory channels, int link, int dataChannels) {
        block.putLong(LinkRecordLayout.CONTROL_CHANNEL_OFFSET, channels.channelOffset(link, 0));
        for (int queue = 0; queue < dataChannels; queue++) {
            block.putLong(LinkRecordLayout.DATA_CHANNEL_OFFSET + queue * 8L, channels.channelOffset(link, queue + 1));
        }
    }

    /** {@return the descriptor to pass on; stays ours} */
    Fd fd() {
        return block.fd();
    }

    /**
     * Tells the driver whether a guest's device is connected.
     *
     * @param connected whether it is
     */
    void putDevice(boolean connected) {
        block.putLongRelease(LinkRecordLayout.DEVICE_OFFSET, connected ? 1 : 0);
    }

    /**
     * Notes who drives the link.
     *
     * @param pid process id, 0 for nobody
     */
    void putDriver(int pid) {
        block.putLongRelease(LinkRecordLayout.DRIVER_OFFSET, pid);
    }

    /** {@return the host's own copy of its lane word} */
    long hostLane() {
        return block.getLong(LinkRecordLayout.HOST_LANE_OFFSET);
    }

    /**
     * Leaves the link for a driver that is gone. The epoch stays, because no epoch may be used twice.
     *
     * @return the new lane word, for the control channel
     */
    long leaveHostLane() {
        long word = LaneState.NOT_INITIALIZED.word(LaneState.epoch(hostLane()));
        block.putLongRelease(LinkRecordLayout.HOST_LANE_OFFSET, word);
        return word;
    }

    /**
     * One of the driver's counters.
     *
     * @param queue   data channel, from 0
     * @param counter which
     * @return its value
     */
    long counter(int queue, HostCounter counter) {
        return block.getLong(counter.offset(countersOffset, queue));
    }

    /**
     * What a driver has counted in the epoch.
     *
     * @param queue   data channel, from 0
     * @param atStart the counter that keeps what another was when the epoch began
     * @return how much that other one has grown since
     */
    long countedInEpoch(int queue, HostCounter atStart) {
        long before = counter(queue, atStart); // first: a counter only grows, so the difference is never negative
        return counter(queue, atStart.counted()) - before;
    }

    /** {@return who has the buffers, by the ledger} */
    BufferCounts buffers() {
        int[] counts = new int[LedgerEntry.FREE + 2];
        for (int buffer = 0; buffer < bufferCount; buffer++) {
            int state = LedgerEntry.state(block.getLong(ledgerOffset + buffer * 8L));
            counts[Math.min(state, LedgerEntry.FREE + 1)]++;
        }
        return new BufferCounts(counts[LedgerEntry.FREE], counts[LedgerEntry.LENT], counts[LedgerEntry.HELD],
                counts[LedgerEntry.FREE + 1]);
    }

    @Override
    public void close() {
        block.close();
    }
}
