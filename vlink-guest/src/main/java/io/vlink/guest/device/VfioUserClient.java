// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.infra.os.Errno;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.SocketFile;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.vfiouser.Capabilities;
import io.vlink.infra.vfiouser.RegionAccess;
import io.vlink.infra.vfiouser.RegionInfo;
import io.vlink.infra.vfiouser.VersionPayload;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.infra.vfiouser.VfioUserTransport;
import io.vlink.spec.control.ControlProtocol;
import io.vlink.spec.keeper.KeeperProtocol;
import io.vlink.spec.vfiouser.VfioUserCommand;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The client's end of a device socket: one question, one answer. One thread. Source: QEMU docs/interop/vfio-user.rst;
 * SPEC.md appendix C.
 */
final class VfioUserClient implements AutoCloseable {
    private static final long REPLY_MILLIS = 5_000;
    private static final String REMEDY = "give the path that vlinkctl register printed";

    private final Path socket;
    private final UnixConnection connection;
    private final VfioUserTransport transport;
    /** From 0, as the agent's control socket then sees at the first byte that this is no message for it. */
    private int nextId;

    /**
     * Connects and agrees on the protocol's version.
     *
     * @param socket the agent's socket of one domain
     * @throws DeviceException if nobody listens there, or somebody who speaks otherwise
     */
    VfioUserClient(Path socket) {
        this.socket = socket;
        checkKind(socket);
        try {
            connection = UnixConnection.connect(socket);
        } catch (OsException e) {
            throw notConnected(e);
        } catch (IllegalArgumentException tooLong) {
            throw new DeviceException(tooLong.getMessage() + ": " + REMEDY, tooLong);
        }
        transport = new VfioUserTransport(connection);
        boolean agreed = false;
        try {
            connection.receiveTimeout(REPLY_MILLIS);
            agree();
            agreed = true;
        } finally {
            if (!agreed) {
                connection.close();
            }
        }
    }

    /** Names what is no device socket before it is asked: a folder, a file, a socket of the agent's own. */
    private static void checkKind(Path socket) {
        if (Files.exists(socket) && !SocketFile.isSocket(socket)) {
            throw new DeviceException("not a socket, but a " + (Files.isDirectory(socket) ? "folder" : "file")
                    + ": vfio_user=" + socket + ": " + REMEDY);
        }
        boolean control = socket.endsWith(ControlProtocol.SOCKET_NAME);
        if (control || socket.endsWith(KeeperProtocol.SOCKET_NAME)) {
            throw new DeviceException("this is the " + (control ? "agent's control" : "keeper's")
                    + " socket: vfio_user=" + socket + ": give the device's, NAME.sock beside it");
        }
    }

    private DeviceException notConnected(OsException e) {
        return new DeviceException(switch (e.errno()) {
            case Errno.EPROTOTYPE -> "not a stream socket, so not the agent's: vfio_user=" + socket + ": " + REMEDY;
            case Errno.EACCES, Errno.EPERM -> "device socket is closed to this user: vfio_user=" + socket
                    + ": start virt_compute with --socket-group or --allow-uid";
            default -> "no agent listens at the device socket: vfio_user=" + socket + " (" + Errno.name(e.errno())
                    + "): start virt_compute, register the domain with vlinkctl register, and see"
                    + " vlinkctl status for the path";
        }, e);
    }

    private void agree() {
        byte[] proposal = new VersionPayload(VfioUserProtocol.MAJOR, VfioUserProtocol.MINOR,
                Capabilities.OURS.toJson()).encode();
        try (VfioUserMessage reply = ask(VfioUserCommand.VERSION, proposal)) {
            VersionPayload version = VersionPayload.decode(reply.payload());
            if (version.major() != VfioUserProtocol.MAJOR || version.minor() > VfioUserProtocol.MINOR) {
                throw new DeviceException("device socket speaks another protocol version: vfio_user=" + socket
                        + " version=" + version.major() + "." + version.minor() + ": use the same vlink version");
            }
        } catch (VfioUserProtocolException e) {
            throw unintelligible(e);
        }
    }

    /**
     * Asks for a region.
     *
     * @param index region index
     * @return the reply: the caller reads it with {@link RegionInfo#decode}, and closes it
     */
    VfioUserMessage regionInfo(int index) {
        return ask(VfioUserCommand.DEVICE_GET_REGION_INFO, RegionInfo.encodeRequest(index));
    }

