// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.device.BarMemory;
import io.vlink.agent.device.DeviceEvents;
import io.vlink.agent.device.DeviceMemory;
import io.vlink.agent.device.DeviceModel;
import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.agent.domain.DeviceServer;
import io.vlink.agent.domain.Domain;
import io.vlink.agent.domain.Keeping;
import io.vlink.agent.domain.Region;
import io.vlink.agent.vfiouser.ClientKeeper;
import io.vlink.agent.vfiouser.ClientMemory;
import io.vlink.agent.vfiouser.VfioUserServer;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves domains' devices over vfio-user: the place where a domain becomes a PCI device. For any thread. */
final class VfioDeviceServers implements DeviceServer.Factory {
    private static final Logger LOG = LoggerFactory.getLogger(VfioDeviceServers.class);

    private static final Set<PosixFilePermission> OWNER_ONLY = Set.of(PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE);

    private final SocketAccess access;
    private final Predicate<PeerCredentials> allowed;
    private final Keeping keeping;

    /**
     * Makes servers whose sockets are open to some.
     *
     * @param access  who may open them
     * @param allowed who may use them, whoever can open them
     * @param keeping where the next agent finds their sockets
     */
    VfioDeviceServers(SocketAccess access, Predicate<PeerCredentials> allowed, Keeping keeping) {
        this.access = access;
        this.allowed = allowed;
        this.keeping = keeping;
    }

    @Override
    public DeviceServer start(Domain domain, Path socket, DeviceServer.Listener listener) {
        HeldRunDirectory.checkSocketPath(socket);
        domain.deviceMemory().fill((byte) 0);
        UnixListener waiting = UnixListener.bind(socket, VfioUserServer.BACKLOG, OWNER_ONLY);
        try {
            access.apply(socket);
            PciVlinkDevice device = device(domain, listener);
            keeping.keepListener(domain.name(), waiting.fd());
            return closing(domain, VfioUserServer.start(domain.name(), waiting, device, clientMemory(domain),
                    keeper(domain.name()), allowed));
        } catch (RuntimeException e) {
            waiting.close();
            throw e;
        }
    }

    @Override
    public DeviceServer resume(Domain domain, DeviceServer.Sockets last, DeviceServer.Listener listener) {
        UnixListener waiting = UnixListener.adopt(last.listener());
        try {
            access.apply(waiting.path());
        } catch (StartException e) {
            // Whoever could connect before still can, which is no reason to take a running VM's network away.
            LOG.warn("event=device_socket_access vm_domain={} error={}", domain.name(), e.getMessage());
        }
        PciVlinkDevice device = device(domain, listener);
        if (last.interrupt() != null) {
            device.adoptInterrupt(last.interrupt());
        }
        return closing(domain, VfioUserServer.resume(domain.name(), waiting, device, clientMemory(domain),
                keeper(domain.name()), allowed, last.client() == null ? null : UnixConnection.of(last.client())));
    }

    private DeviceServer closing(Domain domain, VfioUserServer server) {
        return () -> {
            server.close();
            keeping.forgetListener(domain.name());
        };
    }

    private static PciVlinkDevice device(Domain domain, DeviceServer.Listener listener) {
        return new PciVlinkDevice(model(domain), new Events(domain.name(), listener),
                new DeviceMemory(domain.deviceMemory().asSlice(0, DeviceMemory.BYTES)));
    }

    private static ClientMemory clientMemory(Domain domain) {
        return new ClientMemory(domain.deviceMemory().asSlice(DeviceMemory.BYTES, ClientMemory.BYTES));
    }

    private ClientKeeper keeper(String domain) {
        return new ClientKeeper() {
            @Override
            public void keep(Fd connection, Fd interrupt) {
                keeping.keepClient(domain, connection, interrupt);
            }

            @Override
            public void forget() {
                keeping.forgetClient(domain);
            }
        };
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
