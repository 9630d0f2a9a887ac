// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_ACTION_MASK;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_ACTION_TRIGGER;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_ACTION_UNMASK;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_DATA_BOOL;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_DATA_NONE;

import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.os.Fd;
import io.vlink.infra.vfiouser.IrqSet;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** DEVICE_SET_IRQS: where INTx goes, and its mask (linux/vfio.h, VFIO_DEVICE_SET_IRQS). */
final class SetIrqsHandler implements CommandHandler {
    private static final String EVENTFD = "anon_inode:[eventfd]";

    private final PciVlinkDevice device;
    private final Consumer<Fd> keeper;

    /**
     * Makes the handler.
     *
     * @param device whose interrupts
     * @param keeper is told the eventfd of INTx, or null, before the device uses it
     */
    SetIrqsHandler(PciVlinkDevice device, Consumer<Fd> keeper) {
        this.device = device;
        this.keeper = keeper;
    }

    @Override
    public int maxFds() {
        return 1;
    }

    @Override
    public Reply handle(VfioUserMessage request) {
        IrqSet set = IrqSet.decode(request.payload());
        int available = IrqInfoHandler.count(set.index());
        if (!set.eventfds() && !request.fds().isEmpty()) {
            throw refused("descriptors must come with DATA_EVENTFD", set);
        }
        if (set.count() == 0) {
            disableAll(set, available);
        } else if (set.start() != 0 || set.count() != 1 || available != 1) {
            throw refused("interrupts must exist", set);
        } else if (set.eventfds()) {
            eventFd(set, request.fds());
        } else {
            act(set);
        }
        return Reply.EMPTY;
    }

    /** Count 0 with no data takes every interrupt of the index back, also where there are none to begin with. */
    private void disableAll(IrqSet set, int available) {
        if (set.start() != 0 || set.dataKind() != SET_IRQS_DATA_NONE || set.action() != SET_IRQS_ACTION_TRIGGER) {
            throw refused("count must not be 0 but to disable all", set);
        }
        if (available == 1) {
            connect(List.of());
        }
    }

    private void eventFd(IrqSet set, List<Fd> fds) {
        if (!fds.isEmpty() && !isEventFd(fds.getFirst())) {
            throw refused("descriptor must be an eventfd", set);
        }
        switch (set.action()) {
            case SET_IRQS_ACTION_TRIGGER -> connect(fds);
            case SET_IRQS_ACTION_UNMASK -> {
                if (!fds.isEmpty()) {
                    device.interruptUnmaskedByClient();
                }
            }
            default -> throw refused("eventfd must be for TRIGGER or UNMASK", set);
        }
    }

    private void connect(List<Fd> fds) {
        Fd own = fds.isEmpty() ? null : fds.getFirst().duplicate();
        try {
            keeper.accept(own);
        } catch (RuntimeException e) {
            if (own != null) {
                own.close();
            }
            throw e;
        }
        device.connectInterrupt(own);
    }

    private void act(IrqSet set) {
        if (set.dataKind() == SET_IRQS_DATA_BOOL && set.data()[0] == 0) {
            return;
        }
        switch (set.action()) {
            case SET_IRQS_ACTION_MASK -> device.maskInterrupt(true);
            case SET_IRQS_ACTION_UNMASK -> device.maskInterrupt(false);
            default -> device.testInterrupt();
        }
    }

    /** Anything else, such as a full pipe, could block the thread that signals. */
    private static boolean isEventFd(Fd fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd.number())).toString().equals(EVENTFD);
        } catch (IOException e) {
            return false;
        }
    }

    private static VfioUserProtocolException refused(String rule, IrqSet set) {
        return new VfioUserProtocolException(rule + ": index=" + set.index() + " start="
                + Integer.toUnsignedString(set.start())
                + " count=" + Integer.toUnsignedString(set.count()) + " flags=0x" + Integer.toHexString(set.flags()));
    }
}
