// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * INTx as vfio models it: asserting the line writes to an eventfd and masks the line until the client unmasks it (linux/vfio.h,
 * VFIO_IRQ_INFO_AUTOMASKED). Owns its eventfd. Not thread-safe.
 */
final class InterruptLine {
    private final DeviceMemory memory;
    private Fd eventFd;

    InterruptLine(DeviceMemory memory) {
        this.memory = memory;
    }

    /** Takes an eventfd over to which the line was connected before; masks stay as they are. */
    void adopt(Fd connected) {
        eventFd = connected;
    }

    /** Takes an eventfd over, or none; the previous one is closed, and the line starts unmasked. */
    void connect(Fd newEventFd) {
        close();
        eventFd = newEventFd;
    }

    /** The client does not unmask by message, because it learns of the end of an interrupt by itself (KVM's resampling). */
    void unmaskedByClient() {
        memory.interruptResampled(true);
        memory.interruptMasked(false);
    }

    void mask(boolean masked) {
        memory.interruptMasked(masked);
    }

    /** Tells the client once that the line is asserted, unless it is masked. */
    void signalAsserted() {
        if (!memory.interruptMasked() && eventFd != null) {
            memory.interruptMasked(!memory.interruptResampled());
            signal();
        }
    }

    /** Tells the client, asserted or not: it asked for it. */
    void signal() {
        if (eventFd != null) {
            try {
                eventFd.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, 1).array());
            } catch (OsException e) {
                // An eventfd that takes no more is the client's own doing; the interrupt stays pending.
                memory.interruptMasked(false);
            }
        }
    }

    /** Closes the eventfd and forgets every setting of the client. */
    void close() {
        if (eventFd != null) {
            eventFd.close();
        }
        eventFd = null;
        memory.interruptMasked(false);
        memory.interruptResampled(false);
    }
}
