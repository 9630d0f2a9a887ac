// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.LinkRecordLayout;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LinkGeometryTest {
    private final TestLink link = new TestLink(2, 64);
    private final MemorySegment record = link.memory().record();

    @AfterEach
    void close() {
        link.close();
    }

    private LinkGeometry read() {
        return LinkGeometry.read(record, link.memory().region().byteSize(), link.memory().channel().byteSize());
    }

    static Stream<Arguments> wrongWords() {
        return Stream.of(Arguments.of(LinkRecordLayout.MAGIC_OFFSET, 0L, "magic=0"),
                Arguments.of(LinkRecordLayout.VERSION_OFFSET, 0x00020000L, "version=131072"),
                Arguments.of(LinkRecordLayout.TOTAL_BYTES_OFFSET, 1L << 40, "total_bytes="),
                Arguments.of(LinkRecordLayout.REGION_BYTES_OFFSET, 1L << 40, "region_bytes="),
                Arguments.of(LinkRecordLayout.CHANNEL_MEMORY_BYTES_OFFSET, 0L, "channel_memory_bytes=0"),
                Arguments.of(LinkRecordLayout.POOL_OFFSET, TestLink.REGION_BYTES - 2_048, "pool_offset="),
                Arguments.of(LinkRecordLayout.POOL_OFFSET, -2_048L, "pool_offset=-2048"),
                Arguments.of(LinkRecordLayout.POOL_OFFSET, 1_024L, "pool_offset=1024"),
                Arguments.of(LinkRecordLayout.PAGE_TABLE_OFFSET, Long.MAX_VALUE - 7, "page_table="),
                Arguments.of(LinkRecordLayout.LEDGER_OFFSET, 4L, "ledger=4"),
                Arguments.of(LinkRecordLayout.COUNTERS_OFFSET, 1L << 30, "counters="),
                Arguments.of(LinkRecordLayout.CONTROL_CHANNEL_OFFSET, 1L << 20, "control_channel="),
                Arguments.of(LinkRecordLayout.DATA_CHANNEL_OFFSET + 8, (1L << 20) - 4_096, "data_channel_1="),
                Arguments.of(LinkRecordLayout.DATA_CHANNEL_OFFSET, 8_200L, "data_channel_0=8200"));
    }

    @ParameterizedTest
    @MethodSource("wrongWords")
    void rejectsNumbersThatDoNotFitTheMemory(long offset, long value, String complaint) {
        record.set(SharedWord.LONG, offset, value);
        assertThatThrownBy(this::read).isInstanceOf(AttachException.class)
                .hasMessageStartingWith("link record is not usable: ").hasMessageContaining(complaint)
                .hasMessageEndingWith("agent and driver must be of one version: restart the agent");
    }

    static Stream<Arguments> wrongInts() {
        return Stream.of(Arguments.of(LinkRecordLayout.PAGE_SHIFT_OFFSET, 20, "page_shift=20"),
                Arguments.of(LinkRecordLayout.PAGE_SHIFT_OFFSET, 22, "page_count x page size="),
                Arguments.of(LinkRecordLayout.PAGE_COUNT_OFFSET, 0, "page_count=0"),
                Arguments.of(LinkRecordLayout.PAGE_COUNT_OFFSET, -1, "page_count=-1"),
                Arguments.of(LinkRecordLayout.DATA_CHANNEL_COUNT_OFFSET, 16, "data_channels=16"),
                Arguments.of(LinkRecordLayout.QUEUE_SIZE_OFFSET, 65, "queue_size=65"),
                Arguments.of(LinkRecordLayout.BUFFER_COUNT_OFFSET, Integer.MAX_VALUE, "pool_offset="),
                Arguments.of(LinkRecordLayout.BUFFER_BYTES_OFFSET, 4_096, "buffer_bytes=4096"),
                Arguments.of(LinkRecordLayout.MTU_OFFSET, 65_522, "mtu=65522"));
    }

    @ParameterizedTest
    @MethodSource("wrongInts")
    void rejectsNumbersOutOfRange(long offset, int value, String complaint) {
        record.set(SharedWord.INT, offset, value);
        assertThatThrownBy(this::read).isInstanceOf(AttachException.class).hasMessageContaining(complaint);
    }

    @Test
    void rejectsARecordThatIsTooShortToHaveAHeader() {
        assertThatThrownBy(() -> LinkGeometry.read(record.asSlice(0, 64), 1, 1)).isInstanceOf(AttachException.class)
                .hasMessageContaining("link_record_bytes=64");
    }

    @Test
    void readsWhatTheAgentWrote() {
        LinkGeometry geometry = read();
        assertThat(geometry.link()).isEqualTo("tap123");
        assertThat(geometry.domain()).isEqualTo("testvm1");
        assertThat(geometry.mac()).hasToString("52:54:00:12:34:56");
        assertThat(geometry.mtu()).isEqualTo(1_500);
        assertThat(geometry.queueSize()).isEqualTo(64);
        assertThat(geometry.bufferCount()).isEqualTo(512);
        assertThat(geometry.dataChannelOffsets()).hasSize(2);
    }
}
