// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import io.vlink.infra.os.Fd;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.ControlRegister;
import io.vlink.spec.pci.PciIdentity;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One domain's {@code pci-vlink} device (SPEC.md sections 2 to 4): regions 0 to 5 are BARs, region
 * {@link #CONFIGURATION_REGION} is configuration space. Any thread may call it; calls are short and do not overlap.
 * Events are told on the calling thread, outside its lock.
 */
public final class PciVlinkDevice {
    /** Regions that may be asked for; not all of them exist. */
    public static final int REGION_COUNT = 9;
    /** The region that is configuration space. */
    public static final int CONFIGURATION_REGION = 7;

    private final DeviceModel model;
    private final DeviceEvents events;
    private final ConfigurationSpace configuration;
    private final RegisterFile registers;
    private final InterruptLine interrupt;

    /**
     * Creates a device in the state that its memory has.
     *
     * @param model what is fixed about it
     * @param events who is told what happens to it
     * @param memory where what software writes is kept; its own
     */
    public PciVlinkDevice(DeviceModel model, DeviceEvents events, DeviceMemory memory) {
        this.model = model;
        this.events = events;
        this.configuration = new ConfigurationSpace(model.shape(), model.region().bytes(),
                model.channelMemory().bytes(), memory.configuration());
        this.registers = new RegisterFile(model, memory);
        this.interrupt = new InterruptLine(memory);
    }

    /**
     * Goes on with an eventfd to which INTx was connected before this device took over its memory.
     *
     * @param eventFd an eventfd that the device owns from now on
     */
    public synchronized void adoptInterrupt(Fd eventFd) {
        interrupt.adopt(eventFd);
        updateInterrupt();
    }

    /**
     * Describes a region.
     *
     * @param region 0 to {@value #REGION_COUNT} - 1
     * @return the region, which need not exist
     * @throws DeviceAccessException for any other number
     */
    public DeviceRegion region(int region) {
        if (region < 0 || region >= REGION_COUNT) {
            throw new DeviceAccessException(
                    "region must be 0 to " + (REGION_COUNT - 1) + ": region=" + Integer.toUnsignedString(region));
        }
        if (region == CONFIGURATION_REGION) {
            return new DeviceRegion(PciIdentity.CONFIG_SPACE_BYTES, null);
        }
        if (region == BarShape.REGISTER_BAR) {
            return new DeviceRegion(BarShape.REGISTER_BAR_BYTES, null);
        }
        BarMemory memory = memory(region);
        return memory == null ? DeviceRegion.ABSENT : new DeviceRegion(memory.bytes(), memory.fd());
    }

    /**
     * Reads from a region.
     *
     * @param region region number
     * @param offset bytes from its start
     * @param count bytes to read
     * @return the bytes
     * @throws DeviceAccessException where that is not inside an existing region
     */
    public byte[] read(int region, long offset, int count) {
        check(region, offset, count);
        BarMemory memory = memory(region);
        if (memory != null) {
            byte[] data = new byte[count];
            MemorySegment.copy(memory.segment(), ValueLayout.JAVA_BYTE, offset, data, 0, count);
            return data;
        }
        synchronized (this) {
            return region == CONFIGURATION_REGION
                    ? configuration.read((int) offset, count)
                    : readRegisters((int) offset, count);
        }
    }

    /**
     * Writes to a region.
     *
     * @param region region number
     * @param offset bytes from its start
     * @param data the bytes
     * @throws DeviceAccessException where that is not inside an existing region
     */
    public void write(int region, long offset, byte[] data) {
        check(region, offset, data.length);
        BarMemory memory = memory(region);
        if (memory != null) {
            MemorySegment.copy(data, 0, memory.segment(), ValueLayout.JAVA_BYTE, offset, data.length);
            return;
        }
        ControlRegister written = null;
        int value = 0;
        synchronized (this) {
            if (region == CONFIGURATION_REGION) {
                configuration.write((int) offset, data);
            } else {
                written = registers.write((int) offset, data);
                value = written == null ? 0 : registers.written(written);
            }
            updateInterrupt();
        }
        if (written == ControlRegister.DOORBELL) {
            events.doorbell(value);
        }
    }

    /** Resets registers, configuration space and interrupt, as software or a machine reset asks for; the client stays. */
    public void reset() {
        synchronized (this) {
            clear();
            interrupt.mask(false);
        }
        events.reset();
    }

    /** Tells the domain that a client uses the device from now on. */
    public void connect() {
        events.connected();
    }

    /** Forgets the client, whose next one finds a device after power-on, and tells the domain. */
    public void disconnect() {
        synchronized (this) {
            clear();
            interrupt.close();
        }
        events.disconnected();
    }

    /** Sets INTERRUPT_STATUS, and asserts INTx if the guest has enabled it. */
    public synchronized void raiseInterrupt() {
        registers.interruptPending();
        updateInterrupt();
    }

    /**
     * Sets where INTx goes; an interrupt that is asserted is told at once.
     *
     * @param eventFd an eventfd that the device owns from now on, or null for none
     */
    public synchronized void connectInterrupt(Fd eventFd) {
        interrupt.connect(eventFd);
        updateInterrupt();
    }

    /** Lets the client unmask INTx without telling the device, until the interrupt is connected anew. */
    public synchronized void interruptUnmaskedByClient() {
        interrupt.unmaskedByClient();
        updateInterrupt();
    }

    /**
     * Masks or unmasks INTx; an interrupt that is still asserted is told again on unmasking.
     *
     * @param masked whether to hold interrupts back
     */
    public synchronized void maskInterrupt(boolean masked) {
        interrupt.mask(masked);
        updateInterrupt();
    }

    /** Signals the eventfd for the client's own test; registers do not change. */
    public synchronized void testInterrupt() {
        interrupt.signal();
    }

    private byte[] readRegisters(int offset, int count) {
        byte[] data = registers.read(offset, count);
        updateInterrupt();
        return data;
    }

    private void clear() {
        registers.reset();
        configuration.reset();
    }

    private void updateInterrupt() {
        boolean asserted = registers.interruptAsserted();
        configuration.interruptStatus(asserted);
        if (asserted && !configuration.interruptDisabled()) {
            interrupt.signalAsserted();
        }
    }

    private BarMemory memory(int region) {
        if (region == model.shape().regionBar()) {
            return model.region();
        }
        return region == model.shape().channelBar() ? model.channelMemory() : null;
    }

    private void check(int region, long offset, int count) {
        long bytes = region(region).bytes();
        // Not offset + count <= bytes, which a large offset would pass by overflowing.
        if (offset < 0 || count < 1 || count > bytes || offset > bytes - count) {
            throw new DeviceAccessException("access must be inside the region: region=" + region + " offset=0x"
                    + Long.toHexString(offset) + " count=" + count + " bytes=" + bytes);
        }
    }
}
