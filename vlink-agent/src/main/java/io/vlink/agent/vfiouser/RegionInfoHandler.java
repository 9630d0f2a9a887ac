// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.DeviceRegion;
import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.vfiouser.RegionInfo;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import java.util.List;

/** DEVICE_GET_REGION_INFO: size and flags of a region, with its descriptor where it can be mapped. */
final class RegionInfoHandler implements CommandHandler {
    private final PciVlinkDevice device;

    RegionInfoHandler(PciVlinkDevice device) {
        this.device = device;
    }

    @Override
    public Reply handle(VfioUserMessage request) {
        int index = RegionInfo.decode(request.payload()).index();
        DeviceRegion region = device.region(index);
        byte[] payload = new RegionInfo(flags(region), index, region.bytes(), 0).encode();
        return new Reply(payload, region.mappable() ? List.of(region.fd()) : List.of());
    }

    private static int flags(DeviceRegion region) {
        int access = region.exists() ? VfioUserProtocol.REGION_FLAG_READ | VfioUserProtocol.REGION_FLAG_WRITE : 0;
        return region.mappable() ? access | VfioUserProtocol.REGION_FLAG_MMAP : access;
    }
}
