// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserProtocol.COMMAND_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.ERROR_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.FLAGS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.FLAG_TYPE_MASK;
import static io.vlink.spec.vfiouser.VfioUserProtocol.HEADER_BYTES;
import static io.vlink.spec.vfiouser.VfioUserProtocol.ID_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.MAX_MESSAGE_BYTES;
import static io.vlink.spec.vfiouser.VfioUserProtocol.MAX_MESSAGE_FDS;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SIZE_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.TYPE_REPLY;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.FdShortageException;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Messages over a stream socket: cuts the stream where the headers say (vfio-user "Header") and keeps descriptors with their
 * message. One thread may receive; any number may send. Closing is left to the owner of the connection.
 */
public final class VfioUserTransport {
    /** Most descriptors that Linux passes in one sendmsg(2), see unix(7). */
    private static final int SCM_MAX_FD = 253;
    /** How long a message that brought descriptors may stand still, in milliseconds. Such messages are small. */
    private static final long DESCRIPTORS_MILLIS = 2_000;

    private final UnixConnection connection;
    private final Object sending = new Object();
    /** Whether descriptors of the message that is being received were lost. The receiving thread's. */
    private boolean lost;

    /**
     * Creates a transport.
     *
     * @param connection a connected socket, still owned by the caller
     */
    public VfioUserTransport(UnixConnection connection) {
        this.connection = connection;
    }

    /**
     * The next message; waits for it as long as the connection's receive timeout lets it. The caller closes it.
     *
     * @return the message, or null where the peer has closed the stream between two messages
     * @throws VfioUserProtocolException where the stream cannot be cut into messages: size out of range, unknown type, too many
     *             descriptors, end of stream inside a message, one with descriptors that stands still;
     *             every descriptor that had arrived is closed
     * @throws LostDescriptorsException where this process may open no more descriptors; the next message can be received
     * @throws OsException where the socket fails
     */
    public VfioUserMessage receive() {
        List<Fd> fds = new ArrayList<>();
        boolean complete = false;
        lost = false;
        try {
            byte[] first = new byte[HEADER_BYTES];
            if (!fill(first, fds, true)) {
                return null;
            }
            ByteBuffer header = littleEndian(first);
            byte[] payload = new byte[payloadBytes(header)];
            fill(payload, fds, false);
            var message = new VfioUserMessage(Short.toUnsignedInt(header.getShort(ID_OFFSET)),
                    Short.toUnsignedInt(header.getShort(COMMAND_OFFSET)), header.getInt(FLAGS_OFFSET),
                    header.getInt(ERROR_OFFSET), payload, lost ? List.of() : fds);
            if (lost) {
                throw new LostDescriptorsException(message);
            }
            complete = true;
            return message;
        } finally {
            if (!complete) {
                fds.forEach(Fd::close);
            }
        }
    }

    /**
     * The next message, left in the socket until {@link #skip}: what a server carries out that may die at any moment, so that
     * another process finds it there. Waits for its first byte as {@link #receive} does.
     *
     * @param maxBytes longest message to look at, header included
     * @return the message; null where it is longer, is not there as a whole, breaks the protocol, the stream has ended, or
     *         descriptors are there, be it with the message behind: {@link #receive} tells which
     * @throws OsException where the socket fails
     */
    public VfioUserMessage peek(int maxBytes) {
        byte[] first = new byte[HEADER_BYTES];
        if (connection.peek(first, 0, HEADER_BYTES) < HEADER_BYTES) {
            return null;
        }
        ByteBuffer header = littleEndian(first);
        int size = header.getInt(SIZE_OFFSET);
        if (size < HEADER_BYTES || size > maxBytes || (header.getInt(FLAGS_OFFSET) & FLAG_TYPE_MASK) > TYPE_REPLY) {
            return null;
        }
        byte[] whole = new byte[size];
        if (connection.peek(whole, 0, size) < size) {
            return null;
        }
        return new VfioUserMessage(Short.toUnsignedInt(header.getShort(ID_OFFSET)),
                Short.toUnsignedInt(header.getShort(COMMAND_OFFSET)), header.getInt(FLAGS_OFFSET),
                header.getInt(ERROR_OFFSET), Arrays.copyOfRange(whole, HEADER_BYTES, size), List.of());
    }

