// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import static io.vlink.spec.pci.ControlRegister.ABSENT;
import static io.vlink.spec.pci.ControlRegister.NO_CHANNEL;
import static io.vlink.spec.pci.ControlRegister.WIDTH_BYTES;

import io.vlink.spec.pci.ControlRegister;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * The control registers behind BAR0 (SPEC.md section 4). Software reaches them with aligned 32-bit accesses only; any other read
 * gives all ones, any other write is dropped. Not thread-safe.
 */
final class RegisterFile {
    private static final int ASSERTED = 1;

    private final DeviceModel model;
    private final DeviceMemory memory;

    RegisterFile(DeviceModel model, DeviceMemory memory) {
        this.model = model;
        this.memory = memory;
    }

    /** Sets what a reset sets (SPEC.md section 4.3). */
    void reset() {
        memory.clearRegisters();
        memory.interruptPending(false);
    }

    /** Reads any range inside BAR0. */
    byte[] read(int offset, int count) {
        byte[] data = new byte[count];
        ControlRegister register = count == WIDTH_BYTES ? ControlRegister.atOffset(offset) : null;
        if (register == null) {
            Arrays.fill(data, (byte) ABSENT);
        } else {
            ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putInt(read(register));
        }
        return data;
    }

    /** Writes any range inside BAR0; the register that took the value, or null where the write is dropped. */
    ControlRegister write(int offset, byte[] data) {
        ControlRegister register = data.length == WIDTH_BYTES ? ControlRegister.atOffset(offset) : null;
        if (register == null) {
            return null;
        }
        return switch (register.access()) {
            case READ_WRITE, WRITE_ONLY -> {
                memory.register(register.offset(), ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).getInt());
                yield register;
            }
            case READ_ONLY, READ_CLEAR -> null;
        };
    }

    /** What software last wrote to a register. */
    int written(ControlRegister register) {
        return memory.register(register.offset());
    }

    /** Sets INTERRUPT_STATUS. */
    void interruptPending() {
        memory.interruptPending(true);
    }

    /** Whether INTERRUPT_STATUS is set and INTERRUPT_ENABLE lets it out. */
    boolean interruptAsserted() {
        return memory.interruptPending() && (written(ControlRegister.INTERRUPT_ENABLE) & ASSERTED) != 0;
    }

    private int read(ControlRegister register) {
        return switch (register) {
            case COMMON_0, COMMON_1, COMMON_2, COMMON_3, INTERRUPT_ENABLE -> written(register);
            case NR_PAGES -> model.pageBusAddresses().size();
            case HUGEPAGE_ADDRESS_LOW -> (int) selectedPage();
            case HUGEPAGE_ADDRESS_HIGH -> (int) (selectedPage() >>> Integer.SIZE);
            case LINK_ENABLED -> selectedControlChannel() == NO_CHANNEL ? 0 : 1;
            case LINK_CTRL_CHANNEL_IDX -> selectedControlChannel();
            case MAGIC -> ControlRegister.MAGIC_VALUE;
            case VERSION -> ControlRegister.VERSION_VALUE;
            case FEATURES, DOORBELL -> 0;
            case PAGE_SHIFT -> model.pageShift();
            case NR_LINKS -> model.linkControlChannels().size();
            case NR_CHANNELS -> model.channelCount();
            case REGION_BYTES_LOW -> (int) model.region().bytes();
            case REGION_BYTES_HIGH -> (int) (model.region().bytes() >>> Integer.SIZE);
            case CHANNEL_MEMORY_BYTES -> (int) model.channelMemory().bytes();
            case BAR_SHAPE -> model.shape().bits();
            case INTERRUPT_STATUS -> takeInterrupt();
        };
    }

    private int takeInterrupt() {
        int status = memory.interruptPending() ? ASSERTED : 0;
        memory.interruptPending(false);
        return status;
    }

    private long selectedPage() {
        List<Long> pages = model.pageBusAddresses();
        int page = written(ControlRegister.COMMON_0);
        return page >= 0 && page < pages.size() ? pages.get(page) : 0;
    }

    private int selectedControlChannel() {
        List<Integer> channels = model.linkControlChannels();
        int link = written(ControlRegister.COMMON_0);
        boolean exists = link >= 0 && link < channels.size() && channels.get(link) != DeviceModel.NO_LINK;
        return exists ? channels.get(link) : NO_CHANNEL;
    }
}
