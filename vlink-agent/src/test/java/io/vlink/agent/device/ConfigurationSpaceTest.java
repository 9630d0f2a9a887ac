// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.spec.pci.BarShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Offsets and values are literals from PCI 3.0 and SPEC.md section 2, on purpose: no constant of the code is used. */
class ConfigurationSpaceTest {
    private static final long REGION = 1L << 30;
    private static final long CHANNELS = 1L << 18;

    private final ConfigurationSpace bar32 = new ConfigurationSpace(BarShape.BAR32, REGION, CHANNELS,
            DeviceMemory.ofThisProcess().configuration());
    private final ConfigurationSpace bar64 = new ConfigurationSpace(BarShape.BAR64, 4 * REGION, CHANNELS,
            DeviceMemory.ofThisProcess().configuration());

    @Test
    void looksAsPublishedAfterPowerOn() {
        String header32 = """
                cccc2222 00000000 01000002 00000000
                01000000 00000000 00000000 00000000
                00000000 00000000 00000000 cccc2222
                00000000 00000000 00000000 00010000
                """;
        assertThat(dump(bar32)).isEqualTo(bytes(header32) + "00".repeat(192));
        String header64 = """
                cccc2222 00000000 01000002 00000000
                01000000 00000000 0c000000 00000000
                0c000000 00000000 00000000 cccc2222
                00000000 00000000 00000000 00010000
                """;
        assertThat(dump(bar64)).isEqualTo(bytes(header64) + "00".repeat(192));
    }

    @Test
    void keepsOnlyTheBitsThatSoftwareMaySet() {
        bar32.write(0, ones(256));
        assertThat(word(bar32, 0x00)).isEqualTo(0x2222_cccc);
        assertThat(word(bar32, 0x04)).as("command below status").isEqualTo(0x0000_0547);
        assertThat(word(bar32, 0x08)).isEqualTo(0x0200_0001);
        assertThat(word(bar32, 0x0c)).as("latency timer and cache line size").isEqualTo(0x0000_ffff);
        assertThat(word(bar32, 0x2c)).isEqualTo(0x2222_cccc);
        assertThat(word(bar32, 0x30)).as("no ROM").isZero();
        assertThat(word(bar32, 0x34)).as("no capabilities").isZero();
        assertThat(word(bar32, 0x3c)).as("interrupt pin and line").isEqualTo(0x0000_01ff);
        assertThat(bar32.read(0x40, 192)).containsOnly(0);
    }

    @Test
    void answersTheSizingOf32BitBars() {
        assertThat(sized(bar32)).containsExactly(0xffff_ff01, 0, 0xc000_0000, 0xfffc_0000, 0, 0);
    }

    @Test
    void answersTheSizingOf64BitBarsOverBothHalves() {
        assertThat(sized(bar64)).containsExactly(0xffff_ff01, 0, 0x0000_000c, 0xffff_ffff, 0xfffc_000c, 0xffff_ffff);
    }

    @Test
    void keepsAnAddressWrittenWithAnyWidth() {
        bar32.write(0x18, new byte[]{0, 0});
        bar32.write(0x1a, new byte[]{0});
        bar32.write(0x1b, new byte[]{(byte) 0x80});
        assertThat(word(bar32, 0x18)).isEqualTo(0x8000_0000);
        bar64.write(0x18, new byte[]{0, 0, 0, 0x40, 0x23, 0x01, 0, 0});
        assertThat(word(bar64, 0x18)).as("lower half: below 4 GiB nothing can be set").isEqualTo(0x0000_000c);
        assertThat(word(bar64, 0x1c)).isEqualTo(0x0000_0123);
    }

    @Test
    void showsAPendingInterruptInStatus() {
        bar32.interruptStatus(true);
        assertThat(word(bar32, 0x04)).isEqualTo(0x0008_0000);
        bar32.interruptStatus(false);
        assertThat(word(bar32, 0x04)).isZero();
    }

    @Test
    void isAsAfterPowerOnWhenReset() {
        String before = dump(bar64);
        bar64.write(0, ones(256));
        bar64.interruptStatus(true);
        assertThat(bar64.interruptDisabled()).isTrue();
        bar64.reset();
        assertThat(dump(bar64)).isEqualTo(before);
    }

    private static int[] sized(ConfigurationSpace space) {
        int[] bars = new int[6];
        for (int bar = 0; bar < bars.length; bar++) {
            space.write(0x10 + 4 * bar, ones(4));
            bars[bar] = word(space, 0x10 + 4 * bar);
        }
        return bars;
    }

    private static byte[] ones(int count) {
        return HexFormat.of().parseHex("ff".repeat(count));
    }

    private static int word(ConfigurationSpace space, int offset) {
        return ByteBuffer.wrap(space.read(offset, 4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    private static String dump(ConfigurationSpace space) {
        return HexFormat.of().formatHex(space.read(0, 256));
    }

    /** Golden text without its white space: bytes as they lie in memory. */
    private static String bytes(String golden) {
        return golden.replaceAll("\\s", "");
    }
}
