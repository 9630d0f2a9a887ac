// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.os.Errno;
import io.vlink.infra.vfiouser.DmaMap;
import io.vlink.infra.vfiouser.DmaUnmap;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.spec.vfiouser.VfioUserProtocol;

/**
 * DMA_MAP and DMA_UNMAP of one client. The device never reaches into guest memory: windows are counted, nothing else, and their
 * descriptors closed at once.
 */
final class DmaHandlers {
    private final ClientMemory memory;

    DmaHandlers(ClientMemory memory) {
        this.memory = memory;
    }

    CommandHandler map() {
        return new CommandHandler() {
            @Override
            public Reply handle(VfioUserMessage request) {
                DmaMap.decode(request.payload());
                int windows = memory.dmaWindows();
                if (windows >= VfioUserProtocol.MAX_DMA_MAPS) {
                    throw new VfioUserProtocolException(Errno.ENOSPC,
                            "DMA windows must not exceed " + VfioUserProtocol.MAX_DMA_MAPS + ": windows=" + windows);
                }
                memory.dmaWindows(windows + 1);
                return Reply.EMPTY;
            }

            @Override
            public int maxFds() {
                return 1;
            }
        };
    }

    CommandHandler unmap() {
        return request -> {
            DmaUnmap unmap = DmaUnmap.decode(request.payload());
            // One unmap may cover several windows, and which ones exist is not remembered: never below zero is enough.
            memory.dmaWindows(unmap.all() ? 0 : Math.max(0, memory.dmaWindows() - 1));
            return Reply.of(unmap.encode());
        };
    }
}
