// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import static io.vlink.spec.pci.ConfigSpaceOffset.BAR0;
import static io.vlink.spec.pci.ConfigSpaceOffset.BAR_FLAGS_IO;
import static io.vlink.spec.pci.ConfigSpaceOffset.CACHE_LINE_SIZE;
import static io.vlink.spec.pci.ConfigSpaceOffset.CLASS_CODE;
import static io.vlink.spec.pci.ConfigSpaceOffset.COMMAND;
import static io.vlink.spec.pci.ConfigSpaceOffset.COMMAND_INTX_DISABLE;
import static io.vlink.spec.pci.ConfigSpaceOffset.COMMAND_WRITABLE;
import static io.vlink.spec.pci.ConfigSpaceOffset.DEVICE_ID;
import static io.vlink.spec.pci.ConfigSpaceOffset.HEADER_TYPE;
import static io.vlink.spec.pci.ConfigSpaceOffset.INTERRUPT_LINE;
import static io.vlink.spec.pci.ConfigSpaceOffset.INTERRUPT_PIN;
import static io.vlink.spec.pci.ConfigSpaceOffset.LATENCY_TIMER;
import static io.vlink.spec.pci.ConfigSpaceOffset.REVISION_ID;
import static io.vlink.spec.pci.ConfigSpaceOffset.STATUS;
import static io.vlink.spec.pci.ConfigSpaceOffset.STATUS_INTERRUPT;
import static io.vlink.spec.pci.ConfigSpaceOffset.SUBSYSTEM_ID;
import static io.vlink.spec.pci.ConfigSpaceOffset.SUBSYSTEM_VENDOR_ID;
import static io.vlink.spec.pci.ConfigSpaceOffset.VENDOR_ID;
import static io.vlink.spec.pci.PciIdentity.CONFIG_SPACE_BYTES;

import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.PciIdentity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The 256 bytes of configuration space (PCI 3.0 §6.1): values, and for each bit whether it keeps what is written. BAR sizing
 * needs nothing else, because the bits below a BAR's size keep nothing (PCI 3.0 §6.2.5.1). Not thread-safe.
 */
final class ConfigurationSpace {
    private static final int BAR_BYTES = 4;

    private final byte[] values = new byte[CONFIG_SPACE_BYTES];
    private final byte[] writable = new byte[CONFIG_SPACE_BYTES];
    private final ByteBuffer fields = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer masks = ByteBuffer.wrap(writable).order(ByteOrder.LITTLE_ENDIAN);

    ConfigurationSpace(BarShape shape, long regionBytes, long channelMemoryBytes) {
        fields.putShort(VENDOR_ID, (short) PciIdentity.VENDOR_ID);
        fields.putShort(DEVICE_ID, (short) PciIdentity.DEVICE_ID);
        // Revision and class share a word: 8 bits of the one below 24 bits of the other.
        fields.putInt(REVISION_ID,
                (PciIdentity.CLASS_CODE << ((CLASS_CODE - REVISION_ID) * Byte.SIZE)) | PciIdentity.REVISION_ID);
        fields.put(HEADER_TYPE, (byte) PciIdentity.HEADER_TYPE);
        fields.putShort(SUBSYSTEM_VENDOR_ID, (short) PciIdentity.SUBSYSTEM_VENDOR_ID);
        fields.putShort(SUBSYSTEM_ID, (short) PciIdentity.SUBSYSTEM_ID);
        fields.put(INTERRUPT_PIN, (byte) PciIdentity.INTERRUPT_PIN);
        masks.putShort(COMMAND, (short) COMMAND_WRITABLE);
        masks.put(CACHE_LINE_SIZE, (byte) ~0);
        masks.put(LATENCY_TIMER, (byte) ~0);
        masks.put(INTERRUPT_LINE, (byte) ~0);
        bar(BarShape.REGISTER_BAR, BAR_FLAGS_IO, Integer.SIZE, BarShape.REGISTER_BAR_BYTES);
        bar(shape.regionBar(), shape.barFlags(), shape.bits(), regionBytes);
        bar(shape.channelBar(), shape.barFlags(), shape.bits(), channelMemoryBytes);
    }

    /** Sets what a reset sets (SPEC.md section 4.3): every bit that software can write is zero. */
    void reset() {
        for (int i = 0; i < values.length; i++) {
            values[i] &= (byte) ~writable[i];
        }
        interruptStatus(false);
    }

    /** Copies bytes out; the range has been checked. */
    byte[] read(int offset, int count) {
        return Arrays.copyOfRange(values, offset, offset + count);
    }

    /** Stores the bits that can be written, drops the others; the range has been checked. */
    void write(int offset, byte[] data) {
        for (int i = 0; i < data.length; i++) {
            int mask = writable[offset + i];
            values[offset + i] = (byte) ((values[offset + i] & ~mask) | (data[i] & mask));
        }
    }

    /** Whether software forbids INTx (PCI 3.0 §6.2.2, bit 10). */
    boolean interruptDisabled() {
        return (fields.getShort(COMMAND) & COMMAND_INTX_DISABLE) != 0;
    }

    /** Shows whether an interrupt is pending (PCI 3.0 §6.2.3, bit 3). */
    void interruptStatus(boolean pending) {
        fields.putShort(STATUS, (short) (pending ? STATUS_INTERRUPT : 0));
    }

    private void bar(int number, int flags, int bits, long bytes) {
        int offset = BAR0 + number * BAR_BYTES;
        fields.putInt(offset, flags);
        long addressBits = -bytes;
        masks.putInt(offset, (int) addressBits);
        if (bits == Long.SIZE) {
            masks.putInt(offset + BAR_BYTES, (int) (addressBits >>> Integer.SIZE));
        }
    }
}
