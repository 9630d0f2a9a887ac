// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vlink.guest.device.DeviceException;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.pci.ControlRegister;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GuestDeviceTest {
    private static final long ROW_0 = ChannelMemoryLayout.directoryRowOffset(0);
    private static final long ROW_1 = ChannelMemoryLayout.directoryRowOffset(1);

    private final SmallHost host = new SmallHost();

    @AfterEach
    void closeHost() {
        host.close();
    }

    private void rejects(String... words) {
        assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> GuestDevice.open(host))
                .withMessageNotContaining("\n").satisfies(e -> assertThat(e.getMessage()).contains(words));
        assertThat(host.isClosed()).isTrue();
    }

    @Nested
    class Registers {
        @ParameterizedTest
        @EnumSource(value = ControlRegister.class, names = {"MAGIC", "VERSION", "PAGE_SHIFT", "NR_PAGES",
                "REGION_BYTES_LOW", "NR_LINKS", "BAR_SHAPE", "LINK_ENABLED", "LINK_CTRL_CHANNEL_IDX"})
        void saysThatTheAgentIsAwayFromWhateverRegisterOnAllReadAsOnes(ControlRegister first) {
            host.register(first, ControlRegister.ABSENT);
            rejects("does not answer", "start virt_compute");
        }

        @Test
        void saysSoWhereItGoesAwayWithinThePageTable() {
            host.pages[1] = -1;
            rejects("does not answer", "start virt_compute");
        }

        @Test
        void rejectsAnotherMagic() {
            host.register(ControlRegister.MAGIC, 0x12345678);
            rejects("not pci-vlink", "magic=0x12345678");
        }

        @Test
        void rejectsAnotherMajorVersion() {
            host.register(ControlRegister.VERSION, 0x00020003);
            rejects("another version", "version=2.3", "expected=1.x");
        }

        @Test
        void acceptsALaterMinorVersion() {
            host.register(ControlRegister.VERSION, 0x00010007);
            try (GuestDevice device = GuestDevice.open(host)) {
                assertThat(device.version()).isEqualTo("1.7");
            }
        }

        @ParameterizedTest
        @CsvSource({"PAGE_SHIFT, 20", "PAGE_SHIFT, 31", "NR_PAGES, 0", "NR_PAGES, 65537", "NR_PAGES, -2",
                "NR_LINKS, 17",
                "NR_CHANNELS, 65", "CHANNEL_MEMORY_BYTES, 32768", "CHANNEL_MEMORY_BYTES, 131072",
                "LINK_CTRL_CHANNEL_IDX, 2", "LINK_CTRL_CHANNEL_IDX, -5"})
        void rejectsARegisterOutOfRange(ControlRegister register, int value) {
            host.register(register, value);
            rejects("out of range", register + "=");
        }

        @Test
        void rejectsARegionThatIsNotItsPages() {
            host.register(ControlRegister.NR_PAGES, 1);
            rejects("pages=1", "region_bytes=4194304");
        }

        @Test
        void rejectsARegionLargerThanItsBar() {
            host.register(ControlRegister.NR_PAGES, 4);
            host.register(ControlRegister.REGION_BYTES_LOW, 8 << 20);
            rejects("region_bytes=8388608", "bar_bytes=4194304");
        }

        @Test
        void rejectsAPageTableWithAPageTwice() {
            host.pages[1] = host.pages[0];
            rejects("page table", "page=1");
        }

        @Test
        void rejectsAnotherBarShapeThanWasFound() {
            host.register(ControlRegister.BAR_SHAPE, 64);
            rejects("bar_shape=64", "bar=32");
        }
    }

    @Nested
    class ChannelMemory {
        @ParameterizedTest
        @CsvSource({"0, 7", "8, 131072", "12, 3", "16, 4096"})
        void rejectsAWrongHeader(long offset, int value) {
            host.putInt(offset, value);
            rejects("header of channel memory");
        }

        @ParameterizedTest
        @CsvSource({"0, 2", "4, 1", "24, 1", "28, 8", "8, 0", "8, 4097", "8, 1048576", "8, -4096", "16, 1",
                "16, 1048576",
                "16, -1"})
        void rejectsAWrongRowOfTheControlChannel(long field, int value) {
            if (field == ChannelMemoryLayout.ROW_CHANNEL_OFFSET || field == ChannelMemoryLayout.ROW_BYTES_OFFSET) {
                host.putLong(ROW_0 + field, value);
            } else {
                host.putInt(ROW_0 + field, value);
            }
            rejects("channel directory", "channel=0");
        }

        @Test
        void rejectsADataChannelThatEndsBeforeItsRings() {
            host.putLong(ROW_1 + ChannelMemoryLayout.ROW_BYTES_OFFSET,
                    DataChannelLayout.bytes(SmallHost.QUEUE_SIZE) - 4_096);
            rejects("channel directory", "channel=1", "bytes=");
        }

        @ParameterizedTest
        @CsvSource({"0, 1", "4, 1", "80, 0", "80, 16", "80, -1", "84, 12", "84, 32768", "88, 67", "88, 65522",
                "92, 2047",
                "92, 8", "92, 4194304"})
        void rejectsAWrongControlChannel(long field, int value) {
            host.putInt(SmallHost.CONTROL_OFFSET + field, value);
            rejects("control channel", "link=0");
        }

        @ParameterizedTest
        @CsvSource({"0", "2", "64", "-1"})
        void rejectsADataChannelNumberThatIsNone(int row) {
            host.putInt(SmallHost.CONTROL_OFFSET + ControlChannelLayout.dataChannelOffset(0), row);
            rejects("channel directory", "channel=" + row);
        }

        @ParameterizedTest
        @CsvSource({"0, 1", "4, 3", "8, 2", "12, 16"})
        void rejectsAWrongHeaderOfADataChannel(long field, int value) {
            host.putInt(SmallHost.DATA_OFFSET + field, value);
            rejects("channel directory", "channel=1");
        }
    }

    @Test
    void showsTheDeviceAsTheAgentMadeIt() {
        try (GuestDevice device = GuestDevice.open(host)) {
            assertThat(device.domain()).isEqualTo("testvm1");
            assertThat(device.translation().toOffset(SmallHost.PAGES[1] + 5)).isEqualTo((1L << 21) + 5);
            GuestLink link = device.link("tap123");
            assertThat(device.links()).containsExactly(link);
            assertThat(link.mac()).isEqualTo("52:54:00:12:34:fe");
            assertThat(link.mtu()).isEqualTo(1_500);
            assertThat(link.queueSize()).isEqualTo(SmallHost.QUEUE_SIZE);
            assertThat(link.queueCount()).isEqualTo(1);
        }
    }

    @Test
    void skipsALinkThatDoesNotExist() {
        host.register(ControlRegister.LINK_ENABLED, 0);
        try (GuestDevice device = GuestDevice.open(host)) {
            assertThat(device.links()).isEmpty();
        }
    }

    @Test
    void namesTheLinksThereAreWhenAskedForAnother() {
        try (GuestDevice device = GuestDevice.open(host)) {
            assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> device.link("tap9"))
                    .withMessageContaining("link=tap9").withMessageContaining("tap123");
        }
    }

    @Test
    void letsNoControlCharacterOfANameThrough() {
        host.putName(SmallHost.CONTROL_OFFSET + ControlChannelLayout.NAME_OFFSET, "a\u001b[2J\nb");
        try (GuestDevice device = GuestDevice.open(host)) {
            assertThat(device.links().getFirst().name()).isEqualTo("a?[2J?b");
        }
    }
}
