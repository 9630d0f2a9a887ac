// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_REGION_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.REGION_READ;
import static io.vlink.agent.vfiouser.RawVfioUserClient.REGION_WRITE;
import static io.vlink.agent.vfiouser.RawVfioUserClient.RESET;
import static io.vlink.agent.vfiouser.RawVfioUserClient.access;
import static io.vlink.agent.vfiouser.RawVfioUserClient.regionInfo;
import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.Protection;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A device with all that its client can get hold of: each descriptor, each byte that can be read, each that can be written. */
final class ReachableDevice implements AutoCloseable {
    /** The BARs of a device with {@code bar=32} that have memory. */
    static final int REGION = 2;
    static final int CHANNELS = 3;
    private static final int REGISTERS = 0;
    private static final int CONFIG = 7;
    private static final int REGION_COUNT = 9;
    private static final int SMALL_REGION_BYTES = 256;
    private static final int MOST_IN_ONE_READ = 1 << 20;
    /** COMMON_0: pages and links that exist, and numbers of none. */
    private static final List<Integer> SELECTORS = List.of(0, 1, 2, 3, 15, 16, 17, 255, 65_536, -1, Integer.MIN_VALUE,
            Integer.MAX_VALUE);

    private final RawVfioUserClient client;
    /** By the number of the region that each came with. */
    final Map<Integer, Fd> fds = new HashMap<>();
    final Mapping region;
    final Mapping channels;

    /** Connects, and asks for every region that there may be. */
    ReachableDevice(Path socket) {
        client = RawVfioUserClient.connect(socket);
        Map<Integer, Long> bytes = new HashMap<>();
        for (int index = 0; index < REGION_COUNT; index++) {
            RawVfioUserClient.Reply reply = client.request(GET_REGION_INFO, regionInfo(32, index)).succeeded();
            assertThat(reply.fds().size()).as("descriptors with region %d", index).isLessThanOrEqualTo(1);
            bytes.put(index, reply.payload().getLong(16));
            if (!reply.fds().isEmpty()) {
                fds.put(index, reply.fds().getFirst());
            }
        }
        region = Mapping.of(fds.get(REGION), 0, bytes.get(REGION), Protection.READ_WRITE);
        channels = Mapping.of(fds.get(CHANNELS), 0, bytes.get(CHANNELS), Protection.READ_WRITE);
    }

    /** Configuration space, every register under every selector, and channel memory. */
    byte[] everythingButPackets() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(read(CONFIG, 0, SMALL_REGION_BYTES));
        all.writeBytes(read(REGISTERS, 0, SMALL_REGION_BYTES));
        for (int selector : SELECTORS) {
            client.register(0, selector);
            for (int offset = 0; offset < SMALL_REGION_BYTES; offset += 4) {
                all.writeBytes(read(REGISTERS, offset, 4));
            }
        }
        client.register(0, 0);
        all.writeBytes(bar(CHANNELS, channels));
        return all.toByteArray();
    }

    /** The packet region. */
    byte[] packets() {
        return bar(REGION, region);
    }

    /** A row of the page table. */
    long busAddress(int page) {
        client.register(0, page);
        return Integer.toUnsignedLong(client.register(0x18)) | (long) client.register(0x1c) << 32;
    }

    /** The bytes behind a BAR, which messages and the mapping must agree on. */
    private byte[] bar(int index, Mapping mapping) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        long bytes = mapping.segment().byteSize();
        for (long at = 0; at < bytes; at += MOST_IN_ONE_READ) {
            all.writeBytes(read(index, at, (int) Math.min(MOST_IN_ONE_READ, bytes - at)));
        }
        byte[] data = all.toByteArray();
        assertThat(mapping.segment().mismatch(MemorySegment.ofArray(data))).isEqualTo(-1);
        return data;
    }

    private byte[] read(int index, long offset, int count) {
        return client.request(REGION_READ, access(offset, index, count)).succeeded().bytes(16);
    }

    /** Writes a byte to every place that can be written, in every way, and tries those next to them. */
    void scribble(byte value) {
        for (int index : new int[]{REGISTERS, CONFIG}) {
            for (int width = 1; width <= 8; width *= 2) {
                byte[] data = new byte[width];
                Arrays.fill(data, value);
                for (int offset = 0; offset + width <= SMALL_REGION_BYTES; offset++) {
                    client.request(REGION_WRITE, access(offset, index, width, data)).succeeded();
                }
            }
        }
        for (Map.Entry<Integer, Mapping> bar : Map.of(REGION, region, CHANNELS, channels).entrySet()) {
            long bytes = bar.getValue().segment().byteSize();
            byte[] data = new byte[SMALL_REGION_BYTES];
            Arrays.fill(data, value);
            for (long outside : new long[]{bytes, bytes - 1, -SMALL_REGION_BYTES, 1L << 32, Long.MAX_VALUE,
                    Long.MIN_VALUE}) {
                client.request(REGION_WRITE, access(outside, bar.getKey(), data.length, data)).failed(EINVAL);
            }
            client.request(REGION_WRITE, access(bytes - data.length, bar.getKey(), data.length, data)).succeeded();
            bar.getValue().segment().fill(value);
        }
        client.request(RESET, new byte[0]).succeeded();
    }

    /** Whether a byte stands anywhere in channel memory, or in the packets. */
    boolean shows(byte value) {
        return shows(region.segment(), value) || shows(channels.segment(), value);
    }

    private static boolean shows(MemorySegment memory, byte value) {
        for (byte one : memory.toArray(ValueLayout.JAVA_BYTE)) {
            if (one == value) {
                return true;
            }
        }
        return false;
    }

    /** Leaves the device; mappings stay, as they would in a process that only hangs up. */
    void hangUp() {
        client.close();
    }

    @Override
    public void close() {
        client.close();
        region.close();
        channels.close();
        fds.values().forEach(Fd::close);
    }
}
