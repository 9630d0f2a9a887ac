// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.ControlRegister;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The registers behind sysfs {@code resource0}: one 4-byte read or write each. The same file carries the locks by which the
 * programs of a guest take turns: one on all of it for the selector (SPEC.md section 4.1), and one byte for each link in use. The
 * kernel drops them when a program ends, however it ends. One thread. Sources: {@code flock(2)}; {@code fcntl(2)}, advisory
 * record locking.
 */
final class SysfsRegisters implements RawAccess, AutoCloseable {
    /** A link's claim is a lock on the byte this far behind the registers, plus the link's index. */
    private static final long CLAIM_OFFSET = BarShape.REGISTER_BAR_BYTES;

    private final Path file;
    private final Path resetFile;
    private final Fd registers;
    private final FileChannel claims;

    /**
     * Opens the registers of a device.
     *
     * @param device the device, switched on
     */
    SysfsRegisters(PciFunction device) {
        file = device.file("resource" + BarShape.REGISTER_BAR);
        resetFile = device.file("reset");
        FileChannel opened;
        try {
            opened = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new DeviceException("cannot open the registers: file=" + file + ": run as root", e);
        }
        boolean complete = false;
        try {
            registers = Fd.open(file, true);
            complete = true;
        } finally {
            if (!complete) {
                closeQuietly(opened);
            }
        }
        claims = opened;
    }

    int read(ControlRegister register) {
        return (int) registers.pread(register.offset(), ControlRegister.WIDTH_BYTES);
    }

    void write(ControlRegister register, int value) {
        registers.pwrite(register.offset(), ControlRegister.WIDTH_BYTES, value);
    }

    void beginSelection() {
        registers.lock();
    }

    void endSelection() {
        registers.unlock();
    }

    boolean claimLink(int link) {
        try {
            // The lock lives as long as the channel: there is no need to keep the object.
            return claims.tryLock(CLAIM_OFFSET + link, 1, false) != null;
        } catch (OverlappingFileLockException e) {
            return false; // this very program has it, through another GuestDevice
        } catch (IOException e) {
            throw new DeviceException("cannot lock the link: file=" + file + ": " + e.getMessage(), e);
        }
    }

    /** Registers only: memory BARs are mapped, and configuration space is the machine's as much as the device's. */
    @Override
    public boolean read(int region, long offset, int bytes) {
        try {
            if (isRegister(region, offset, bytes)) {
                registers.pread(offset, bytes);
                return true;
            }
        } catch (OsException refused) {
            return false;
        }
        return false;
    }

    @Override
    public boolean write(int region, long offset, byte[] data) {
        long value = 0;
        for (int i = 0; i < Math.min(data.length, Long.BYTES); i++) {
            value |= (data[i] & 0xffL) << (i * Byte.SIZE);
        }
        try {
            if (isRegister(region, offset, data.length)) {
                registers.pwrite(offset, data.length, value);
                return true;
            }
        } catch (OsException refused) {
            return false;
        }
        return false;
    }

    private static boolean isRegister(int region, long offset, int bytes) {
        return region == BarShape.REGISTER_BAR && offset >= 0 && bytes <= Long.BYTES;
    }

    /** Works where the kernel knows a way to reset this device alone. */
    @Override
    public boolean reset() {
        if (!Files.isWritable(resetFile)) {
            return false;
        }
        try {
            Files.writeString(resetFile, "1");
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    @Override
    public void close() {
        registers.close();
        closeQuietly(claims);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written through it, so nothing can be lost.
        }
    }
}
