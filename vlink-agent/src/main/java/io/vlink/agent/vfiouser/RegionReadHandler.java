// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.vfiouser.RegionAccess;
import io.vlink.infra.vfiouser.VfioUserMessage;

/** REGION_READ: bytes of any region that exists, mappable ones included. */
final class RegionReadHandler implements CommandHandler {
    private final PciVlinkDevice device;

    RegionReadHandler(PciVlinkDevice device) {
        this.device = device;
    }

    @Override
    public Reply handle(VfioUserMessage request) {
        RegionAccess access = RegionAccess.decodeWithoutData(request.payload());
        byte[] data = device.read(access.region(), access.offset(), access.count());
        return Reply.of(RegionAccess.ofData(access.offset(), access.region(), data).encode());
    }
}
