// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;

/** DEVICE_RESET: has no payload either way. */
final class ResetHandler implements CommandHandler {
    private final PciVlinkDevice device;

    ResetHandler(PciVlinkDevice device) {
        this.device = device;
    }

    @Override
    public Reply handle(VfioUserMessage request) {
        if (request.payload().length != 0) {
            throw new VfioUserProtocolException("DEVICE_RESET must have no payload: bytes=" + request.payload().length);
        }
        device.reset();
        return Reply.EMPTY;
    }
}
