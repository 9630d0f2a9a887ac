// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.Protection;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.ControlRegister;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A pci-vlink device of this machine: registers through sysfs, memories through /dev/uioX (bar=32) or through sysfs (bar=64).
 * One thread.
 */
public final class PciDevice implements DeviceAccess {
    private final PciFunction function;
    private final BarShape shape;
    private final SysfsRegisters registers;
    private Mapping region;
    private Mapping channelMemory;

    private PciDevice(PciFunction function, BarShape shape) {
        this.function = function;
        this.shape = shape;
        this.registers = new SysfsRegisters(function);
    }

    /**
     * Opens a device in the way that its BARs allow.
     *
     * @param function the device, bound to {@value UioBinding#DRIVER} if its BARs are 32 bits wide
     * @return the device with both memories mapped
     * @throws DeviceException if it is not bound, has another shape, or this program may not use it
     * @throws io.vlink.infra.os.OsException if the kernel refuses a mapping
     */
    public static PciDevice open(PciFunction function) {
        BarShape shape = function.shape();
        if (shape == BarShape.BAR32 && !function.driver().equals(UioBinding.DRIVER)) {
            throw new DeviceException("device is not bound to " + UioBinding.DRIVER + ": device=" + function.address()
                    + " driver=" + function.driver() + ": run as root: vlink-guest bind");
        }
        PciDevice device = new PciDevice(function, shape);
        boolean opened = false;
        try {
            device.region = device.map(shape.regionBar());
            device.channelMemory = device.map(shape.channelBar());
            opened = true;
            return device;
        } finally {
            if (!opened) {
                device.close();
            }
        }
    }

    private Mapping map(int barNumber) {
        PciFunction.Bar bar = function.bar(barNumber);
        Path file;
        long offset;
        if (shape == BarShape.BAR32) {
            UioMap map = UioMap.find(function, barNumber);
            file = map.file();
            offset = map.offset();
        } else {
            file = function.file("resource" + barNumber);
            offset = 0;
            if (!file.toFile().exists()) {
                throw new DeviceException("64-bit BAR cannot be mapped: no file " + file
                        + ": this kernel offers no sysfs mapping; use bar=32 and machine pc");
            }
        }
        if (!file.toFile().canWrite()) {
            throw new DeviceException("not permitted to open: file=" + file + ": run as root");
        }
        try (Fd fd = Fd.open(file, true)) {
            return Mapping.of(fd, offset, bar.bytes(), Protection.READ_WRITE);
        }
    }

    @Override
    public int readRegister(ControlRegister register) {
        return registers.read(register);
    }

    @Override
    public void writeRegister(ControlRegister register, int value) {
        registers.write(register, value);
    }

    @Override
    public void beginSelection() {
        registers.beginSelection();
    }

    @Override
    public void endSelection() {
        registers.endSelection();
    }

    @Override
    public boolean claimLink(int link) {
        return registers.claimLink(link);
    }

    @Override
    public RawAccess raw() {
        return registers;
    }

    @Override
    public MemorySegment region() {
        return region.segment();
    }

    @Override
    public MemorySegment channelMemory() {
        return channelMemory.segment();
    }

    @Override
    public String mapMethod() {
        return shape == BarShape.BAR32 ? "uio" : "sysfs";
    }

    @Override
    public String pciId() {
        return function.pciId();
    }

    @Override
    public String address() {
        return function.address();
    }

    @Override
    public String driver() {
        return function.driver();
    }

    @Override
    public int barBits() {
        return shape.bits();
    }

    @Override
    public void close() {
        if (channelMemory != null) {
            channelMemory.close();
        }
        if (region != null) {
            region.close();
        }
        registers.close();
    }
}