    /**
     * Reads 4 bytes of a region.
     *
     * @param region region index
     * @param offset bytes from its start
     * @return the bytes as a little-endian number
     */
    int readInt(int region, long offset) {
        byte[] request = RegionAccess.ofCount(offset, region, Integer.BYTES).encode();
        try (VfioUserMessage reply = ask(VfioUserCommand.REGION_READ, request)) {
            byte[] data = RegionAccess.decodeWithData(reply.payload()).data();
            if (data.length != Integer.BYTES) {
                throw new VfioUserProtocolException("REGION_READ must return what was asked for: bytes=" + data.length);
            }
            return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).getInt();
        } catch (VfioUserProtocolException e) {
            throw unintelligible(e);
        }
    }

    /**
     * Writes 4 bytes of a region.
     *
     * @param region region index
     * @param offset bytes from its start
     * @param value  the bytes as a little-endian number
     */
    void writeInt(int region, long offset, int value) {
        byte[] data = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
        ask(VfioUserCommand.REGION_WRITE, RegionAccess.ofData(offset, region, data).encode()).close();
    }

    /**
     * Asks for something that the agent may refuse.
     *
     * @param command what is asked
     * @param payload as it is, right or wrong
     * @return whether the agent did it
     */
    boolean attempt(VfioUserCommand command, byte[] payload) {
        int id = nextId++ & 0xffff;
        try (VfioUserMessage reply = exchange(id, command, payload)) {
            if (!reply.isReply() || reply.id() != id) {
                throw new DeviceException("agent answered something else: vfio_user=" + socket + " command=" + command
                        + " id=" + reply.id() + " expected=" + id + ": see the agent's log");
            }
            return !reply.isError();
        }
    }

    /** {@return whether the agent has closed its end, or has died} */
    boolean isGone() {
        return connection.hungUp();
    }

    private VfioUserMessage ask(VfioUserCommand command, byte[] payload) {
        int id = nextId++ & 0xffff;
        VfioUserMessage reply = exchange(id, command, payload);
        if (!reply.isReply() || reply.id() != id || reply.command() != command.code()) {
            reply.close();
            throw unintelligible(new VfioUserProtocolException(reply.isReply()
                    ? "the answer is to another question: command=" + reply.command() + " id=" + reply.id()
                    : "a question comes back instead of an answer"));
        }
        if (reply.isError()) {
            int error = reply.error();
            reply.close();
            if (error == Errno.EBUSY) {
                throw new DeviceException("device is in use: vfio_user=" + socket
                        + ": a QEMU or another vlink-guest has it (vlinkctl status): stop that first");
            }
            throw new DeviceException("agent refused a request: vfio_user=" + socket + " command=" + command + " error="
                    + Errno.name(error) + ": see the agent's log");
        }
        return reply;
    }

    /** Sends a message and waits for the next one; never null. */
    private VfioUserMessage exchange(int id, VfioUserCommand command, byte[] payload) {
        VfioUserMessage reply;
        try {
            transport.send(VfioUserMessage.command(id, command, payload, List.of()));
            reply = transport.receive();
        } catch (VfioUserProtocolException e) {
            throw unintelligible(e);
        } catch (OsException e) {
            if (e.errno() == Errno.EAGAIN) {
                throw new DeviceException("nobody answers at the device socket: vfio_user=" + socket + " command="
                        + command + " seconds=" + REPLY_MILLIS / 1_000 + ": " + REMEDY
                        + ", and see whether virt_compute"
                        + " is alive", e);
            }
            throw new DeviceException("device socket failed: vfio_user=" + socket + " command=" + command + ": "
                    + e.getMessage() + ": is virt_compute running?", e);
        }
        if (reply == null) {
            throw new DeviceException("agent closed the device socket: vfio_user=" + socket + " command=" + command
                    + ": another guest uses the device, or the agent stopped: see vlinkctl status");
        }
        return reply;
    }

    private DeviceException unintelligible(VfioUserProtocolException cause) {
        return new DeviceException(
                "this socket does not speak vfio-user: vfio_user=" + socket + " (" + cause.getMessage()
                        + "): " + REMEDY,
                cause);
    }

    @Override
    public void close() {
        connection.close();
    }
}
