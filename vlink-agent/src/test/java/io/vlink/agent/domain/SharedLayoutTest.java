// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.os.Mapping;
import io.vlink.spec.pci.BarShape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads what the agent writes with the literals of SPEC.md sections 5, 6, 8 and appendix A. */
class SharedLayoutTest {
    private static final int DATA_CHANNEL_BYTES = 0x2000; // 0x100 + 4 * (0x100 + 64 * 16), rounded up to 4096
    private final Inventory inventory = new Inventory(
            TestDomains.settings(4 * TestDomains.MIB, RegionSettings.NO_LIMIT),
            name -> Path.of("/nowhere", name), new TestDomains.Devices(), TestDomains.keepingNothing());
    private Domain domain;
    private MemorySegment memory;

    @BeforeEach
    void register() throws RequestException {
        domain = inventory.register(TestDomains.request("vm1", "tap1 52:54:00:00:00:01 3 queue_size=64",
                "tap2 52:54:00:00:00:02 2 queue_size=64 mtu=9000"), 11, false);
        memory = domain.channelMemory();
    }

    @AfterEach
    void freeMemory() {
        inventory.close();
    }

    private int word(long offset) {
        return memory.get(ValueLayout.JAVA_INT, offset);
    }

    private static String name(MemorySegment segment, long offset) {
        return segment.getString(offset, StandardCharsets.UTF_8);
    }

    @Test
    void headerTellsMagicVersionChannelsAndSize() {
        assertThat(new String(memory.asSlice(0, 8).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII))
                .isEqualTo("VLINKCHM");
        assertThat(word(8)).isEqualTo(0x10000);
        assertThat(word(0xc)).isEqualTo(5);
        assertThat(memory.get(ValueLayout.JAVA_LONG, 0x10)).isEqualTo(memory.byteSize()).isEqualTo(65_536);
        assertThat(name(memory, 0x40)).isEqualTo("vm1");
    }

    @Test
    void directoryHasTheControlChannelOfEachLinkBeforeItsDataChannels() {
        int[][] rows = {{1, 0, 0x1000, 0x1000, 0, 0}, {2, 0, 0x2000, DATA_CHANNEL_BYTES, 1, 64},
                {2, 0, 0x4000, DATA_CHANNEL_BYTES, 2, 64}, {1, 1, 0x6000, 0x1000, 0, 0},
                {2, 1, 0x7000, DATA_CHANNEL_BYTES, 1, 64}, {0, 0, 0, 0, 0, 0}};
        for (int row = 0; row < rows.length; row++) {
            long at = 0x80 + row * 32L;
            assertThat(new int[]{word(at), word(at + 4), word(at + 8), word(at + 16), word(at + 24), word(at + 28)})
                    .as("row %d", row).isEqualTo(rows[row]);
        }
        assertThat(domain.controlChannel(1)).isEqualTo(3);
    }

    @Test
    void controlChannelDescribesItsLink() {
        assertThat(word(0x6000)).as("VLCC").isEqualTo(0x43434c56);
        assertThat(word(0x6004)).isEqualTo(1);
        assertThat(name(memory, 0x6008)).isEqualTo("tap2");
        assertThat(memory.asSlice(0x6048, 6).toArray(ValueLayout.JAVA_BYTE)).containsExactly(0x52, 0x54, 0, 0, 0, 2);
        assertThat(word(0x6050)).isEqualTo(1);
        assertThat(word(0x6054)).isEqualTo(64);
        assertThat(word(0x6058)).as("mtu").isEqualTo(9_000);
        assertThat(word(0x1058)).as("mtu unless said otherwise").isEqualTo(1_500);
        assertThat(word(0x605c)).isEqualTo(2_048);
        assertThat(word(0x6060)).isEqualTo(4);
        assertThat(word(0x1060)).isEqualTo(1);
        assertThat(word(0x1064)).isEqualTo(2);
    }

    @Test
    void dataChannelTellsWhatItIs() {
        assertThat(word(0x4000)).as("VLDC").isEqualTo(0x43444c56);
        assertThat(word(0x4004)).isZero();
        assertThat(word(0x4008)).isEqualTo(2);
        assertThat(word(0x400c)).isEqualTo(64);
    }

