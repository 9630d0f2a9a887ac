// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.guest.device.DeviceAccess;
import io.vlink.guest.device.RawAccess;
import io.vlink.infra.lane.HostLane;
import io.vlink.infra.lane.LaneEvent;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.infra.ring.RawConsumer;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.ControlRegister;
import io.vlink.spec.record.LinkRecordLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * Agent and host driver in one, as small as SPEC.md allows: one domain with one link of one data channel, in real shared
 * memory. Tests may write anything into it.
 */
final class SmallHost implements DeviceAccess {
    static final int QUEUE_SIZE = 8;
    static final int PAGE_SHIFT = 21;
    static final long REGION_BYTES = 2L << PAGE_SHIFT;
    static final int BUFFER_BYTES = 2_048;
    static final long CHANNEL_BYTES = ChannelMemoryLayout.MIN_TOTAL_BYTES;
    static final long CONTROL_OFFSET = ChannelMemoryLayout.HEADER_BYTES;
    static final long DATA_OFFSET = CONTROL_OFFSET + ControlChannelLayout.BYTES;
    /** Pages in reverse, with a gap: bus address of page 0, then of page 1. */
    static final long[] PAGES = {0x7_0000_0000L, 0x6_ffa0_0000L};

    final Map<ControlRegister, Integer> registers = new EnumMap<>(ControlRegister.class);
    final long[] pages = PAGES.clone();
    final SharedMemory regionMemory = SharedMemory.create("test-region", REGION_BYTES, PageSize.ORDINARY);
    final SharedMemory channelsMemory = SharedMemory.create("test-channels", CHANNEL_BYTES, PageSize.ORDINARY);
    final Mapping region = regionMemory.map(Protection.READ_WRITE);
    final Mapping channels = channelsMemory.map(Protection.READ_WRITE);
    final MemorySegment memory = channels.segment();
    final ProducerRing rx = new ProducerRing(ring(SubChannel.RX), QUEUE_SIZE);
    final RawConsumer tx = new RawConsumer(ring(SubChannel.TX), QUEUE_SIZE);
    final ProducerRing alloc = new ProducerRing(ring(SubChannel.ALLOC), QUEUE_SIZE);
    final RawConsumer free = new RawConsumer(ring(SubChannel.FREE), QUEUE_SIZE);
    final DescriptorBatch batch = new DescriptorBatch(QUEUE_SIZE);
    private final Arena arena = Arena.ofConfined();
    private HostLane lane;
    private boolean claimed;
    private boolean closed;

    SmallHost() {
        register(ControlRegister.MAGIC, ControlRegister.MAGIC_VALUE);
        register(ControlRegister.VERSION, ControlRegister.VERSION_VALUE);
        register(ControlRegister.PAGE_SHIFT, PAGE_SHIFT);
        register(ControlRegister.NR_PAGES, PAGES.length);
        register(ControlRegister.REGION_BYTES_LOW, (int) REGION_BYTES);
        register(ControlRegister.CHANNEL_MEMORY_BYTES, (int) CHANNEL_BYTES);
        register(ControlRegister.NR_LINKS, 1);
        register(ControlRegister.NR_CHANNELS, 2);
        register(ControlRegister.BAR_SHAPE, 32);
        register(ControlRegister.LINK_ENABLED, 1);
        register(ControlRegister.LINK_CTRL_CHANNEL_IDX, 0);
        writeHeader();
        writeRow(0, ChannelMemoryLayout.KIND_CONTROL, CONTROL_OFFSET, ControlChannelLayout.BYTES, 0, 0);
        writeRow(1, ChannelMemoryLayout.KIND_DATA, DATA_OFFSET, DataChannelLayout.bytes(QUEUE_SIZE), 1, QUEUE_SIZE);
        writeControlChannel();
        putInt(DATA_OFFSET + DataChannelLayout.MAGIC_OFFSET, DataChannelLayout.MAGIC);
        putInt(DATA_OFFSET + DataChannelLayout.ORDINAL_OFFSET, 1);
        putInt(DATA_OFFSET + DataChannelLayout.QUEUE_SIZE_OFFSET, QUEUE_SIZE);
    }

    private void writeHeader() {
        putLong(ChannelMemoryLayout.MAGIC_OFFSET, ChannelMemoryLayout.MAGIC);
        putInt(ChannelMemoryLayout.VERSION_OFFSET, ChannelMemoryLayout.VERSION);
        putInt(ChannelMemoryLayout.CHANNEL_COUNT_OFFSET, 2);
        putLong(ChannelMemoryLayout.TOTAL_BYTES_OFFSET, CHANNEL_BYTES);
        putName(ChannelMemoryLayout.DOMAIN_NAME_OFFSET, "testvm1");
    }

    private void writeRow(int row, int kind, long offset, long bytes, int ordinal, int queueSize) {
        long at = ChannelMemoryLayout.directoryRowOffset(row);
        putInt(at + ChannelMemoryLayout.ROW_KIND_OFFSET, kind);
        putLong(at + ChannelMemoryLayout.ROW_CHANNEL_OFFSET, offset);
        putLong(at + ChannelMemoryLayout.ROW_BYTES_OFFSET, bytes);
        putInt(at + ChannelMemoryLayout.ROW_ORDINAL_OFFSET, ordinal);
        putInt(at + ChannelMemoryLayout.ROW_QUEUE_SIZE_OFFSET, queueSize);
    }

