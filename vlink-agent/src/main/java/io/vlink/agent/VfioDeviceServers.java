// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.device.BarMemory;
import io.vlink.agent.device.DeviceEvents;
import io.vlink.agent.device.DeviceModel;
import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.agent.domain.DeviceServer;
import io.vlink.agent.domain.Domain;
import io.vlink.agent.domain.Region;
import io.vlink.agent.vfiouser.VfioUserServer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves domains' devices over vfio-user: the place where a domain becomes a PCI device. For any thread. */
final class VfioDeviceServers implements DeviceServer.Factory {
    private static final Logger LOG = LoggerFactory.getLogger(VfioDeviceServers.class);

    private final SocketAccess access;

    /**
     * Makes servers whose sockets are open to some.
     *
     * @param access who may open them
     */
    VfioDeviceServers(SocketAccess access) {
        this.access = access;
    }

    @Override
    public DeviceServer start(Domain domain, Path socket, DeviceServer.Listener listener) {
        HeldRunDirectory.checkSocketPath(socket);
        PciVlinkDevice device = new PciVlinkDevice(model(domain), new Events(domain.name(), listener));
        VfioUserServer server = VfioUserServer.start(domain.name(), socket, device);
        try {
            access.apply(socket);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
        return server::close;
    }

    private static DeviceModel model(Domain domain) {
        Region region = domain.region();
        List<Long> pages = IntStream.range(0, region.pageCount()).mapToObj(region::busAddress).toList();
        List<Integer> controlChannels = IntStream.range(0, domain.links().size()).map(domain::controlChannel).boxed()
                .toList();
        return new DeviceModel(domain.request().barShape(), region.pageShift(), pages,
                new BarMemory(region.fd(), region.segment()),
                new BarMemory(domain.channelMemoryFd(), domain.channelMemory()), controlChannels,
                domain.channelCount());
    }

    /** Tells the domain what its device reports. */
    private record Events(String domain, DeviceServer.Listener listener) implements DeviceEvents {
        @Override
        public void connected() {
            listener.connected();
        }

        @Override
        public void disconnected() {
            listener.disconnected();
        }

        @Override
        public void reset() {
            listener.reset();
        }

        @Override
        public void doorbell(int link) {
            LOG.debug("event=doorbell vm_domain={} link={}", domain, Integer.toUnsignedLong(link));
        }
    }
}
