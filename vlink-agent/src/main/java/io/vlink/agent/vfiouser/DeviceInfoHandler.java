// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.vfiouser.DeviceInfo;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.spec.vfiouser.VfioUserProtocol;

/** DEVICE_GET_INFO: a PCI device that can be reset. */
final class DeviceInfoHandler implements CommandHandler {
    @Override
    public Reply handle(VfioUserMessage request) {
        DeviceInfo.decode(request.payload());
        return Reply.of(new DeviceInfo(VfioUserProtocol.DEVICE_FLAG_PCI | VfioUserProtocol.DEVICE_FLAG_RESET,
                VfioUserProtocol.REGION_COUNT, VfioUserProtocol.IRQ_COUNT).encode());
    }
}
