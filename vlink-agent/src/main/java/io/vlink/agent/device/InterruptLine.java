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
    private Fd eventFd;
    private boolean masked;
    private boolean automask = true;

    /** Takes an eventfd over, or none; the previous one is closed, and the line starts unmasked. */
    void connect(Fd newEventFd) {
        close();
        eventFd = newEventFd;
    }

    /** The client does not unmask by message, because it learns of the end of an interrupt by itself (KVM's resampling). */
    void unmaskedByClient() {
        automask = false;
        masked = false;
    }

    void mask(boolean newMasked) {
        masked = newMasked;
    }

    /** Tells the client once that the line is asserted, unless it is masked. */
    void signalAsserted() {
        if (!masked && eventFd != null) {
            masked = automask;
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
                masked = false;
            }
        }
    }

    /** Closes the eventfd and forgets every setting of the client. */
    void close() {
        if (eventFd != null) {
            eventFd.close();
        }
        eventFd = null;
        masked = false;
        automask = true;
    }
}
