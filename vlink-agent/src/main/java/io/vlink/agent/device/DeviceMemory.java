// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.PciIdentity;
import java.lang.foreign.MemorySegment;

/**
 * What software has written to a device, in memory that may outlive this process: registers by their offset, configuration
 * space, and the state of INTx. All zeroes is a device after power-on. Nobody but the device's owner may map it. The device's
 * lock guards it.
 */
public final class DeviceMemory {
    /** Size in bytes. */
    public static final int BYTES = 1_024;

    private static final long INTERRUPT_PENDING_OFFSET = 0x100;
    private static final long INTERRUPT_MASKED_OFFSET = 0x104;
    private static final long INTERRUPT_RESAMPLED_OFFSET = 0x108;
    private static final long CONFIGURATION_OFFSET = 0x200;

    private final MemorySegment segment;

    /**
     * Uses memory.
     *
     * @param segment {@value #BYTES} bytes, aligned to 8; zeroes, or what another device of the same model left
     */
    public DeviceMemory(MemorySegment segment) {
        this.segment = segment.asSlice(0, BYTES);
    }

    /** {@return memory that ends with this process} */
    public static DeviceMemory ofThisProcess() {
        return new DeviceMemory(MemorySegment.ofArray(new long[BYTES / Long.BYTES]));
    }

    int register(int offset) {
        return segment.get(SharedWord.INT, offset);
    }

    void register(int offset, int value) {
        segment.set(SharedWord.INT, offset, value);
    }

    void clearRegisters() {
        segment.asSlice(0, BarShape.REGISTER_BAR_BYTES).fill((byte) 0);
    }

    /** The 256 bytes of configuration space. */
    MemorySegment configuration() {
        return segment.asSlice(CONFIGURATION_OFFSET, PciIdentity.CONFIG_SPACE_BYTES);
    }

    boolean interruptPending() {
        return flag(INTERRUPT_PENDING_OFFSET);
    }

    void interruptPending(boolean pending) {
        flag(INTERRUPT_PENDING_OFFSET, pending);
    }

    boolean interruptMasked() {
        return flag(INTERRUPT_MASKED_OFFSET);
    }

    void interruptMasked(boolean masked) {
        flag(INTERRUPT_MASKED_OFFSET, masked);
    }

    /** Whether the client learns of the end of an interrupt by itself. */
    boolean interruptResampled() {
        return flag(INTERRUPT_RESAMPLED_OFFSET);
    }

    void interruptResampled(boolean resampled) {
        flag(INTERRUPT_RESAMPLED_OFFSET, resampled);
    }

    private boolean flag(long offset) {
        return segment.get(SharedWord.INT, offset) != 0;
    }

    private void flag(long offset, boolean value) {
        segment.set(SharedWord.INT, offset, value ? 1 : 0);
    }
}
