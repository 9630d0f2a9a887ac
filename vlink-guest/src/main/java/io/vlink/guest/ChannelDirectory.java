// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.guest.device.DeviceAccess;
import io.vlink.guest.device.DeviceException;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.pci.ControlRegister;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The header and the directory of channel memory (SPEC.md section 5). Each row is copied once and checked before the channel
 * it names is touched. Used while a device is opened; one thread.
 */
final class ChannelDirectory {
    private final MemorySegment memory;
    private final DeviceTables tables;

    /**
     * Checks the header.
     *
     * @param bar    all of the channel memory's BAR
     * @param tables what the registers say
     * @throws DeviceException if the header is not what the registers promise
     */
    ChannelDirectory(MemorySegment bar, DeviceTables tables) {
        this.memory = bar.asSlice(0, tables.channelBytes());
        this.tables = tables;
        // Pairs with the agent's release of the magic, which it writes last.
        long magic = (long) SharedWord.LONG_HANDLE.getAcquire(memory, ChannelMemoryLayout.MAGIC_OFFSET);
        int version = memory.get(SharedWord.INT, ChannelMemoryLayout.VERSION_OFFSET);
        long total = memory.get(SharedWord.LONG, ChannelMemoryLayout.TOTAL_BYTES_OFFSET);
        int count = memory.get(SharedWord.INT, ChannelMemoryLayout.CHANNEL_COUNT_OFFSET);
        if (magic != ChannelMemoryLayout.MAGIC || version >>> 16 != ChannelMemoryLayout.VERSION >>> 16
                || total != tables.channelBytes() || count != tables.channelCount()) {
            throw new DeviceException("header of channel memory is wrong: magic=0x" + Long.toHexString(magic)
                    + " version=0x" + Integer.toHexString(version) + " bytes=" + total + " channels=" + count
                    + " expected_bytes=" + tables.channelBytes() + " expected_channels=" + tables.channelCount()
                    + ": agent and guest do not fit together: use the same vlink version");
        }
    }

    /**
     * The links that exist, with their queues.
     *
     * @param access the device
     * @return links in the order of their indices
     * @throws DeviceException if a row or a channel is wrong
     */
    List<GuestLink> links(DeviceAccess access) {
        List<GuestLink> links = new ArrayList<>();
        for (int link = 0; link < tables.controlChannels().length; link++) {
            int row = tables.controlChannels()[link];
            if (row != ControlRegister.NO_CHANNEL) {
                links.add(link(access, link, row));
            }
        }
        return List.copyOf(links);
    }

    private GuestLink link(DeviceAccess access, int link, int row) {
        MemorySegment control = channel(row, ChannelMemoryLayout.KIND_CONTROL, link, 0, 0, ControlChannelLayout.BYTES);
        LinkDescription description = LinkDescription.read(control, link, 1L << tables.translation().pageShift());
        MemorySegment[] data = new MemorySegment[description.channels().length];
        for (int i = 0; i < data.length; i++) {
            data[i] = dataChannel(description, i);
        }
        return new GuestLink(access, control, description, data, tables.translation());
    }

    private MemorySegment dataChannel(LinkDescription link, int queue) {
        int row = link.channels()[queue];
        MemorySegment channel = channel(row, ChannelMemoryLayout.KIND_DATA, link.index(), queue + 1, link.queueSize(),
                DataChannelLayout.bytes(link.queueSize()));
        require(row, "magic", channel.get(SharedWord.INT, DataChannelLayout.MAGIC_OFFSET), DataChannelLayout.MAGIC);
        require(row, "link", channel.get(SharedWord.INT, DataChannelLayout.LINK_INDEX_OFFSET), link.index());
        require(row, "ordinal", channel.get(SharedWord.INT, DataChannelLayout.ORDINAL_OFFSET), queue + 1);
        require(row, "queue_size", channel.get(SharedWord.INT, DataChannelLayout.QUEUE_SIZE_OFFSET), link.queueSize());
        return channel;
    }

    private MemorySegment channel(int row, int kind, int link, int ordinal, int queueSize, long leastBytes) {
        if (row < 0 || row >= tables.channelCount()) {
            throw wrong(row, "row", row);
        }
        long at = ChannelMemoryLayout.directoryRowOffset(row);
        require(row, "kind", memory.get(SharedWord.INT, at + ChannelMemoryLayout.ROW_KIND_OFFSET), kind);
        require(row, "link", memory.get(SharedWord.INT, at + ChannelMemoryLayout.ROW_LINK_OFFSET), link);
        require(row, "ordinal", memory.get(SharedWord.INT, at + ChannelMemoryLayout.ROW_ORDINAL_OFFSET), ordinal);
        require(row, "queue_size", memory.get(SharedWord.INT, at + ChannelMemoryLayout.ROW_QUEUE_SIZE_OFFSET),
                queueSize);
        long offset = memory.get(SharedWord.LONG, at + ChannelMemoryLayout.ROW_CHANNEL_OFFSET);
        long bytes = memory.get(SharedWord.LONG, at + ChannelMemoryLayout.ROW_BYTES_OFFSET);
        if (offset < ChannelMemoryLayout.HEADER_BYTES || offset % ChannelMemoryLayout.CHANNEL_ALIGNMENT_BYTES != 0
                || offset > memory.byteSize()) {
            throw wrong(row, "offset", offset);
        }
        if (bytes < leastBytes || bytes > memory.byteSize() - offset) {
            throw wrong(row, "bytes", bytes);
        }
        return memory.asSlice(offset, bytes);
    }

    private static void require(int row, String what, int seen, int expected) {
        if (seen != expected) {
            throw wrong(row, what, seen);
        }
    }

    private static DeviceException wrong(int row, String what, long value) {
        return new DeviceException(
                "channel directory has an impossible value: channel=" + row + " " + what + "=" + value
                        + ": agent and guest do not fit together: use the same vlink version");
    }
}
