// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import java.nio.file.Path;

/**
 * A map of a uio device: what {@code mmap} needs to reach one BAR. Source: Linux Documentation/driver-api/uio-howto.rst,
 * "mmap() device memory".
 *
 * @param file   the uio device
 * @param offset what mmap takes as the offset: the map's number times the page size
 */
record UioMap(Path file, long offset) {
    private static final int MAX_MAPS = 5;
    private static final long SYSTEM_PAGE_BYTES = 4_096;
    private static final int HEX = 16;

    /**
     * The map of a BAR. Its number says nothing and its name neither (both come from the PCI address), so it is found by its
     * bus address.
     *
     * @param device a device that is bound to uio_pci_generic
     * @param bar    number of the BAR
     * @return the map
     * @throws DeviceException if the driver offers none for this BAR
     */
    static UioMap find(PciFunction device, int bar) {
        String uio = device.uioName();
        if (uio == null) {
            throw new DeviceException("driver made no uio device: device=" + device.address()
                    + ": run as root: vlink-guest bind, and see dmesg");
        }
        PciFunction.Bar wanted = device.bar(bar);
        Path maps = device.tree().path("sys/class/uio").resolve(uio).resolve("maps");
        for (int number = 0; number < MAX_MAPS; number++) {
            Path map = maps.resolve("map" + number);
            if (hex(map.resolve("addr")) == wanted.start()) {
                if (hex(map.resolve("size")) != wanted.bytes()) {
                    throw new DeviceException(
                            "uio map has not the size of its BAR: device=" + device.address() + " bar="
                                    + bar + " bar_bytes=" + wanted.bytes() + " map_bytes=" + hex(map.resolve("size")));
                }
                return new UioMap(device.tree().path("dev").resolve(uio), number * SYSTEM_PAGE_BYTES);
            }
        }
        throw new DeviceException("uio offers no map for this BAR: device=" + device.address() + " bar=" + bar
                + " address=0x" + Long.toHexString(wanted.start())
                + ": a kernel from 2.6.39 to 6.x is needed, and bar=32 with machine pc");
    }

    private static long hex(Path file) {
        String text = SystemTree.text(file);
        try {
            return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), HEX) : -1;
        } catch (NumberFormatException e) {
            throw new DeviceException("not an address: file=" + file, e);
        }
    }
}
