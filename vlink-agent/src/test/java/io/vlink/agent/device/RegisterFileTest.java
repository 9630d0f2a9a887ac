// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Fd;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.ControlRegister;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RegisterFileTest {
    private static final int ALL_ONES = 0xffff_ffff;

    private final Arena arena = Arena.ofConfined();
    private final Fd fd = Fd.eventFd();
    private final RegisterFile registers = new RegisterFile(model(), DeviceMemory.ofThisProcess());

    @AfterEach
    void release() {
        arena.close();
        fd.close();
    }

    @ParameterizedTest
    @EnumSource
    void isAlignedInsideTheBarAndAlone(ControlRegister register) {
        assertThat(register.offset() % 4).isZero();
        assertThat(register.offset()).isBetween(0, 252);
        assertThat(ControlRegister.atOffset(register.offset())).isEqualTo(register);
    }

    @ParameterizedTest
    @EnumSource
    void isReachedWithOne32BitAccessOnly(ControlRegister register) {
        int before = read(register.offset());
        for (int count : new int[]{1, 2, 3, 5, 8}) {
            assertThat(registers.read(register.offset(), count)).containsOnly(0xff);
            assertThat(registers.write(register.offset(), new byte[count])).isNull();
        }
        assertThat(registers.read(register.offset() + 1, 4)).containsOnly(0xff);
        assertThat(registers.write(register.offset() + 2, new byte[4])).isNull();
        assertThat(read(register.offset())).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource
    void doesWithAWriteWhatItsAccessSays(ControlRegister register) {
        int before = read(register.offset());
        write(register.offset(), 0x8000_0001);
        int after = read(register.offset());
        switch (register.access()) {
            case READ_WRITE -> assertThat(after).isEqualTo(0x8000_0001);
            case READ_ONLY, READ_CLEAR -> assertThat(after).isEqualTo(before);
            case WRITE_ONLY -> assertThat(after).isZero();
        }
        registers.reset();
        assertThat(read(register.offset())).isEqualTo(before);
    }

    @Test
    void readsAllOnesWhereThereIsNoRegister() {
        for (int offset = 0x58; offset < 256; offset += 4) {
            assertThat(read(offset)).isEqualTo(ALL_ONES);
            assertThat(registers.write(offset, new byte[4])).isNull();
        }
    }

    @Test
    void showsTheFactsOfTheDevice() {
        assertThat(read(0x14)).as("NR_PAGES").isEqualTo(2);
        assertThat(read(0x28)).as("MAGIC").isEqualTo(0x766c_6e6b);
        assertThat(read(0x2c)).as("VERSION").isEqualTo(0x0001_0000);
        assertThat(read(0x30)).as("FEATURES").isZero();
        assertThat(read(0x34)).as("PAGE_SHIFT").isEqualTo(21);
        assertThat(read(0x38)).as("NR_LINKS").isEqualTo(3);
        assertThat(read(0x3c)).as("NR_CHANNELS").isEqualTo(6);
        assertThat(read(0x40)).as("REGION_BYTES_LOW").isEqualTo(4 << 20);
        assertThat(read(0x44)).as("REGION_BYTES_HIGH").isZero();
        assertThat(read(0x48)).as("CHANNEL_MEMORY_BYTES").isEqualTo(64 << 10);
        assertThat(read(0x4c)).as("BAR_SHAPE").isEqualTo(64);
    }

    @ParameterizedTest
    @CsvSource({"0, 0x12, 0x34600000", "1, 0x12, 0x34400000", "2, 0, 0", "0x7fffffff, 0, 0", "-1, 0, 0"})
    void showsTheSelectedPageOrZero(String page, String high, String low) {
        write(0, Integer.decode(page));
        assertThat(read(0x1c)).isEqualTo(Integer.decode(high));
        assertThat(read(0x18)).isEqualTo(Integer.decode(low));
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 0", "1, 0, -1", "2, 1, 3", "3, 0, -1", "0x7fffffff, 0, -1", "-1, 0, -1", "-2147483648, 0, -1"})
    void showsTheSelectedLinkOrNone(String link, int enabled, int channel) {
        write(0, Integer.decode(link));
        assertThat(read(0x20)).isEqualTo(enabled);
        assertThat(read(0x24)).isEqualTo(channel);
    }

    @Test
    void clearsInterruptStatusWithTheRead() {
        registers.interruptPending();
        assertThat(registers.interruptAsserted()).as("asserted while not enabled").isFalse();
        write(0x10, 1);
        assertThat(registers.interruptAsserted()).isTrue();
        assertThat(read(0x54)).isEqualTo(1);
        assertThat(registers.interruptAsserted()).isFalse();
        assertThat(read(0x54)).isZero();
    }

    @Test
    void isLittleEndian() {
        assertThat(HexFormat.of().formatHex(registers.read(0x28, 4))).isEqualTo("6b6e6c76");
    }

    private DeviceModel model() {
        return new DeviceModel(BarShape.BAR64, 21, List.of(0x12_3460_0000L, 0x12_3440_0000L),
                new BarMemory(fd, arena.allocate(4 << 20)), new BarMemory(fd, arena.allocate(64 << 10)),
                List.of(0, DeviceModel.NO_LINK, 3), 6);
    }

    private int read(int offset) {
        return ByteBuffer.wrap(registers.read(offset, 4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    private void write(int offset, int value) {
        registers.write(offset, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, value).array());
    }
}