    @Test
    void linkRecordTellsTheDriverEverything() throws RequestException {
        Link link = inventory.attach("tap2", 21).link();
        try (Mapping mapping = TestDomains.map(link.descriptors().get(2))) {
            MemorySegment record = mapping.segment();
            assertThat(name(record, 0)).startsWith("VLINKREC");
            assertThat(record.get(ValueLayout.JAVA_INT, 8)).isEqualTo(0x10001);
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x10)).isEqualTo(record.byteSize());
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x18)).isEqualTo(4 * TestDomains.MIB);
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x20)).isEqualTo(4_096);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x28)).isEqualTo(21);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x2c)).isEqualTo(2);
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x30)).isEqualTo(65_536);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x38)).as("link").isEqualTo(1);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x3c)).as("data channels").isEqualTo(1);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x40)).isEqualTo(64);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x44)).as("buffers").isEqualTo(256);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x48)).isEqualTo(2_048);
            assertThat(record.get(ValueLayout.JAVA_INT, 0x4c)).as("mtu").isEqualTo(9_000);
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x50)).as("pool").isEqualTo(512 * 2_048);
            assertThat(record.asSlice(0x58, 6).toArray(ValueLayout.JAVA_BYTE)).containsExactly(0x52, 0x54, 0, 0, 0, 2);
            assertThat(name(record, 0x80)).isEqualTo("tap2");
            assertThat(name(record, 0xc0)).isEqualTo("vm1");
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x100)).isEqualTo(0x6000);
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x108)).isEqualTo(0x7000);
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x110)).isZero();
            long table = record.get(ValueLayout.JAVA_LONG, 0x60);
            assertThat(record.get(ValueLayout.JAVA_LONG, table + 8)).isEqualTo(domain.region().busAddress(1));
            long ledger = record.get(ValueLayout.JAVA_LONG, 0x68);
            assertThat(ledger + 256 * 8).isLessThanOrEqualTo(record.byteSize());
            assertThat(record.get(ValueLayout.JAVA_LONG, 0x70)).isEqualTo(4_096);
        }
    }

    @Test
    void theAgentItselfCannotWriteToALedgerOrACounter() throws IOException {
        // Other tests of this process map records of this name, too: the kernel's number of the memory is this one's alone.
        Object inode = Files.getAttribute(
                Path.of("/proc/self/fd/" + domain.links().getFirst().record().fd().number()), "unix:ino");
        List<String> maps = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains(" " + inode + " ") && line.contains("vlink-record-tap1")).toList();
        assertThat(maps).hasSize(2).anyMatch(line -> line.contains(" r--s "));
        List<String> writable = maps.stream().filter(line -> line.contains(" rw-s ")).toList();
        assertThat(writable).hasSize(1);
        String range = writable.getFirst();
        long from = Long.parseLong(range, 0, range.indexOf('-'), 16);
        long to = Long.parseLong(range, range.indexOf('-') + 1, range.indexOf(' '), 16);
        assertThat(to - from).as("bytes of the header").isEqualTo(4_096);
    }

    @Test
    void keepsRoomForTheChannelsThatWereAskedFor() throws RequestException {
        DomainRequest few = TestDomains.request("vm2", "tap3 52:54:00:00:00:03 2 queue_size=64");
        DomainRequest room = new DomainRequest("vm2", few.links(), BarShape.BAR64, "", 16);
        assertThat(ChannelPlan.of(room).totalBytes()).isEqualTo(1 << 20);
        assertThat(ChannelPlan.of(few).totalBytes()).isEqualTo(65_536);
    }

    @Test
    void holdsTheLargestDomainThereCanBe() throws RequestException {
        DomainRequest large = TestDomains.request("vm2", "a 52:54:00:00:00:03 16 queue_size=16384",
                "b 52:54:00:00:00:04 16 queue_size=16384", "c 52:54:00:00:00:05 16 queue_size=16384",
                "d 52:54:00:00:00:06 16 queue_size=16384");
        assertThat(ChannelPlan.of(large).totalBytes()).isEqualTo(64 << 20);
        DomainRequest tight = new DomainRequest("vm2", large.links(), BarShape.BAR32, "", 63);
        assertThatThrownBy(() -> ChannelPlan.of(tight)).hasMessageContaining("max_channel=63");
    }
}
