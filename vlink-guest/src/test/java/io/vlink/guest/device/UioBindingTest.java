// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UioBindingTest {
    @TempDir
    private Path root;
    private PciTree tree;
    private final List<String> commands = new ArrayList<>();

    @BeforeEach
    void makeTree() throws IOException {
        tree = new PciTree(root);
    }

    private UioBinding binding() {
        ModuleLoader modules = new ModuleLoader(tree.tree) {
            @Override
            protected String run(String command, String argument) {
                commands.add(command + " " + argument);
                return "no command " + command;
            }
        };
        return new UioBinding(PciFunction.find(tree.tree, null), modules, 0);
    }

    private void rejects(String... words) {
        assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> binding().bind())
                .withMessageNotContaining("\n")
                .satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    @Test
    void saysWhereTheDriverComesFromWhereItIsMissing() {
        rejects("uio_pci_generic is missing", "no command modprobe", "modprobe uio_pci_generic",
                "linux-image-6.1.0-40-cloud-amd64");
        assertThat(commands).containsExactly("modprobe uio_pci_generic");
    }

    @Test
    void insertsTheModulesInOrderWhereThereIsNoModprobe() throws IOException {
        Path modules = root.resolve("lib/modules/6.1.0-40-cloud-amd64/kernel/drivers/uio");
        PciTree.write(modules.resolve("uio.ko"), "");
        PciTree.write(modules.resolve("uio_pci_generic.ko.xz"), "");
        rejects("uio_pci_generic is missing");
        assertThat(commands).containsExactly("modprobe uio_pci_generic", "insmod " + modules.resolve("uio.ko"),
                "insmod " + modules.resolve("uio_pci_generic.ko.xz"));
    }

    @Test
    void asksForThisDeviceAloneAndSaysSoIfTheDriverDoesNotTakeIt() throws IOException {
        Files.createDirectories(root.resolve("sys/bus/pci/drivers/uio_pci_generic"));
        rejects("driver did not take the device", "device=0000:00:04.0", "driver=none", "dmesg");
        assertThat(tree.read("driver_override")).isEqualTo("uio_pci_generic");
        assertThat(root.resolve("sys/bus/pci/drivers_probe")).hasContent(PciTree.ADDRESS);
    }

    @Test
    void takesItFromAnotherDriverFirst() throws IOException {
        Files.createDirectories(root.resolve("sys/bus/pci/drivers/uio_pci_generic"));
        tree.bound("vfio-pci");
        rejects("driver=vfio-pci");
        assertThat(root.resolve("sys/bus/pci/drivers/vfio-pci/unbind")).hasContent(PciTree.ADDRESS);
    }

    @Test
    void usesNewIdWhereTheKernelHasNoOverride() throws IOException {
        Path driver = root.resolve("sys/bus/pci/drivers/uio_pci_generic");
        PciTree.write(driver.resolve("new_id"), "");
        Files.delete(tree.device.resolve("driver_override"));
        rejects("driver did not take the device");
        assertThat(driver.resolve("new_id")).hasContent("cccc 2222");
    }

    @Test
    void saysThatDevIsNotMounted() throws IOException {
        tree.bound(UioBinding.DRIVER);
        Files.delete(root.resolve("dev/uio0"));
        rejects("no file /dev/uio0", "mount -t devtmpfs");
    }

    @Test
    void changesNothingTheSecondTimeButSwitchesTheBarsOn() throws IOException {
        tree.bound(UioBinding.DRIVER);
        assertThat(binding().bind()).isEqualTo("uio0");
        assertThat(Files.readAllBytes(tree.device.resolve("config"))[4]).isEqualTo((byte) 3);
        assertThat(binding().bind()).isEqualTo("uio0");
        assertThat(tree.read("driver_override")).isEqualTo("(null)\n");
        assertThat(commands).isEmpty();
    }
}
