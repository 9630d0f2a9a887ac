// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.FdShortageException;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.control.ControlProtocol;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A control connection: whole messages with their file descriptors over a UNIX stream socket. One thread at a time may send
 * and one may receive; {@link #shutdown()} may come from any, to wake a blocked {@link #receive(int)}. Descriptors that were
 * received are closed on every path that does not return them.
 */
public final class ControlConnection implements AutoCloseable {
    /** How long {@link #request(ControlMessage)} waits: long enough to allocate and touch a region of some GiB. */
    public static final Duration REPLY_TIMEOUT = Duration.ofSeconds(60);
    /** How long a peer may take from the first byte of a message to its last, so that a stalled one can be dropped. */
    public static final Duration MESSAGE_TIMEOUT = Duration.ofSeconds(10);

    private static final int FOR_EVER = -1;

    private final UnixConnection connection;
    /** For messages; empty where it is not known. */
    private final String where;
    private int maxReceivedLength = ControlProtocol.MAX_LENGTH;

    /**
     * A control connection over a connected socket, which it owns from now on.
     *
     * @param connection a connected stream socket
     */
    public ControlConnection(UnixConnection connection) {
        this(connection, "");
    }

    private ControlConnection(UnixConnection connection, String where) {
        this.connection = connection;
        this.where = where;
        // A peer that does not read must not hold a thread for ever.
        connection.sendTimeout(MESSAGE_TIMEOUT.toMillis());
    }

    /**
     * A connection to an agent.
     *
     * @param path the agent's control socket
     * @return the connection
     * @throws OsException when nobody listens there
     */
    public static ControlConnection connect(Path path) {
        return new ControlConnection(UnixConnection.connect(path), " control_socket=" + path);
    }

    /**
     * Takes only shorter messages from now on: a peer that asks needs less than one that answers, and may not have memory
     * reserved for more. Before the first {@link #receive(int)}.
     *
     * @param bytes of all TLVs of a message, up to {@link ControlProtocol#MAX_LENGTH}
     */
    public void limitReceived(int bytes) {
        maxReceivedLength = bytes;
    }

    /** What arrived: a message, and the descriptors that came with it, which now belong to the caller. */
    public record Received(ControlMessage message, List<Fd> fds) {
        /**
         * A message with its descriptors.
         *
         * @param message the message
         * @param fds     its descriptors in the sender's order
         */
        public Received {
            fds = List.copyOf(fds);
        }

        /** Closes the descriptors: for a receiver that wants none of them. */
        public void closeFds() {
            fds.forEach(Fd::close);
        }
    }

    /** {@return who is at the other end} */
    public PeerCredentials peer() {
        return connection.peer();
    }

    /** {@return the socket's descriptor, which stays this connection's own} */
    public Fd fd() {
        return connection.fd();
    }

    /**
     * Sends a message.
     *
     * @param message what to send
     * @param fds     descriptors that go with it, at most {@value ControlProtocol#MAX_FDS}; they stay the caller's
     * @throws OsException when the peer is gone (EPIPE, ECONNRESET) or does not read (EAGAIN after {@link #MESSAGE_TIMEOUT})
     */
    public void send(ControlMessage message, List<Fd> fds) {
        if (fds.size() > ControlProtocol.MAX_FDS) {
            throw new IllegalArgumentException(
                    "a message must have at most " + ControlProtocol.MAX_FDS + " descriptors: fds=" + fds.size());
        }
        byte[] bytes = message.encode();
        connection.send(bytes, 0, bytes.length, fds);
    }

    /**
     * Waits for a message as long as it takes.
     *
     * @param maxFds descriptors that the caller can take; a peer that sends more breaks the protocol
     * @return the message and its descriptors, or null when the peer has closed the connection between two messages
     * @throws BadMessageException when the peer breaks the protocol, or stalls within a message; then close the connection
     * @throws OsException         when the socket fails
     */
    public Received receive(int maxFds) {
        return receive(maxFds, FOR_EVER);
    }

    /**
     * Waits for a message for some time.
     *
     * @param maxFds  descriptors that the caller can take
     * @param timeout how long to wait for the message's first byte
     * @return the message and its descriptors, or null when the peer has closed the connection
     * @throws BadMessageException when the peer breaks the protocol
     * @throws ControlException    with {@link StatusCode#FAILED} when no message came in time
     * @throws OsException         when the socket fails
     */
    public Received receive(int maxFds, Duration timeout) {
        return receive(maxFds, timeout.toMillis());
    }

    /**
     * Waits until there is something to receive, be it the end of the stream.
     *
     * @param timeout how long
     * @return false when the time is over
     * @throws OsException when the socket fails
     */
    public boolean readable(Duration timeout) {
        return connection.readable(timeout.toMillis());
    }

    /**
     * Sends a request without descriptors and waits {@link #REPLY_TIMEOUT} for a reply without descriptors.
     *
     * @param request what to ask
     * @return the reply, whose status is OK
     * @throws ControlException when the agent refuses, is gone, does not answer in time, or answers nonsense
     */
    public ControlMessage request(ControlMessage request) {
        return request(request, 0, REPLY_TIMEOUT).message();
    }

    /**
     * Sends a request and waits for its reply.
     *
     * @param request what to ask
     * @param fds     descriptors that an OK reply must bring, exactly
     * @param timeout how long to wait
     * @return the reply, whose status is OK, and its descriptors
     * @throws ControlException when the agent refuses, is gone, does not answer in time, or answers nonsense
     */
    public Received request(ControlMessage request, int fds, Duration timeout) {
        Received reply;
        try {
            reply = sentOrRefused(request) ? receive(fds, timeout) : receive(fds, Duration.ZERO);
        } catch (FdShortageException e) {
            throw new ControlException(StatusCode.FAILED, e.getMessage(), e);
        } catch (OsException e) {
            String message = "the agent went away:" + where + " " + e.getMessage() + ": see its log, start it again";
            throw e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET
                    ? ControlException.agentAbsent(message, e)
                    : new ControlException(StatusCode.FAILED, message, e);
        } catch (BadMessageException e) {
            throw nonsense(e);
        }
        if (reply == null) {
            throw ControlException.agentAbsent("the agent closed the connection instead of replying:" + where
                    + ": see its log, and whether it is virt_compute that listens there", null);
        }
        try {
            return checked(reply, fds);
        } catch (BadMessageException e) {
            reply.closeFds();
            throw nonsense(e);
        } catch (ControlException e) {
            reply.closeFds();
            throw e;
        }
    }

    /** An agent that turns a connection away says why and closes, maybe before the request is there: then its reply waits. */
    private boolean sentOrRefused(ControlMessage request) {
        try {
            send(request, List.of());
            return true;
        } catch (OsException e) {
            if (e.errno() == Errno.EPIPE && connection.readable(0)) {
                return false;
            }
            throw e;
        }
    }

    /** Ends both directions: a thread that is blocked in {@link #receive(int)} wakes and sees the end of the stream. */
    public void shutdown() {
        connection.shutdown();
    }

    @Override
    public void close() {
        connection.close();
    }

    private static Received checked(Received reply, int fds) {
        StatusCode status = reply.message().status();
        if (status != StatusCode.OK) {
            throw new ControlException(status,
                    reply.message().optionalText(TlvType.MESSAGE).orElse("the agent refused: status=" + status));
        }
        if (reply.fds().size() != fds) {
            throw new BadMessageException("reply must bring " + fds + " descriptors: fds=" + reply.fds().size());
        }
        return reply;
    }

    private ControlException nonsense(BadMessageException e) {
        return new ControlException(StatusCode.BAD_MESSAGE, "the agent's reply breaks the protocol:" + where + ": "
                + e.getMessage() + ": is it virt_compute that listens there, of the same version?", e);
    }

    private Received receive(int maxFds, long timeoutMillis) {
        if (timeoutMillis != FOR_EVER && !connection.readable(timeoutMillis)) {
            throw new ControlException(StatusCode.FAILED, "the agent does not answer:" + where + " seconds="
                    + TimeUnit.MILLISECONDS.toSeconds(timeoutMillis) + ": is it stopped, or overloaded? See its log");
        }
        List<Fd> fds = new ArrayList<>();
        boolean handedOver = false;
        try {
            ControlMessage message = receiveMessage(fds, maxFds);
            if (message == null) {
                return null;
            }
            Received received = new Received(message, fds);
            handedOver = true;
            return received;
        } finally {
            if (!handedOver) {
                fds.forEach(Fd::close);
            }
        }
    }

    private ControlMessage receiveMessage(List<Fd> fds, int maxFds) {
        byte[] header = new byte[ControlProtocol.HEADER_BYTES];
        int first = receiveSome(header, 0, fds, maxFds);
        if (first == 0) {
            return null;
        }
        long deadlineNanos = System.nanoTime() + MESSAGE_TIMEOUT.toNanos();
        fill(header, first, fds, maxFds, deadlineNanos);
        int length = ControlCodec.bodyLength(header);
        if (length > maxReceivedLength) {
            throw new BadMessageException("message must have at most " + maxReceivedLength + " bytes of TLVs: length="
                    + length);
        }
        byte[] body = new byte[length];
        fill(body, 0, fds, maxFds, deadlineNanos);
        return ControlMessage.decode(header, body);
    }

    private void fill(byte[] bytes, int from, List<Fd> fds, int maxFds, long deadlineNanos) {
        int filled = from;
        while (filled < bytes.length) {
            long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            if (leftMillis <= 0 || !connection.readable(leftMillis)) {
                throw new BadMessageException("message must be complete within " + MESSAGE_TIMEOUT.toSeconds()
                        + " s: missing=" + (bytes.length - filled) + " bytes");
            }
            int count = receiveSome(bytes, filled, fds, maxFds);
            if (count == 0) {
                throw new BadMessageException(
                        "stream ends within a message: missing=" + (bytes.length - filled) + " bytes");
            }
            filled += count;
        }
    }

    private int receiveSome(byte[] bytes, int from, List<Fd> fds, int maxFds) {
        try {
            return connection.receive(bytes, from, bytes.length - from, fds, maxFds - fds.size());
        } catch (OsException e) {
            if (e.errno() == Errno.EMSGSIZE) {
                throw new BadMessageException("message must bring at most " + maxFds + " descriptors: maxFds=" + maxFds,
                        e);
            }
            throw e;
        }
    }
}
