// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.PciIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A pci-vlink device as sysfs shows it. Files are read when asked, so that a change, such as a driver that was bound, is
 * seen. One thread. Source: Linux Documentation/PCI/sysfs-pci.rst.
 */
public final class PciFunction {
    /** What {@link #driver} returns where no driver is bound. */
    public static final String NO_DRIVER = "none";

    private static final String DEVICES = "sys/bus/pci/devices";
    private static final int HEX = 16;

    private final SystemTree tree;
    private final String address;
    private final Path folder;

    private PciFunction(SystemTree tree, String address) {
        this.tree = tree;
        this.address = address;
        this.folder = tree.path(DEVICES).resolve(address);
    }

    /**
     * A memory or I/O window of the device.
     *
     * @param start address on the bus; 0 if the firmware gave it none
     * @param bytes its size; 0: no such BAR
     */
    public record Bar(long start, long bytes) {
    }

    /**
     * All pci-vlink devices of a machine.
     *
     * @param tree the system
     * @return devices in the order of their addresses; may be empty
     */
    public static List<PciFunction> findAll(SystemTree tree) {
        List<PciFunction> found = new ArrayList<>();
        for (String address : SystemTree.names(tree.path(DEVICES))) {
            PciFunction candidate = new PciFunction(tree, address);
            if (candidate.id("vendor") == PciIdentity.VENDOR_ID && candidate.id("device") == PciIdentity.DEVICE_ID) {
                found.add(candidate);
            }
        }
        return found;
    }

    /**
     * The one pci-vlink device that a program is to use.
     *
     * @param tree   the system
     * @param wanted its PCI address, with or without the domain {@code 0000:}; null: the only one
     * @return the device
     * @throws DeviceException if there is none, none of that address, or no telling which
     */
    public static PciFunction find(SystemTree tree, String wanted) {
        List<PciFunction> found = findAll(tree);
        if (found.isEmpty()) {
            throw new DeviceException("no PCI device " + expectedId() + ": start the VM with"
                    + " -device pci-vlink,vm_domain=NAME,init_config=FILE (bin/vlink-qemu on the host)");
        }
        if (wanted == null && found.size() == 1) {
            return found.getFirst();
        }
        StringBuilder known = new StringBuilder();
        for (PciFunction function : found) {
            if (function.address.equals(wanted) || function.address.equals("0000:" + wanted)) {
                return function;
            }
            known.append(known.isEmpty() ? "" : " ").append(function.address);
        }
        throw new DeviceException(wanted == null
                ? "more than one PCI device " + expectedId() + ": choose one with --device: " + known
                : "no PCI device " + expectedId() + " at this address: device=" + wanted + ": there is " + known);
    }

    static String expectedId() {
        return Integer.toHexString(PciIdentity.VENDOR_ID) + ":" + Integer.toHexString(PciIdentity.DEVICE_ID);
    }

    /** {@return the PCI address, such as {@code 0000:00:04.0}} */
    public String address() {
        return address;
    }

    /** {@return vendor and device id, such as {@code cccc:2222}} */
    public String pciId() {
        return Integer.toHexString(id("vendor")) + ":" + Integer.toHexString(id("device"));
    }

    /** {@return the system that the device is in} */
    SystemTree tree() {
        return tree;
    }

    /**
     * A file of the device.
     *
     * @param name in the device's folder
     * @return where it is
     */
    Path file(String name) {
        return folder.resolve(name);
    }

    private int id(String name) {
        String text = SystemTree.text(file(name));
        try {
            return Integer.decode(text.isEmpty() ? "0" : text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** {@return the name of the driver that is bound, or {@value #NO_DRIVER}} */
    public String driver() {
        Path link = file("driver");
        try {
            return Files.isSymbolicLink(link) ? Files.readSymbolicLink(link).getFileName().toString() : NO_DRIVER;
        } catch (IOException e) {
            return NO_DRIVER; // unbound between the two lines
        }
    }

    /** {@return the name of its uio device, such as {@code uio0}, or null while there is none} */
    public String uioName() {
        List<String> names = SystemTree.names(file("uio"));
        return names.isEmpty() ? null : names.getFirst();
    }

    /**
     * A base address register, from the file {@code resource}.
     *
     * @param bar 0 to 5
     * @return its address and size
     * @throws DeviceException if the file is not what Linux writes
     */
    public Bar bar(int bar) {
        Path file = file("resource");
        String[] lines = SystemTree.text(file).split("\n", -1);
        String[] words = bar < lines.length ? lines[bar].trim().split(" ", -1) : new String[0];
        if (words.length < 3) {
            throw new DeviceException("no line for this BAR: file=" + file + " bar=" + bar + ": is /sys mounted?");
        }
        try {
            long start = parseHex(words[0]);
            long end = parseHex(words[1]);
            return new Bar(start, end == 0 ? 0 : end - start + 1);
        } catch (NumberFormatException e) {
            throw new DeviceException("not a line of addresses: file=" + file + " bar=" + bar, e);
        }
    }

    private static long parseHex(String word) {
        if (!word.startsWith("0x")) {
            throw new NumberFormatException(word);
        }
        return Long.parseUnsignedLong(word.substring(2), HEX);
    }

    /**
     * The way in which the device laid out its BARs; the firmware must have placed them.
     *
     * @return the shape
     * @throws DeviceException if the BARs are those of neither shape, or have no address
     */
    public BarShape shape() {
        BarShape shape = bar(BarShape.BAR32.channelBar()).bytes() > 0 ? BarShape.BAR32 : BarShape.BAR64;
        for (int number : new int[]{BarShape.REGISTER_BAR, shape.regionBar(), shape.channelBar()}) {
            Bar bar = bar(number);
            if (bar.bytes() <= 0 || bar.start() == 0) {
                throw new DeviceException(
                        "BAR has no " + (bar.bytes() <= 0 ? "size" : "address") + ": device=" + address
                                + " bar=" + number + ": machine pc needs bar=32, machine q35 needs bar=64"
                                + " (-device pci-vlink,bar=32|64)");
            }
        }
        return shape;
    }
}