    /**
     * Takes a message from the socket that {@link #peek} has shown.
     *
     * @param peeked the next message
     * @throws OsException where the socket fails
     */
    public void skip(VfioUserMessage peeked) {
        List<Fd> fds = new ArrayList<>();
        try {
            fill(new byte[HEADER_BYTES + peeked.payload().length], fds, false);
        } finally {
            fds.forEach(Fd::close);
        }
    }

    /**
     * Sends a message as a whole; concurrent senders do not mix.
     *
     * @param message header fields, payload and descriptors, which stay the caller's
     * @throws IllegalArgumentException where the message is larger than the protocol's limits
     * @throws OsException where the socket fails
     */
    public void send(VfioUserMessage message) {
        int bytes = HEADER_BYTES + message.payload().length;
        if (bytes > MAX_MESSAGE_BYTES || message.fds().size() > MAX_MESSAGE_FDS) {
            throw new IllegalArgumentException(
                    "message must fit into " + MAX_MESSAGE_BYTES + " bytes and " + MAX_MESSAGE_FDS
                            + " descriptors: bytes=" + bytes + " fds=" + message.fds().size());
        }
        byte[] whole = new byte[bytes];
        ByteBuffer buffer = littleEndian(whole);
        buffer.putShort(ID_OFFSET, (short) message.id());
        buffer.putShort(COMMAND_OFFSET, (short) message.command());
        buffer.putInt(SIZE_OFFSET, bytes);
        buffer.putInt(FLAGS_OFFSET, message.flags());
        buffer.putInt(ERROR_OFFSET, message.error());
        buffer.put(HEADER_BYTES, message.payload());
        // One call for header and payload: QEMU drops a connection on which a header arrives in pieces.
        synchronized (sending) {
            connection.send(whole, 0, bytes, message.fds());
        }
    }

    private static int payloadBytes(ByteBuffer header) {
        int size = header.getInt(SIZE_OFFSET);
        if (size < HEADER_BYTES || size > MAX_MESSAGE_BYTES) {
            throw new VfioUserProtocolException(
                    "message size must be " + HEADER_BYTES + " to " + MAX_MESSAGE_BYTES + ": size="
                            + Integer.toUnsignedString(size));
        }
        int type = header.getInt(FLAGS_OFFSET) & FLAG_TYPE_MASK;
        if (type > TYPE_REPLY) {
            throw new VfioUserProtocolException("message type must be 0 (command) or 1 (reply): type=" + type);
        }
        return size - HEADER_BYTES;
    }

    /** Reads all of the array; false at an end of stream before its first byte, where that is allowed. */
    private boolean fill(byte[] bytes, List<Fd> fds, boolean endAllowed) {
        int done = 0;
        while (done < bytes.length) {
            int count = receive(bytes, done, fds);
            if (count == 0) {
                if (done == 0 && endAllowed) {
                    return false;
                }
                throw new VfioUserProtocolException(
                        "stream must not end inside a message: missing=" + (bytes.length - done));
            }
            done += count;
        }
        return true;
    }

    private int receive(byte[] bytes, int done, List<Fd> fds) {
        int before = fds.size();
        // A peer may have sent its own end of this connection and died: then the stream never ends while that is held here.
        if (before > 0 && !connection.readable(DESCRIPTORS_MILLIS)) {
            throw new VfioUserProtocolException("message with descriptors must be complete within " + DESCRIPTORS_MILLIS
                    + " ms: missing=" + (bytes.length - done) + " fds=" + before);
        }
        // Room for as many as the kernel passes at once: too many must be told apart from a socket that failed.
        int count;
        try {
            count = connection.receive(bytes, done, bytes.length - done, fds, SCM_MAX_FD);
        } catch (FdShortageException e) {
            lost = true;
            count = e.bytes();
        }
        if (fds.size() > before && fds.size() > MAX_MESSAGE_FDS) {
            throw new VfioUserProtocolException(
                    "message must carry at most " + MAX_MESSAGE_FDS + " descriptors: fds=" + fds.size());
        }
        return count;
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
