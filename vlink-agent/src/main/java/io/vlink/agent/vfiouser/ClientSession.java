// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.DeviceAccessException;
import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.agent.limits.LineLimit;
import io.vlink.agent.limits.MessageRate;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.vfiouser.LostDescriptorsException;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.infra.vfiouser.VfioUserTransport;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of a device, from its first message until it is gone. Runs on the server's serving thread; what a client does wrong
 * costs it an error reply, or this connection where messages can no longer be told apart, and never more than that.
 */
final class ClientSession {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);
    /** How long a client may leave its replies unread, in milliseconds. */
    private static final long SEND_TIMEOUT_MILLIS = 5_000;
    /** Time between two looks at a socket where nothing comes, in milliseconds. */
    private static final long LOOK_MILLIS = 250;
    /**
     * How old a request may be that is answered still, in nanoseconds. QEMU 11.1 waits 5 s; an answer that comes later it takes
     * for the next one's, loses its place in the stream, and the device is gone for as long as that QEMU lives.
     */
    private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(4);
    /** How long a client may take to agree on a version, in milliseconds; it would keep the device from a QEMU. */
    private static final long AGREE_MILLIS = 5_000;
    /** More than any guest's driver asks for; less than what keeps a processor busy. */
    private static final int MESSAGES_PER_SECOND = 20_000;
    private static final int MESSAGES_AT_ONCE = 50_000;

    /** A message, and what is wrong with it where this process could not take its descriptors, or null. */
    private record Received(VfioUserMessage message, LostDescriptorsException loss) implements AutoCloseable {
        @Override
        public void close() {
            message.close();
        }
    }

    private final String domain;
    private final LineLimit lines;
    private final PciVlinkDevice device;
    private final UnixConnection connection;
    private final VfioUserTransport transport;
    private final CommandTable commands;
    private final ClientMemory memory;
    private final MessageRate rate = new MessageRate(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE);
    /** Whether what is in the socket may have waited for so long that the client has given up on it. */
    private boolean late;

    ClientSession(String domain, LineLimit lines, PciVlinkDevice device, UnixConnection connection, ClientMemory memory,
            ClientKeeper keeper) {
        this.domain = domain;
        this.lines = lines;
        this.device = device;
        this.connection = connection;
        this.memory = memory;
        this.transport = new VfioUserTransport(connection);
        this.commands = new CommandTable(device, memory, eventFd -> keeper.keep(connection.fd(), eventFd));
    }

    /**
     * Serves until the client is gone or has to go; returns without throwing. Closing the connection is the caller's. A client
     * that another process has served gets the answer first that this process owed.
     */
    void serve() {
        try {
            connection.sendTimeout(SEND_TIMEOUT_MILLIS);
            connection.receiveTimeout(commands.versionAgreed() ? 0 : AGREE_MILLIS);
            answerWhatIsDue();
            long startNanos = System.nanoTime();
            boolean there = true;
            while (there && (commands.versionAgreed() || isToAgree(startNanos))) {
                rate.await();
                there = serveOne();
            }
            lines.info(LOG, "event=device_client_gone vm_domain={}", domain);
        } catch (VfioUserProtocolException e) {
            lines.warn(LOG, "event=device_client_dropped vm_domain={} error={}", domain, e.getMessage());
        } catch (OsException | IllegalStateException e) {
            lines.warn(LOG, "event=device_client_lost vm_domain={} error={}", domain, e.getMessage());
        } finally {
            if (commands.versionAgreed()) {
                tell("disconnected", device::disconnect);
            }
        }
    }

    private boolean isToAgree(long startNanos) {
        long leftMillis = AGREE_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
        return FirstMessage.isThere(connection, leftMillis);
    }

    private void answerWhatIsDue() {
        late = commands.versionAgreed() && isLate(System.nanoTime());
        ClientMemory.Due due = memory.due();
        if (due == null) {
            return;
        }
        if (due.sending()) {
            // Sent twice, QEMU takes the second answer for the next one's; not sent at all, it waits 5 s and goes on.
            lines.warn(LOG, "event=device_answer_uncertain vm_domain={} command={} note=it is not sent again", domain,
                    due.request().commandName());
            memory.sent();
            return;
        }
        lines.info(LOG, "event=device_answer_due vm_domain={} command={}", domain, due.request().commandName());
        try (Received next = connection.readable(0) ? receive() : null) {
            VfioUserMessage answer = due.repeat() ? reply(due.request()) : due.answer();
            if (!answer.isError()) {
                agree();
            }
            answer(answer);
            if (next != null && !due.isOf(next.message())) {
                serve(next);
            }
        }
    }

    /** The next message, taken from the socket; null at the end of the stream. */
    private Received receive() {
        try {
            VfioUserMessage message = transport.receive();
            return message == null ? null : new Received(message, null);
        } catch (LostDescriptorsException e) {
            return new Received(e.received(), e);
        }
    }

    private void serve(Received next) {
        VfioUserMessage request = next.message();
        if (next.loss() == null) {
            serve(request, false);
        } else {
            refused(request, next.loss().getMessage());
            answer(request, request.errorReply(next.loss().errno()), false);
        }
    }

    /**
     * Waits for a message. Whatever came while this process, or the one before it, did not look for too long (it was stopped, or
     * killed and started again) is late.
     */
    private void await() {
        boolean there;
        do {
            there = connection.readable(LOOK_MILLIS);
            long now = System.nanoTime();
            late = isLate(now) || (late && there);
            memory.looked(now);
        } while (!there);
    }

    private boolean isLate(long now) {
        return now - memory.looked() > LATE_NANOS;
    }

    private boolean serveOne() {
        if (commands.versionAgreed()) {
            await();
        }
        VfioUserMessage waiting = transport.peek(ClientMemory.MAX_MESSAGE_BYTES);
        if (waiting != null) {
            serve(waiting, true);
            return true;
        }
        try (Received next = receive()) {
            if (next == null) {
                return false;
            }
            serve(next);
            return true;
        }
    }

    /**
     * Carries a request out, writes the answer down, takes the request from the socket, answers: whenever this process ends,
     * the next one finds the request, or the answer that is due.
     */
    private void serve(VfioUserMessage request, boolean inSocket) {
        if (!commands.versionAgreed()) {
            memory.looked(System.nanoTime());
        }
        VfioUserMessage answer = null;
        if (request.isReply()) {
            refused(request, "a server sends no commands, so a client has nothing to reply to");
        } else {
            answer = reply(request);
        }
        answer(request, answer, inSocket);
    }

    private void answer(VfioUserMessage request, VfioUserMessage answer, boolean inSocket) {
        boolean owed = answer != null && request.wantsReply();
        if (owed) {
            memory.due(request, answer, inSocket);
        }
        if (commands.versionAgreed()) {
            agree();
        }
        if (inSocket) {
            transport.skip(request);
        }
        if (owed) {
            answer(answer);
        }
    }

    /** Before the reply to VERSION: a client that has seen it finds a domain that knows of it. */
    private void agree() {
        if (!memory.agreed()) {
            commands.agreed();
            memory.agree();
            connection.receiveTimeout(0);
            tell("connected", device::connect);
        }
    }

    private void answer(VfioUserMessage answer) {
        memory.sending();
        if (late || isLate(System.nanoTime())) {
            lines.warn(LOG, "event=device_answer_late vm_domain={} command={} note=the client has given up on it",
                    domain,
                    answer.commandName());
        } else {
            transport.send(answer);
        }
        memory.sent();
    }

    private VfioUserMessage reply(VfioUserMessage request) {
        try {
            Reply reply = commands.handle(request);
            return request.reply(reply.payload(), reply.fds());
        } catch (VfioUserProtocolException e) {
            if (e.errno() == Errno.EOPNOTSUPP) {
                // To ask for what is not there is no fault: QEMU does it to find out.
                LOG.debug("event=device_request_unsupported vm_domain={} command={} error={}", domain,
                        request.commandName(),
                        e.getMessage());
            } else {
                refused(request, e.getMessage());
            }
            return request.errorReply(e.errno());
        } catch (DeviceAccessException e) {
            refused(request, e.getMessage());
            return request.errorReply(Errno.EINVAL);
        } catch (OsException e) {
            refused(request, e.getMessage());
            return request.errorReply(e.errno());
        } catch (RuntimeException e) {
            lines.error(LOG, "event=device_request_failed vm_domain={} command={} error={}", domain,
                    request.commandName(),
                    e.getMessage(), e);
            return request.errorReply(Errno.EIO);
        }
    }

    private void refused(VfioUserMessage request, String why) {
        lines.warn(LOG, "event=device_request_refused vm_domain={} command={} error={}", domain, request.commandName(),
                why);
    }

    /** The domain's own trouble must not become the client's. */
    private void tell(String what, Runnable event) {
        try {
            event.run();
        } catch (RuntimeException e) {
            lines.error(LOG, "event=device_event_failed vm_domain={} what={} error={}", domain, what, e.getMessage(),
                    e);
        }
    }
}
