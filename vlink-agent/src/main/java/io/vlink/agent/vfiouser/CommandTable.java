// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.spec.vfiouser.VfioUserCommand;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/** The commands that one client may send, each with its handler, and which of them it may send now. */
final class CommandTable {
    private final Map<VfioUserCommand, CommandHandler> handlers = new EnumMap<>(VfioUserCommand.class);
    private boolean versionAgreed;

    CommandTable(PciVlinkDevice device, ClientMemory memory, Consumer<Fd> interruptKeeper) {
        versionAgreed = memory.agreed();
        var dma = new DmaHandlers(memory);
        handlers.put(VfioUserCommand.VERSION, new VersionHandler());
        handlers.put(VfioUserCommand.DMA_MAP, dma.map());
        handlers.put(VfioUserCommand.DMA_UNMAP, dma.unmap());
        handlers.put(VfioUserCommand.DEVICE_GET_INFO, new DeviceInfoHandler());
        handlers.put(VfioUserCommand.DEVICE_GET_REGION_INFO, new RegionInfoHandler(device));
        handlers.put(VfioUserCommand.DEVICE_GET_IRQ_INFO, new IrqInfoHandler());
        handlers.put(VfioUserCommand.DEVICE_SET_IRQS, new SetIrqsHandler(device, interruptKeeper));
        handlers.put(VfioUserCommand.REGION_READ, new RegionReadHandler(device));
        handlers.put(VfioUserCommand.REGION_WRITE, new RegionWriteHandler(device));
        handlers.put(VfioUserCommand.DEVICE_RESET, new ResetHandler(device));
    }

    /** Whether the client has agreed on a protocol version. */
    boolean versionAgreed() {
        return versionAgreed;
    }

    /** Goes on with a client whose VERSION another process has carried out. */
    void agreed() {
        versionAgreed = true;
    }

    /** Carries a command out, or throws why not. */
    Reply handle(VfioUserMessage request) {
        VfioUserCommand command = VfioUserCommand.of(request.command());
        CommandHandler handler = command == null ? null : handlers.get(command);
        if (handler == null) {
            throw new VfioUserProtocolException(Errno.EOPNOTSUPP,
                    "command must be supported: command=" + request.command());
        }
        if (versionAgreed == (command == VfioUserCommand.VERSION)) {
            throw new VfioUserProtocolException("VERSION must be the first command, and sent once: command=" + command);
        }
        if (request.fds().size() > handler.maxFds()) {
            throw new VfioUserProtocolException("descriptors must be at most " + handler.maxFds()
                    + ": fds=" + request.fds().size());
        }
        Reply reply = handler.handle(request);
        versionAgreed = true;
        return reply;
    }
}
