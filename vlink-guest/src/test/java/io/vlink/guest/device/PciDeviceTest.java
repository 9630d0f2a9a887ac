// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vlink.spec.pci.ControlRegister;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How files of sysfs become a device; that the kernel's files behave is for the tests in a real machine. */
class PciDeviceTest {
    @TempDir
    private Path root;
    private PciTree tree;

    @BeforeEach
    void makeTree() throws IOException {
        tree = new PciTree(root);
    }

    private PciDevice open() {
        return PciDevice.open(PciFunction.find(tree.tree, null));
    }

    private void rejects(String... words) {
        assertThatExceptionOfType(DeviceException.class).isThrownBy(this::open).withMessageNotContaining("\n")
                .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    private static void size(Path file, long bytes, int at, int value) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(bytes);
            opened.seek(at);
            opened.write(value);
        }
    }

    private void makeResourceFiles() throws IOException {
        tree.bar64();
        size(tree.device.resolve("resource2"), PciTree.REGION_BYTES, 0, 0x22);
        size(tree.device.resolve("resource4"), PciTree.CHANNEL_BYTES, 0, 0x44);
    }

    @Test
    void saysHowToBindADeviceWithoutADriver() {
        rejects("not bound to uio_pci_generic", "driver=none", "vlink-guest bind");
    }

    @Test
    void saysThatUioOffersNoMapForABar() throws IOException {
        tree.bound(UioBinding.DRIVER);
        tree.map(1, 0x9000_0000L, PciTree.REGION_BYTES);
        rejects("no map for this BAR", "bar=2", "address=0x80000000");
    }

    @Test
    void rejectsAUioMapOfAnotherSizeThanItsBar() throws IOException {
        tree.bound(UioBinding.DRIVER);
        tree.map(1, 0x8000_0000L, 4_096);
        rejects("size of its BAR", "bar=2", "map_bytes=4096");
    }

    @Test
    void rejectsA64BitBarWithoutAResourceFile() throws IOException {
        tree.bar64();
        rejects("no file", "resource2", "use bar=32");
    }

    @Test
    void findsUioMapsByAddressWhateverTheirNumber() throws IOException {
        tree.bound(UioBinding.DRIVER);
        size(root.resolve("dev/uio0"), PciTree.REGION_BYTES + 4_096, 4_096, 0x55);
        try (PciDevice device = open()) {
            assertThat(device.mapMethod()).isEqualTo("uio");
            assertThat(device.barBits()).isEqualTo(32);
            assertThat(device.region().byteSize()).isEqualTo(PciTree.REGION_BYTES);
            assertThat(device.region().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0x55);
            assertThat(device.channelMemory().get(ValueLayout.JAVA_BYTE, 4_096)).isEqualTo((byte) 0x55);
        }
    }

    @Test
    void maps64BitBarsThroughSysfsEvenWithoutADriver() throws IOException {
        makeResourceFiles();
        tree.register(ControlRegister.MAGIC, ControlRegister.MAGIC_VALUE);
        try (PciDevice device = open()) {
            assertThat(device.mapMethod()).isEqualTo("sysfs");
            assertThat(device.region().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0x22);
            assertThat(device.channelMemory().byteSize()).isEqualTo(PciTree.CHANNEL_BYTES);
            assertThat(device.channelMemory().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0x44);
            assertThat(device.readRegister(ControlRegister.MAGIC)).isEqualTo(ControlRegister.MAGIC_VALUE);
            device.beginSelection();
            device.writeRegister(ControlRegister.COMMON_0, 0x01020304);
            device.endSelection();
            assertThat(Files.readAllBytes(tree.device.resolve("resource0"))).startsWith(4, 3, 2, 1);
        }
    }

    @Test
    void isGoneWhereItsRegistersReadAsOnes() throws IOException {
        makeResourceFiles();
        tree.register(ControlRegister.MAGIC, ControlRegister.MAGIC_VALUE);
        try (PciDevice device = open()) {
            assertThat(device.isGone()).isFalse();
            tree.register(ControlRegister.MAGIC, ControlRegister.ABSENT);
            assertThat(device.isGone()).isTrue();
            assertThat(device.goneMessage()).contains("address=" + PciTree.ADDRESS, "start virt_compute");
        }
    }

    @Test
    void letsOneProgramHaveALinkAtATime() throws IOException {
        makeResourceFiles();
        try (PciDevice first = open(); PciDevice second = open()) {
            assertThat(first.claimLink(3)).isTrue();
            assertThat(second.claimLink(3)).isFalse();
            assertThat(second.claimLink(4)).isTrue();
        }
    }
}
