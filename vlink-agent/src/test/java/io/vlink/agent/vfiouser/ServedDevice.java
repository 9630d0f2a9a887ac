// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.BarMemory;
import io.vlink.agent.device.DeviceEvents;
import io.vlink.agent.device.DeviceMemory;
import io.vlink.agent.device.DeviceModel;
import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.os.UnixListener;
import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;

/** A device of two pages, 4 MiB in all, with links 0 and 2, behind a real server on a real socket. */
final class ServedDevice implements AutoCloseable {
    static final int REGION_BYTES = 4 << 20;
    static final int CHANNEL_BYTES = 64 << 10;

    final Queue<String> events = new ConcurrentLinkedQueue<>();
    final SharedMemory region = SharedMemory.create("test-region", REGION_BYTES, PageSize.ORDINARY);
    final SharedMemory channels = SharedMemory.create("test-channels", CHANNEL_BYTES, PageSize.ORDINARY);
    final Mapping regionMapping = region.map(Protection.READ_WRITE);
    final Mapping channelMapping = channels.map(Protection.READ_WRITE);
    final DeviceMemory deviceMemory = DeviceMemory.ofThisProcess();
    final ClientMemory clientMemory = ClientMemory.ofThisProcess();
    final PciVlinkDevice device;
    VfioUserServer server;

    ServedDevice(Path socket, BarShape shape) {
        this(socket, shape, peer -> true);
    }

    ServedDevice(Path socket, BarShape shape, Predicate<PeerCredentials> allowed) {
        this(shape);
        server = VfioUserServer.start("test", UnixListener.bind(socket, VfioUserServer.BACKLOG), device, clientMemory,
                ClientKeeper.NONE, allowed);
    }

    /** A device that no server serves yet. */
    ServedDevice(BarShape shape) {
        var model = new DeviceModel(shape, 21, List.of(0x12_3460_0000L, 0x12_3440_0000L),
                new BarMemory(region.fd(), regionMapping.segment()),
                new BarMemory(channels.fd(), channelMapping.segment()),
                List.of(0, DeviceModel.NO_LINK, 3), 6);
        device = new PciVlinkDevice(model, new DeviceEvents() {
            @Override
            public void connected() {
                events.add("connected");
            }

            @Override
            public void disconnected() {
                events.add("disconnected");
            }

            @Override
            public void reset() {
                events.add("reset");
            }

            @Override
            public void doorbell(int link) {
                events.add("doorbell " + Integer.toUnsignedString(link));
                if (link == 0xdead) {
                    throw new IllegalStateException("a domain in trouble");
                }
            }
        }, deviceMemory);
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
        regionMapping.close();
        channelMapping.close();
        region.close();
        channels.close();
    }
}
