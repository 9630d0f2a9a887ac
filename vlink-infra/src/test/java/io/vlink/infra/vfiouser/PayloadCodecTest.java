// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes are written from the protocol's text, not with the codec's constants. */
class PayloadCodecTest {
    static Stream<Arguments> payloads() {
        return Stream.of(of("VERSION", "0000 0000", new VersionPayload(0, 0, "").encode(), VersionPayload::decode),
                of("GET_INFO", "10000000 03000000 09000000 05000000", new DeviceInfo(3, 9, 5).encode(),
                        DeviceInfo::decode),
                of("REGION_INFO", "20000000 07000000 02000000 00000000 0000004000000000 0010000000000000",
                        new RegionInfo(7, 2, 1L << 30, 4_096).encode(), RegionInfo::decode),
                of("IRQ_INFO", "10000000 07000000 00000000 01000000", new IrqInfo(7, 0, 1).encode(), IrqInfo::decode),
                of("SET_IRQS", "16000000 22000000 01000000 02000000 02000000 0100",
                        new IrqSet(0x22, 1, 2, 2, new byte[]{1, 0}).encode(), IrqSet::decode),
                of("READ", "1800000000000000 07000000 04000000", RegionAccess.ofCount(0x18, 7, 4).encode(),
                        RegionAccess::decodeWithoutData),
                of("WRITE", "1800000000000000 07000000 02000000 aabb",
                        RegionAccess.ofData(0x18, 7, new byte[]{(byte) 0xaa, (byte) 0xbb}).encode(),
                        RegionAccess::decodeWithData),
                of("DMA_MAP", "20000000 03000000 0000100000000000 0000000001000000 0000004000000000",
                        new DmaMap(3, 1 << 20, 1L << 32, 1 << 30).encode(), DmaMap::decode),
                of("DMA_UNMAP", "18000000 00000000 0000000001000000 0000004000000000",
                        new DmaUnmap(0, 1L << 32, 1 << 30).encode(), DmaUnmap::decode));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("payloads")
    void refusesEveryTruncation(String name, String hex, byte[] encoded, Function<byte[], Object> decoder) {
        byte[] whole = bytes(hex);
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatExceptionOfType(VfioUserProtocolException.class).as("%s cut to %d bytes", name, length)
                    .isThrownBy(() -> decoder.apply(part)).satisfies(e -> assertThat(e.errno()).isEqualTo(22));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("payloads")
    void writesTheBytesOfTheProtocol(String name, String hex, byte[] encoded, Function<byte[], Object> decoder) {
        assertThat(HexFormat.of().formatHex(encoded)).as(name).isEqualTo(hex.replace(" ", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("payloads")
    void readsBackWhatItWrote(String name, String hex, byte[] encoded, Function<byte[], Object> decoder) {
        assertThat(decoder.apply(bytes(hex))).as(name).usingRecursiveComparison().isEqualTo(decoder.apply(encoded));
    }

    @Test
    void carriesCapabilitiesAsZeroTerminatedText() {
        byte[] payload = new VersionPayload(0, 1, "{}").encode();
        assertThat(payload).containsExactly(0, 0, 1, 0, '{', '}', 0);
        assertThat(VersionPayload.decode(payload)).isEqualTo(new VersionPayload(0, 1, "{}"));
    }

    @Test
    void readsSizesBeyondFourGigabytes() {
        RegionInfo info = RegionInfo.decode(new RegionInfo(7, 2, 1L << 36, 0).encode());
        assertThat(info.bytes()).isEqualTo(68_719_476_736L);
        assertThat(info.mappable()).isTrue();
    }

    private static Arguments of(String name, String hex, byte[] encoded, Function<byte[], Object> decoder) {
        return Arguments.of(name, hex, encoded, decoder);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
