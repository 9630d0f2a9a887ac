// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QemuCommandLineTest {
    private static final String DEVICE = "pci-vlink,vm_domain=vm1,init_config=a";
    private static final long GIB = 1L << 30;

    @Test
    void refusesTwoDevicesAndJson() {
        assertThatThrownBy(() -> new QemuCommandLine(List.of("-device", DEVICE, "--device", "pci-vlink,vm_domain=vm2")))
                .hasMessageContainingAll("one pci-vlink", "vm_domain=vm2");
        assertThatThrownBy(() -> new QemuCommandLine(List.of("-device", "{\"driver\":\"pci-vlink\"}")))
                .hasMessageContaining("JSON");
    }

    @Test
    void findsOnlyItsOwnDevice() {
        assertThat(new QemuCommandLine(List.of("-device", "pci-vlinker", "-append", "-device", "-device")).hasDevice())
                .isFalse();
        assertThat(new QemuCommandLine(List.of("-device", "virtio-net-pci", "--device", DEVICE)).deviceProperties())
                .isEqualTo(",vm_domain=vm1,init_config=a");
    }

    @Test
    void leavesEverythingElseAsItIs() {
        assertThat(new QemuCommandLine(List.of("-m", "1G", "-device", DEVICE, "", "-append", "a 'b'")).withDevice("X"))
                .containsExactly("-m", "1G", "-device", "X", "", "-append", "a 'b'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"-m 1G|pc", "-M q35|q35", "-machine q35,accel=kvm|q35",
            "--machine accel=tcg,type=q35|q35",
            "-machine accel=tcg|pc", "-M pc-q35-10.1,accel=tcg|pc-q35-10.1", "-M q35 -machine accel=kvm|q35",
            "-M q35 -M pc|pc"})
    void knowsTheMachine(String line, String machine) {
        assertThat(new QemuCommandLine(List.of(line.split(" ", -1))).machine()).isEqualTo(machine);
    }

    @Test
    void explainsWhyABarDoesNotFitOnQ35() {
        QemuCommandLine q35 = new QemuCommandLine(List.of("-M", "pc-q35-10.1", "-device", DEVICE));
        DeviceOption bar32 = DeviceOption.parse("vm_domain=vm1,init_config=a", "", List.of());
        DeviceOption bar64 = DeviceOption.parse("vm_domain=vm1,init_config=a,bar=64", "", List.of());
        assertThatThrownBy(() -> VlinkQemuMain.checkMachine(q35, bar32, GIB))
                .hasMessageContainingAll("1G", "machine=pc-q35-10.1", "use bar=64");
        assertThatCode(() -> VlinkQemuMain.checkMachine(q35, bar64, GIB)).doesNotThrowAnyException();
        assertThatCode(() -> VlinkQemuMain.checkMachine(q35, bar32, GIB / 2)).doesNotThrowAnyException();
        assertThatCode(() -> VlinkQemuMain.checkMachine(new QemuCommandLine(List.of()), bar32, GIB))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"-m 3G|3G", "-m 4096|4G", "-m size=2049M,slots=2|2049M",
            "-M pc,max-ram-below-4g=3G -m 8G|3G"})
    void explainsHowMuchMemoryLeavesRoomOnPc(String line, String memory) {
        QemuCommandLine pc = new QemuCommandLine(List.of(line.split(" ", -1)));
        DeviceOption bar32 = DeviceOption.parse("vm_domain=vm1,init_config=a", "", List.of());
        assertThatThrownBy(() -> VlinkQemuMain.checkMachine(pc, bar32, GIB))
                .hasMessageContainingAll("machine=pc", "memory=" + memory, "max-ram-below-4g=2G", "bar=64");
    }

    @ParameterizedTest
    @CsvSource({"-m 2G", "-m 2048", "-M pc -m size=1G", "'-m 4G -M pc,max-ram-below-4g=2G'", "-m many",
            "-M microvm -m 8G"})
    void letsEverythingElseThroughOnPc(String line) {
        QemuCommandLine pc = new QemuCommandLine(List.of(line.split(" ", -1)));
        DeviceOption bar32 = DeviceOption.parse("vm_domain=vm1,init_config=a", "", List.of());
        assertThatCode(() -> VlinkQemuMain.checkMachine(pc, bar32, GIB)).doesNotThrowAnyException();
    }

    @Test
    void writesTheDeviceInTheOnlyFormThatCanNameASocket() {
        assertThat(VfioUserDevice.option("/run/vlink/vm\"1.sock", Map.of("addr", "5"))).isEqualTo(
                "{\"driver\":\"vfio-user-pci\",\"rombar\":0,\"socket\":{\"type\":\"unix\",\"path\":\"/run/vlink/vm\\\"1.sock\"},"
                        + "\"addr\":\"5\"}");
    }

    @Test
    void quotesWordsForAShell() {
        assertThat(ShellWord.join(List.of("qemu", "-append", "a b", "it's", "", "{\"x\":1}", "-M", "pc,accel=tcg")))
                .isEqualTo("qemu -append 'a b' 'it'\\''s' '' '{\"x\":1}' -M pc,accel=tcg");
    }
}
