// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.vfiouser.RegionAccess;
import io.vlink.infra.vfiouser.RegionInfo;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.ConfigSpaceOffset;
import io.vlink.spec.pci.ControlRegister;
import io.vlink.spec.pci.PciIdentity;
import io.vlink.spec.vfiouser.VfioUserCommand;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A pci-vlink device on the agent's device socket, without a VM: this process takes QEMU's place, so nobody else can have the
 * device at the same time. One thread.
 */
public final class VfioUserDevice implements DeviceAccess {
    private static final int COMMAND_IO_AND_MEMORY = 0x3;

    private final Path socket;
    private final VfioUserClient client;
    private final BarShape shape;
    private final Mapping region;
    private final Mapping channelMemory;

    private VfioUserDevice(Path socket, VfioUserClient client, BarShape shape, Mapping region, Mapping channelMemory) {
        this.socket = socket;
        this.client = client;
        this.shape = shape;
        this.region = region;
        this.channelMemory = channelMemory;
    }

    /**
     * Connects to a device and maps its memories.
     *
     * @param socket the agent's socket of one domain
     * @return the device
     * @throws DeviceException if no agent is there, somebody else has the device, or it is no vlink device
     */
    public static VfioUserDevice open(Path socket) {
        VfioUserClient client = new VfioUserClient(socket);
        Mapping region = null;
        Mapping channelMemory = null;
        boolean opened = false;
        try {
            checkIdentity(socket, client);
            BarShape shape = shape(socket, client);
            region = map(socket, client, shape.regionBar());
            channelMemory = map(socket, client, shape.channelBar());
            client.writeInt(VfioUserProtocol.REGION_CONFIG, ConfigSpaceOffset.COMMAND, COMMAND_IO_AND_MEMORY);
            opened = true;
            return new VfioUserDevice(socket, client, shape, region, channelMemory);
        } finally {
            if (!opened) {
                closeAll(channelMemory, region, client);
            }
        }
    }

    /** Closes what there is; a mapping may be null. */
    private static void closeAll(Mapping channelMemory, Mapping region, VfioUserClient client) {
        if (channelMemory != null) {
            channelMemory.close();
        }
        if (region != null) {
            region.close();
        }
        client.close();
    }

    private static void checkIdentity(Path socket, VfioUserClient client) {
        int id = client.readInt(VfioUserProtocol.REGION_CONFIG, ConfigSpaceOffset.VENDOR_ID);
        if ((id & 0xffff) != PciIdentity.VENDOR_ID || id >>> Short.SIZE != PciIdentity.DEVICE_ID) {
            throw new DeviceException("device socket is of another device: vfio_user=" + socket + " pci="
                    + Integer.toHexString(id & 0xffff) + ":" + Integer.toHexString(id >>> Short.SIZE) + " expected="
                    + PciFunction.expectedId());
        }
    }

    private static BarShape shape(Path socket, VfioUserClient client) {
        int bits = client.readInt(BarShape.REGISTER_BAR, ControlRegister.BAR_SHAPE.offset());
        try {
            return BarShape.ofBits(bits);
        } catch (IllegalArgumentException e) {
            throw new DeviceException("device has BARs of an unknown shape: vfio_user=" + socket + " bar_shape="
                    + Integer.toUnsignedString(bits) + ": use the same vlink version", e);
        }
    }

    private static Mapping map(Path socket, VfioUserClient client, int index) {
        try (VfioUserMessage reply = client.regionInfo(index)) {
            RegionInfo info = RegionInfo.decode(reply.payload());
            if (!info.mappable() || reply.fds().size() != 1 || info.bytes() <= 0 || info.offset() < 0) {
                throw new DeviceException("device offers no memory behind this BAR: vfio_user=" + socket + " bar="
                        + index
                        + " bytes=" + info.bytes() + " fds=" + reply.fds().size() + ": use the same vlink version");
            }
            Fd fd = reply.fds().getFirst();
            // A mapping past the end of the file would be a SIGBUS later; adopting looks at the file's size and seals.
            try (SharedMemory memory = SharedMemory.adopt(fd.duplicate())) {
                // A BAR may be longer than what is behind it; the registers say how much may be touched.
                long bytes = Math.min(info.bytes(), memory.bytes() - info.offset());
                return Mapping.of(fd, info.offset(), bytes, Protection.READ_WRITE);
            }
        } catch (VfioUserProtocolException | IllegalArgumentException e) {
            throw new DeviceException("device socket gave an answer that cannot be used: vfio_user=" + socket + ": "
                    + e.getMessage() + ": is this the socket of a vlink agent?", e);
        }
    }

    @Override
    public int readRegister(ControlRegister register) {
        return client.readInt(BarShape.REGISTER_BAR, register.offset());
    }

    @Override
    public void writeRegister(ControlRegister register, int value) {
        client.writeInt(BarShape.REGISTER_BAR, register.offset(), value);
    }

    @Override
    public boolean isGone() {
        return client.isGone();
    }

    @Override
    public String goneMessage() {
        return "device is gone: vfio_user=" + socket + ": the agent has stopped, or its domain was unregistered: start"
                + " virt_compute, register the domain, and start this program again";
    }

    @Override
    public void beginSelection() {
        // Nothing to do, here and below: this process is the only one on the device.
    }

    @Override
    public void endSelection() {
        // See above.
    }

    @Override
    public boolean claimLink(int link) {
        return true;
    }

    @Override
    public RawAccess raw() {
        return new RawAccess() {
            @Override
            public boolean read(int bar, long offset, int bytes) {
                return client.attempt(VfioUserCommand.REGION_READ, RegionAccess.ofCount(offset, bar, bytes).encode());
            }

            @Override
            public boolean write(int bar, long offset, byte[] data) {
                return client.attempt(VfioUserCommand.REGION_WRITE, RegionAccess.ofData(offset, bar, data).encode());
            }

            @Override
            public boolean reset() {
                return client.attempt(VfioUserCommand.DEVICE_RESET, new byte[0]);
            }
        };
    }

    @Override
    public MemorySegment region() {
        return region.segment();
    }

    @Override
    public MemorySegment channelMemory() {
        return channelMemory.segment();
    }

    @Override
    public String mapMethod() {
        return "vfio-user";
    }

    @Override
    public String pciId() {
        return PciFunction.expectedId();
    }

    @Override
    public String address() {
        return socket.toString();
    }

    @Override
    public String driver() {
        return PciFunction.NO_DRIVER;
    }

    @Override
    public int barBits() {
        return shape.bits();
    }

    @Override
    public void close() {
        closeAll(channelMemory, region, client);
    }
}
