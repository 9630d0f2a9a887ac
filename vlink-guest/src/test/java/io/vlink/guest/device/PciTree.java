// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.spec.pci.ControlRegister;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder laid out as Linux lays out /sys and /dev, with one device that tests can spoil. Ordinary files, no behaviour. */
final class PciTree {
    static final String ADDRESS = "0000:00:04.0";
    static final long REGION_BYTES = 2L << 20;
    static final long CHANNEL_BYTES = 65_536;
    private static final long REGION_START = 0x8000_0000L;
    private static final long CHANNEL_START = 0xc000_0000L;

    final SystemTree tree;
    final Path device;

    PciTree(Path root) throws IOException {
        tree = new SystemTree(root);
        device = root.resolve("sys/bus/pci/devices").resolve(ADDRESS);
        Files.createDirectories(device);
        write("vendor", "0xcccc\n");
        write("device", "0x2222\n");
        write("config", "\0".repeat(64));
        write("driver_override", "(null)\n");
        Files.write(device.resolve("resource0"), new byte[256]);
        write(root.resolve("sys/bus/pci/drivers_probe"), "");
        write(root.resolve("proc/sys/kernel/osrelease"), "6.1.0-40-cloud-amd64\n");
        bar32();
    }

    void write(String name, String text) throws IOException {
        write(device.resolve(name), text);
    }

    static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    String read(String name) throws IOException {
        return Files.readString(device.resolve(name));
    }

    void resource(String... lines) throws IOException {
        write("resource", String.join("\n", lines) + "\n");
    }

    static String line(long start, long bytes, long flags) {
        return String.format("0x%016x 0x%016x 0x%016x", start, bytes == 0 ? 0 : start + bytes - 1, flags);
    }

    void bar32() throws IOException {
        resource(line(0xc000, 256, 0x40101), line(0, 0, 0), line(REGION_START, REGION_BYTES, 0x40200),
                line(CHANNEL_START, CHANNEL_BYTES, 0x40200), line(0, 0, 0), line(0, 0, 0));
    }

    void bar64() throws IOException {
        resource(line(0xc000, 256, 0x40101), line(0, 0, 0), line(0x38_0000_0000L, REGION_BYTES, 0x14220c),
                line(0, 0, 0),
                line(0x38_4000_0000L, CHANNEL_BYTES, 0x14220c), line(0, 0, 0));
    }

    /** As after a bind: driver link, uio folder, /dev/uio0. Map 0 is the channel memory, as no order is promised. */
    void bound(String driver) throws IOException {
        Path drivers = tree.path("sys/bus/pci/drivers/" + driver);
        Files.createDirectories(drivers);
        write(drivers.resolve("unbind"), "");
        Files.createSymbolicLink(device.resolve("driver"), drivers);
        Files.createDirectories(device.resolve("uio/uio0"));
        write(tree.path("dev/uio0"), "");
        map(0, CHANNEL_START, CHANNEL_BYTES);
        map(1, REGION_START, REGION_BYTES);
    }

    void map(int number, long start, long bytes) throws IOException {
        Path map = tree.path("sys/class/uio/uio0/maps/map" + number);
        write(map.resolve("addr"), "0x" + Long.toHexString(start) + "\n");
        write(map.resolve("size"), "0x" + Long.toHexString(bytes) + "\n");
    }

    /** Puts a register's value where sysfs resource0 would show it. */
    void register(ControlRegister register, int value) throws IOException {
        byte[] registers = Files.readAllBytes(device.resolve("resource0"));
        ByteBuffer.wrap(registers).order(ByteOrder.LITTLE_ENDIAN).putInt(register.offset(), value);
        Files.write(device.resolve("resource0"), registers);
    }
}
