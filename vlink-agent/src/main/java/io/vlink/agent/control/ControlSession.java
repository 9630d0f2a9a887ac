// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import io.vlink.agent.domain.Attachment;
import io.vlink.agent.domain.Domain;
import io.vlink.agent.domain.DomainRequest;
import io.vlink.agent.domain.HeldSession;
import io.vlink.agent.domain.Inventory;
import io.vlink.agent.domain.Keeping;
import io.vlink.agent.domain.RegistrationMessage;
import io.vlink.agent.domain.ReportWriter;
import io.vlink.agent.domain.RequestException;
import io.vlink.agent.limits.LineLimit;
import io.vlink.agent.limits.MessageRate;
import io.vlink.infra.control.BadMessageException;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One control connection: what it may ask, and what it holds until it ends. A driver's link is detached and a QEMU's domain
 * is withdrawn at the end of the stream, however that came. One thread.
 */
final class ControlSession implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlSession.class);
    private static final Map<Request, Set<Role>> ROLES = Map.of(
            Request.HELLO, EnumSet.allOf(Role.class),
            Request.REPORT, EnumSet.allOf(Role.class),
            Request.REGISTER_DOMAIN, EnumSet.of(Role.TOOL, Role.QEMU),
            Request.UNREGISTER_DOMAIN, EnumSet.of(Role.TOOL),
            Request.ATTACH_LINK, EnumSet.of(Role.DRIVER),
            Request.DETACH_LINK, EnumSet.of(Role.DRIVER));

    /** What goes back: a message and the descriptors with it, which stay ours. */
    private record Reply(ControlMessage message, List<Fd> fds) {
        static Reply of(ControlMessage message) {
            return new Reply(message, List.of());
        }
    }

    private final ControlConnection connection;
    private final PeerCredentials peer;
    private final Inventory inventory;
    private final Keeping keeping;
    private final Supplier<ReportWriter.AgentFacts> facts;
    private final Function<String, Path> socketOfDomain;
    private final Duration idle;
    private final MessageRate rate;
    private final LineLimit lines;
    /** What this connection holds, or null. */
    private HeldSession held;

    ControlSession(ControlConnection connection, PeerCredentials peer, Inventory inventory,
            Supplier<ReportWriter.AgentFacts> facts, Function<String, Path> socketOfDomain, Duration idle,
            MessageRate rate, LineLimit lines) {
        this.connection = connection;
        this.peer = peer;
        this.inventory = inventory;
        this.keeping = inventory.keeping();
        this.facts = facts;
        this.socketOfDomain = socketOfDomain;
        this.idle = idle;
        this.rate = rate;
        this.lines = lines;
    }

    /** Goes on with what another process has promised on this connection, before {@link #run}. */
    void adopt(HeldSession last) {
        held = last;
    }

    @Override
    public void run() {
        try (connection) {
            answerWhatIsOwed();
            serve();
        } catch (BadMessageException e) {
            lines.warn(LOG, "event=control_bad_message pid={} error={}", peer.pid(), e.getMessage());
        } catch (OsException | IllegalStateException e) {
            LOG.debug("event=control_connection_lost pid={} error={}", peer.pid(), e.getMessage());
        } catch (RuntimeException e) {
            lines.error(LOG, "event=control_session_failed pid={} error={}", peer.pid(), e.toString(), e);
        } finally {
            leave();
        }
    }

    /** Only a QEMU that has registered its domain gets its answer late, or twice: it reads one, and no more. */
    private void answerWhatIsOwed() {
        if (held != null && held.owed()) {
            connection.send(registered(held.domain()), List.of());
            settle();
        }
    }

    /** The reply is sent: from now on the peer knows what it holds. */
    private void settle() {
        if (held != null && held.owed()) {
            held = held.settled();
            try {
                keeping.keepSession(held, connection.fd());
            } catch (OsException e) {
                // What is kept still says that the reply is owed, which only the next agent would notice.
                LOG.warn("event=not_settled pid={} error={}", peer.pid(), e.getMessage());
            }
        }
    }

    /** From now on it is this connection's; unless it cannot be kept, then it is given back at once. */
    private void hold(HeldSession session) {
        held = session;
        try {
            keeping.keepSession(session, connection.fd());
        } catch (OsException e) {
            leave();
            held = null;
            throw e;
        }
    }

    private void serve() {
        while (true) {
            ControlConnection.Received received;
            Reply reply;
            try {
                if (!awaitRequest()) {
                    return;
                }
                rate.await();
                received = connection.receive(0);
                if (received == null) {
                    return;
                }
                reply = answer(received.message());
            } catch (BadMessageException e) {
                connection.send(ControlMessage.failure(StatusCode.BAD_MESSAGE, e.getMessage()), List.of());
                throw e;
            }
            connection.send(reply.message(), reply.fds());
            settle();
        }
    }

    /** Only who holds a link or a domain may be silent; everybody else takes a place from those who have a request. */
    private boolean awaitRequest() {
        if (held != null || connection.readable(idle)) {
            return true;
        }
        lines.warn(LOG, "event=control_connection_idle pid={} uid={} seconds={}", peer.pid(), peer.uid(),
                idle.toSeconds());
        connection.send(ControlMessage.failure(StatusCode.FAILED, "connection was closed, because it asked for nothing:"
                + " seconds=" + idle.toSeconds() + ": connect again"), List.of());
        return false;
    }

    private Reply answer(ControlMessage message) {
        Role role = message.role();
        Request request = message.request();
        try {
            if (!ROLES.get(request).contains(role)) {
                throw new RequestException(StatusCode.DENIED,
                        "this role may not ask for that: role=" + role + " request=" + request);
            }
            return switch (request) {
                case HELLO -> Reply.of(ok().addInt(TlvType.AGENT_PID, (int) facts.get().pid()).build());
                case REPORT -> Reply.of(ok().addText(TlvType.REPORT, inventory.report(facts.get())).build());
                case REGISTER_DOMAIN -> register(role, message);
                case UNREGISTER_DOMAIN -> unregister(message);
                case ATTACH_LINK -> attach(message);
                case DETACH_LINK -> detach();
            };
        } catch (RequestException e) {
            lines.warn(LOG, "event=request_refused request={} role={} pid={} status={} error={}", request, role,
                    peer.pid(),
                    e.status(), e.getMessage());
            return Reply.of(ControlMessage.failure(e.status(), e.getMessage()));
        } catch (OsException e) {
            lines.error(LOG, "event=request_failed request={} role={} pid={} error={}", request, role, peer.pid(),
                    e.getMessage());
            return Reply.of(ControlMessage.failure(StatusCode.FAILED, e.getMessage()));
        }
    }

    private static ControlMessage.Builder ok() {
        return ControlMessage.reply(StatusCode.OK);
    }

    private Reply register(Role role, ControlMessage message) throws RequestException {
        boolean persistent = message.optionalInteger(TlvType.PERSISTENT).orElse(0) == 1;
        if (persistent != (role == Role.TOOL)) {
            throw new RequestException(StatusCode.INVALID,
                    "a tool registers for good, a QEMU as long as it lives: role=" + role + " persistent="
                            + persistent);
        }
        checkHoldsNothing("one domain a connection");
        DomainRequest request = RegistrationMessage.read(message);
        Domain registered = inventory.register(request, peer.pid(), persistent);
        if (!persistent) {
            hold(HeldSession.of(registered));
        }
        return Reply.of(registered(registered));
    }

    private void checkHoldsNothing(String rule) throws RequestException {
        if (held != null) {
            throw new RequestException(StatusCode.BUSY, rule + ": " + (held.attachment() == null
                    ? "vm_domain=" + held.domain().name() + " is registered on this one"
                    : "link=" + held.attachment().link().request().name() + " is attached to this one"));
        }
    }

    private ControlMessage registered(Domain domain) {
        return ok().addText(TlvType.SOCKET_PATH, socketOfDomain.apply(domain.name()).toString()).build();
    }

    private Reply unregister(ControlMessage message) throws RequestException {
        inventory.unregister(message.text(TlvType.VM_DOMAIN));
        return Reply.of(ok().build());
    }

    private Reply attach(ControlMessage message) throws RequestException {
        checkHoldsNothing("one link a connection");
        Attachment attachment = inventory.attach(message.text(TlvType.LINK_NAME), peer.pid());
        hold(HeldSession.of(attachment));
        return new Reply(ok().build(), attachment.link().descriptors());
    }

    private Reply detach() throws RequestException {
        if (held == null || held.attachment() == null) {
            throw new RequestException(StatusCode.NOT_FOUND, "no link is attached to this connection");
        }
        // Forgotten first: a driver whose agent dies now sees its connection end, as it wanted.
        keeping.forgetSession(held);
        inventory.detach(held.attachment());
        held = null;
        return Reply.of(ok().build());
    }

    /** Gives back what the connection held. */
    private void leave() {
        if (held == null) {
            return;
        }
        try {
            if (held.attachment() != null) {
                inventory.detach(held.attachment());
            } else {
                inventory.withdraw(held.domain());
            }
        } finally {
            keeping.forgetSession(held);
        }
    }
}
