// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.spec.pci.ConfigSpaceOffset;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Gives a device to the kernel's stock driver uio_pci_generic, and switches its BARs on. Doing it twice changes nothing. One
 * thread, at start. Source: Linux Documentation/driver-api/uio-howto.rst, Documentation/ABI/testing/sysfs-bus-pci.
 */
public final class UioBinding {
    /** The driver's name. */
    public static final String DRIVER = "uio_pci_generic";

    private static final String DRIVER_FOLDER = "sys/bus/pci/drivers/" + DRIVER;
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int COMMAND_IO_AND_MEMORY = 0x3;

    private final PciFunction device;
    private final ModuleLoader modules;
    private final long waitNanos;

    /**
     * A binding that has not happened yet.
     *
     * @param device  the device
     * @param modules loads the driver where it is missing
     */
    public UioBinding(PciFunction device, ModuleLoader modules) {
        this(device, modules, WAIT_NANOS);
    }

    UioBinding(PciFunction device, ModuleLoader modules, long waitNanos) {
        this.device = device;
        this.modules = modules;
        this.waitNanos = waitNanos;
    }

    /**
     * Binds the device, if it is not bound yet, and waits until its uio device can be opened.
     *
     * @return the uio device's name, such as {@code uio0}
     * @throws DeviceException if that needs root, the driver is missing, or it refuses the device
     */
    public String bind() {
        if (!device.driver().equals(DRIVER)) {
            loadDriver();
            unbindOther();
            offerToDriver();
        }
        String uio = awaitUio();
        enableBars();
        return uio;
    }

    private void loadDriver() {
        Path folder = device.tree().path(DRIVER_FOLDER);
        if (Files.isDirectory(folder)) {
            return;
        }
        String reason = modules.load(DRIVER);
        if (!Files.isDirectory(folder)) {
            throw new DeviceException("kernel driver " + DRIVER + " is missing: " + reason
                    + ": run as root: modprobe " + DRIVER + " (Debian: it is in the package linux-image-"
                    + device.tree().kernelRelease() + ")");
        }
    }

    private void unbindOther() {
        String other = device.driver();
        if (!other.equals(PciFunction.NO_DRIVER)) {
            demand(device.file("driver").resolve("unbind"), device.address());
        }
    }

    /** driver_override names this one device; new_id, for kernels without it, takes every device of the id. */
    private void offerToDriver() {
        Path override = device.file("driver_override");
        if (Files.exists(override)) {
            demand(override, DRIVER);
            demand(device.tree().path("sys/bus/pci/drivers_probe"), device.address());
            return;
        }
        // Refused with "File exists" where the id is known already: then bind makes the driver look again.
        String refusal = SystemTree.write(device.tree().path(DRIVER_FOLDER).resolve("new_id"),
                device.pciId().replace(':', ' '));
        if (refusal != null && device.driver().equals(PciFunction.NO_DRIVER)) {
            demand(device.tree().path(DRIVER_FOLDER).resolve("bind"), device.address());
        }
    }

    private void demand(Path file, String text) {
        String refusal = SystemTree.write(file, text);
        if (refusal != null) {
            throw new DeviceException("kernel refuses to bind the device: device=" + device.address() + " file=" + file
                    + ": " + refusal + ": see dmesg");
        }
    }

    private String awaitUio() {
        long deadline = System.nanoTime() + waitNanos;
        long pause = TimeUnit.MICROSECONDS.toNanos(100);
        while (true) {
            String uio = device.driver().equals(DRIVER) ? device.uioName() : null;
            if (uio != null && Files.exists(device.tree().path("dev").resolve(uio))) {
                return uio;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new DeviceException(whatIsMissing(uio));
            }
            LockSupport.parkNanos(pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
        }
    }

    private String whatIsMissing(String uio) {
        if (!device.driver().equals(DRIVER)) {
            return "driver did not take the device: device=" + device.address() + " driver=" + device.driver()
                    + ": see dmesg";
        }
        return uio == null
                ? "driver made no uio device: device=" + device.address() + ": see dmesg"
                : "no file /dev/" + uio + ": mount -t devtmpfs devtmpfs /dev";
    }

    /** The driver enables the device; but what switched it off meanwhile (an unbind, a reset) must not leave it off. */
    private void enableBars() {
        Path config = device.file("config");
        try (RandomAccessFile file = new RandomAccessFile(config.toFile(), "rw")) {
            file.seek(ConfigSpaceOffset.COMMAND);
            int low = file.readUnsignedByte();
            int high = file.readUnsignedByte();
            if ((low & COMMAND_IO_AND_MEMORY) != COMMAND_IO_AND_MEMORY) {
                file.seek(ConfigSpaceOffset.COMMAND);
                file.write(new byte[]{(byte) (low | COMMAND_IO_AND_MEMORY), (byte) high});
            }
        } catch (IOException e) {
            throw new DeviceException("cannot switch the device on: file=" + config + ": " + e.getMessage()
                    + ": run as root", e);
        }
    }
}
