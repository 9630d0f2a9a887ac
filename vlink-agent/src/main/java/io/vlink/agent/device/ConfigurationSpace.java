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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The 256 bytes of configuration space (PCI 3.0 §6.1): values, and for each bit whether it keeps what is written. BAR sizing
 * needs nothing else, because the bits below a BAR's size keep nothing (PCI 3.0 §6.2.5.1). Not thread-safe.
 */
final class ConfigurationSpace {
    private static final int BAR_BYTES = 4;
    private static final ValueLayout.OfShort LITTLE_ENDIAN_SHORT = ValueLayout.JAVA_SHORT
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment values;
    private final byte[] writable = new byte[CONFIG_SPACE_BYTES];

    /**
     * Describes a device; of what stands in the memory only the bits that software can write are used.
     *
     * @param memory 256 bytes that hold the values from now on
     */
    ConfigurationSpace(BarShape shape, long regionBytes, long channelMemoryBytes, MemorySegment memory) {
        values = memory;
        byte[] constants = new byte[CONFIG_SPACE_BYTES];
        ByteBuffer fields = ByteBuffer.wrap(constants).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer masks = ByteBuffer.wrap(writable).order(ByteOrder.LITTLE_ENDIAN);
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
        bar(fields, masks, BarShape.REGISTER_BAR, BAR_FLAGS_IO, Integer.SIZE, BarShape.REGISTER_BAR_BYTES);
        bar(fields, masks, shape.regionBar(), shape.barFlags(), shape.bits(), regionBytes);
        bar(fields, masks, shape.channelBar(), shape.barFlags(), shape.bits(), channelMemoryBytes);
        for (int i = 0; i < constants.length; i++) {
            put(i, constants[i] | (get(i) & writable[i]));
        }
    }

    /** Sets what a reset sets (SPEC.md section 4.3): every bit that software can write is zero. */
    void reset() {
        for (int i = 0; i < CONFIG_SPACE_BYTES; i++) {
            put(i, get(i) & ~writable[i]);
        }
        interruptStatus(false);
    }

    /** Copies bytes out; the range has been checked. */
    byte[] read(int offset, int count) {
        return values.asSlice(offset, count).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Stores the bits that can be written, drops the others; the range has been checked. */
    void write(int offset, byte[] data) {
        for (int i = 0; i < data.length; i++) {
            int mask = writable[offset + i];
            put(offset + i, (get(offset + i) & ~mask) | (data[i] & mask));
        }
    }

    /** Whether software forbids INTx (PCI 3.0 §6.2.2, bit 10). */
    boolean interruptDisabled() {
        return (values.get(LITTLE_ENDIAN_SHORT, COMMAND) & COMMAND_INTX_DISABLE) != 0;
    }

    /** Shows whether an interrupt is pending (PCI 3.0 §6.2.3, bit 3). */
    void interruptStatus(boolean pending) {
        values.set(LITTLE_ENDIAN_SHORT, STATUS, (short) (pending ? STATUS_INTERRUPT : 0));
    }

    private byte get(int offset) {
        return values.get(ValueLayout.JAVA_BYTE, offset);
    }

    private void put(int offset, int value) {
        values.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    private static void bar(ByteBuffer fields, ByteBuffer masks, int number, int flags, int bits, long bytes) {
        int offset = BAR0 + number * BAR_BYTES;
        fields.putInt(offset, flags);
        long addressBits = -bytes;
        masks.putInt(offset, (int) addressBits);
        if (bits == Long.SIZE) {
            masks.putInt(offset + BAR_BYTES, (int) (addressBits >>> Integer.SIZE));
        }
    }
}
