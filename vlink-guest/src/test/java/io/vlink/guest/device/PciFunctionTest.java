// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vlink.spec.pci.BarShape;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PciFunctionTest {
    @TempDir
    private Path root;
    private PciTree tree;

    @BeforeEach
    void makeTree() throws IOException {
        tree = new PciTree(root);
    }

    private void rejects(String wanted, String... words) {
        assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> PciFunction.find(tree.tree, wanted).shape())
                .withMessageNotContaining("\n").satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    @Test
    void tellsHowToGetADeviceWhereThereIsNone(@TempDir Path empty) {
        assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> PciFunction.find(new SystemTree(empty), null))
                .withMessageContaining("no PCI device cccc:2222").withMessageContaining("-device pci-vlink");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0x1af4\n", "cccc", "0x99999999999", "nonsense"})
    void doesNotTakeADeviceOfAnotherVendorForOurs(String vendor) throws IOException {
        tree.write("vendor", vendor);
        rejects(null, "no PCI device cccc:2222");
    }

    @Test
    void asksWhichWhereThereAreTwo() throws IOException {
        Path second = root.resolve("sys/bus/pci/devices/0000:00:05.0");
        PciTree.write(second.resolve("vendor"), "0xcccc");
        PciTree.write(second.resolve("device"), "0x2222");
        rejects(null, "more than one", "--device", "0000:00:04.0 0000:00:05.0");
        rejects("0000:00:06.0", "device=0000:00:06.0", "0000:00:04.0 0000:00:05.0");
        assertThat(PciFunction.find(tree.tree, "00:05.0").address()).isEqualTo("0000:00:05.0");
    }

    @Test
    void tellsTheShapesApart() throws IOException {
        assertThat(PciFunction.find(tree.tree, null).shape()).isEqualTo(BarShape.BAR32);
        tree.bar64();
        assertThat(PciFunction.find(tree.tree, null).shape()).isEqualTo(BarShape.BAR64);
        assertThat(PciFunction.find(tree.tree, null).bar(2)).isEqualTo(new PciFunction.Bar(0x38_0000_0000L, 2L << 20));
    }

    @Test
    void saysWhichShapeWhereTheFirmwarePlacedNoBar() throws IOException {
        String absent = PciTree.line(0, 0, 0);
        tree.resource(PciTree.line(0xc000, 256, 0x40101), absent, PciTree.line(0, 1 << 30, 0x40200),
                PciTree.line(0xc0000000L, 65_536, 0x40200), absent, absent);
        rejects(null, "BAR has no address", "bar=2", "machine q35 needs bar=64");
        tree.resource(absent, absent, absent, absent, absent, absent);
        rejects(null, "BAR has no size", "bar=0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0x1 0x2", "one two three", "0xfffffffffffffffff 0x1 0x1"})
    void rejectsAResourceFileThatIsNone(String text) throws IOException {
        tree.resource(text);
        rejects(null, "resource", "bar=");
    }

    @Test
    void knowsItsDriver() throws IOException {
        assertThat(PciFunction.find(tree.tree, null).driver()).isEqualTo(PciFunction.NO_DRIVER);
        tree.bound("vfio-pci");
        assertThat(PciFunction.find(tree.tree, null).driver()).isEqualTo("vfio-pci");
    }
}
