// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.vfiouser.RegionAccess;
import io.vlink.infra.vfiouser.VfioUserMessage;

/** REGION_WRITE: bytes into any region that exists, mappable ones included. */
final class RegionWriteHandler implements CommandHandler {
    private final PciVlinkDevice device;

    RegionWriteHandler(PciVlinkDevice device) {
        this.device = device;
    }

    @Override
    public Reply handle(VfioUserMessage request) {
        RegionAccess access = RegionAccess.decodeWithData(request.payload());
        device.write(access.region(), access.offset(), access.data());
        return Reply.of(RegionAccess.ofCount(access.offset(), access.region(), access.count()).encode());
    }
}
