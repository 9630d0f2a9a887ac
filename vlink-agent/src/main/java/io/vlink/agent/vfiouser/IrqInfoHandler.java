// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.os.Errno;
import io.vlink.infra.vfiouser.IrqInfo;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.spec.vfiouser.VfioUserProtocol;

/** DEVICE_GET_IRQ_INFO: one INTx, no message-signalled interrupts. */
final class IrqInfoHandler implements CommandHandler {
    private static final int INTX_FLAGS = VfioUserProtocol.IRQ_FLAG_EVENTFD | VfioUserProtocol.IRQ_FLAG_MASKABLE
            | VfioUserProtocol.IRQ_FLAG_AUTOMASKED;

    @Override
    public Reply handle(VfioUserMessage request) {
        int index = IrqInfo.decode(request.payload()).index();
        int count = count(index);
        return Reply.of(new IrqInfo(count == 0 ? 0 : INTX_FLAGS, index, count).encode());
    }

    /** Interrupts of an index; an index that does not exist or is not supported is refused. */
    static int count(int index) {
        if (index < 0 || index >= VfioUserProtocol.IRQ_COUNT) {
            throw new VfioUserProtocolException("interrupt index must be 0 to "
                    + (VfioUserProtocol.IRQ_COUNT - 1) + ": index=" + Integer.toUnsignedString(index));
        }
        if (index >= VfioUserProtocol.IRQ_ERR) {
            throw new VfioUserProtocolException(Errno.EOPNOTSUPP, "interrupt index must be supported: index=" + index);
        }
        return index == VfioUserProtocol.IRQ_INTX ? 1 : 0;
    }
}