    private void writeControlChannel() {
        putInt(CONTROL_OFFSET + ControlChannelLayout.MAGIC_OFFSET, ControlChannelLayout.MAGIC);
        putName(CONTROL_OFFSET + ControlChannelLayout.NAME_OFFSET, "tap123");
        byte[] mac = {0x52, 0x54, 0, 0x12, 0x34, (byte) 0xfe};
        MemorySegment.copy(mac, 0, memory, ValueLayout.JAVA_BYTE, CONTROL_OFFSET + ControlChannelLayout.MAC_OFFSET, 6);
        putInt(CONTROL_OFFSET + ControlChannelLayout.DATA_CHANNEL_COUNT_OFFSET, 1);
        putInt(CONTROL_OFFSET + ControlChannelLayout.QUEUE_SIZE_OFFSET, QUEUE_SIZE);
        putInt(CONTROL_OFFSET + ControlChannelLayout.MTU_OFFSET, 1_500);
        putInt(CONTROL_OFFSET + ControlChannelLayout.BUFFER_BYTES_OFFSET, BUFFER_BYTES);
        putInt(CONTROL_OFFSET + ControlChannelLayout.dataChannelOffset(0), 1);
    }

    void putInt(long offset, int value) {
        memory.set(SharedWord.INT, offset, value);
    }

    void putLong(long offset, long value) {
        memory.set(SharedWord.LONG, offset, value);
    }

    void putName(long offset, String name) {
        byte[] bytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, offset, bytes.length);
    }

    void register(ControlRegister register, int value) {
        registers.put(register, value);
    }

    MemorySegment ring(SubChannel which) {
        return memory.asSlice(DATA_OFFSET + DataChannelLayout.ringOffset(which, QUEUE_SIZE),
                RingLayout.bytes(QUEUE_SIZE));
    }

    long guestWord() {
        return memory.get(SharedWord.LONG, CONTROL_OFFSET + ControlChannelLayout.GUEST_LANE_OFFSET);
    }

    long hostWordOffset() {
        return CONTROL_OFFSET + ControlChannelLayout.HOST_LANE_OFFSET;
    }

    /** A host driver attaches, unless one has already. */
    void attachDriver() {
        if (lane == null) {
            lane = new HostLane(memory.asSlice(CONTROL_OFFSET, ControlChannelLayout.BYTES),
                    arena.allocate(LinkRecordLayout.HEADER_BYTES, 8));
        }
    }

    /** One look at the guest's lane, and the host's part of the handshake. */
    boolean pollLane() {
        if (lane.poll() == LaneEvent.RESET_RINGS) {
            rx.reset();
            tx.ring().reset();
            alloc.reset();
            free.ring().reset();
            lane.agree();
        }
        return lane.isUp();
    }

    /** Takes a link that the guest has attached to through the handshake. */
    void bringUp(GuestLink link) {
        attachDriver();
        for (int i = 0; i < 8 && !(link.poll() && pollLane()); i++) {
            pollLane();
        }
        if (!link.poll()) {
            throw new AssertionError("link did not come up: host=" + link.hostState() + " guest=" + link.guestState());
        }
    }

    /** The bus address of a byte in the region. */
    static long bus(long offset) {
        return PAGES[(int) (offset >> PAGE_SHIFT)] + (offset & ((1L << PAGE_SHIFT) - 1));
    }

    /** Puts descriptors on a ring: pairs of address and meta word. */
    void put(ProducerRing ring, long... addressAndMeta) {
        DescriptorBatch out = new DescriptorBatch(addressAndMeta.length / 2);
        for (int i = 0; i < addressAndMeta.length; i += 2) {
            out.set(i / 2, addressAndMeta[i], addressAndMeta[i + 1]);
            out.count++;
        }
        if (ring.offer(out) != out.count) {
            throw new AssertionError("ring is full");
        }
    }

    static long meta(int length, int generation) {
        return Descriptor.meta(length, 0, generation);
    }

    @Override
    public int readRegister(ControlRegister register) {
        int selected = registers.getOrDefault(ControlRegister.COMMON_0, 0);
        return switch (register) {
            case HUGEPAGE_ADDRESS_LOW -> (int) pages[selected];
            case HUGEPAGE_ADDRESS_HIGH -> (int) (pages[selected] >>> 32);
            default -> registers.getOrDefault(register, 0);
        };
    }

    @Override
    public void writeRegister(ControlRegister register, int value) {
        registers.put(register, value);
    }

    @Override
    public void beginSelection() {
    }

    @Override
    public void endSelection() {
    }

    @Override
    public boolean claimLink(int link) {
        boolean first = !claimed; // as a file lock, which a program cannot take twice
        claimed = true;
        return first;
    }

    @Override
    public RawAccess raw() {
        throw new UnsupportedOperationException("no registers that refuse anything");
    }

    @Override
    public MemorySegment region() {
        return region.segment();
    }

    @Override
    public MemorySegment channelMemory() {
        return memory;
    }

    @Override
    public String mapMethod() {
        return "test";
    }

    @Override
    public String pciId() {
        return "cccc:2222";
    }

    @Override
    public String address() {
        return "memory";
    }

    @Override
    public String driver() {
        return "none";
    }

    @Override
    public int barBits() {
        return 32;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            region.close();
            channels.close();
            regionMemory.close();
            channelsMemory.close();
            arena.close();
        }
    }
}
