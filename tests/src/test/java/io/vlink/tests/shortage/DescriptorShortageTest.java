// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.shortage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.vfiouser.Capabilities;
import io.vlink.infra.vfiouser.IrqSet;
import io.vlink.infra.vfiouser.VersionPayload;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserTransport;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import io.vlink.spec.vfiouser.VfioUserCommand;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import io.vlink.tests.lab.AgentProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Agent, keeper and host programs that may open too few files (EMFILE). */
class DescriptorShortageTest {
    private static final String[] OPTIONS = {"--no-huge", "--memory", "16M"};
    private static final String REMEDY = "raise \"ulimit -n\", or LimitNOFILE= of a systemd unit";
    /** More than a domain of one link takes. */
    private static final int ENOUGH = 64;
    /** Clients that find no descriptor, and how long they keep at it. */
    private static final int CLIENTS = 4;
    private static final long SHORTAGE_MILLIS = 1_000;

    private final Scarcity scarcity = new Scarcity();
    private AgentProcess agent;
    private OpenFiles ofAgent;

    @AfterEach
    void tearDown() {
        scarcity.close();
    }

    private void startAgent() {
        assumeTrue(OpenFiles.canBeLimited(), "no prlimit");
        agent = scarcity.starts(Scarcity.NONE, OPTIONS);
        ofAgent = new OpenFiles(agent.process().pid());
    }

    private ControlConnection connect() {
        return new RunDirectory(scarcity.lab().runDirectory()).connect();
    }

    private static ControlMessage registration(String domain, int number) {
        return ControlMessage.request(Role.TOOL, Request.REGISTER_DOMAIN).addText(TlvType.VM_DOMAIN, domain)
                .addText(TlvType.LINK, "tap" + number + " 52:54:00:00:00:0" + number + " 2 queue_size=64")
                .addInt(TlvType.PERSISTENT, 1).build();
    }

    private static ControlMessage withdrawal(String domain) {
        return ControlMessage.request(Role.TOOL, Request.UNREGISTER_DOMAIN).addText(TlvType.VM_DOMAIN, domain).build();
    }

    private long logged(String text) {
        return agent.process().allLines().stream().filter(line -> line.contains(text)).count();
    }

    @Test
    void noProgramStartsWithTooFewAndEachSaysHowManyItNeeds() {
        for (int limit : new int[]{32, 128}) {
            assertThat(scarcity.failsToStart("ulimit -n " + limit, OPTIONS)).isEqualTo(
                    "virt_compute: descriptors short: need=256 limit=" + limit + ": " + REMEDY);
        }
        for (String program : List.of("pktgen", "vlink-echo")) {
            assertThat(scarcity.fails("ulimit -n 32", program, "--vdev=eth_vlink0,link=tap1,mode=mq"))
                    .isEqualTo(program + ": descriptors short: need=64 limit=32: " + REMEDY);
        }
        agent = scarcity.starts("ulimit -n 256", OPTIONS);
        assertThat(agent.status()).containsKey("domains");
    }

    @Test
    void aRegistrationThatFindsTooFewIsRefusedWhereverItFindsOutAndLeavesNothing() {
        startAgent();
        try (ControlConnection tool = connect()) {
            tool.request(registration("first", 1));
            Map<String, Integer> before = ofAgent.held();
            int refusals = 0;
            while (!registers(tool, refusals)) {
                refusals++;
                awaitHeld(before, "after refusal " + refusals);
            }
            assertThat(refusals).as("steps of a registration that need a descriptor").isBetween(8, ENOUGH);
            ofAgent.allowPlenty();
            tool.request(withdrawal("second"));
            awaitHeld(before, "after the withdrawal");
        }
        assertThat(agent.vlinkctl("status")).anyMatch(line -> line.contains("first"))
                .noneMatch(line -> line.contains("second"));
    }

    /** As above, for a QEMU, whose connection is kept as well, and for a driver. */
    @Test
    void aQemuOrADriverThatFindsTooFewIsRefusedWhereverItFindsOutAndLeavesNothing() {
        startAgent();
        ControlMessage.Builder register = ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
                .addText(TlvType.VM_DOMAIN, "second").addText(TlvType.LINK, "tap2 52:54:00:00:00:02 2 queue_size=64");
        ControlMessage registration = register.build();
        ControlMessage attach = ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK)
                .addText(TlvType.LINK_NAME, "tap2").build();
        try (ControlConnection tool = connect();
                ControlConnection qemu = connect();
                ControlConnection driver = connect()) {
            tool.request(registration("first", 1));
            for (ControlConnection each : List.of(qemu, driver)) {
                each.request(ControlMessage.request(each == qemu ? Role.QEMU : Role.DRIVER, Request.HELLO).build());
            }
            Map<String, Integer> before = ofAgent.held();
            int refusals = 0;
            while (!isGranted(qemu, registration, 0, refusals)) {
                refusals++;
                awaitHeld(before, "after refusal " + refusals);
            }
            assertThat(refusals).isBetween(8, ENOUGH);
            ofAgent.allowPlenty();
            Map<String, Integer> registered = ofAgent.held();
            refusals = 0;
            while (!isGranted(driver, attach, 3, refusals)) {
                refusals++;
                awaitHeld(registered, "after refusal " + refusals + " of the link");
            }
            assertThat(refusals).isPositive();
            ofAgent.allowPlenty();
        }
        await().atMost(Scarcity.LIMIT)
                .untilAsserted(() -> assertThat(agent.vlinkctl("status")).noneMatch(line -> line.contains("second")));
    }

    private boolean isGranted(ControlConnection connection, ControlMessage request, int fds, int free) {
        ofAgent.allowMore(free);
        try {
            connection.request(request, fds, Scarcity.LIMIT).closeFds();
            return true;
        } catch (ControlException e) {
            assertThat(e).hasMessageContainingAll("EMFILE (Too many open files)", REMEDY);
            return false;
        }
    }

    private void awaitHeld(Map<String, Integer> before, String when) {
        await().pollDelay(Duration.ZERO).atMost(Scarcity.LIMIT)
                .untilAsserted(() -> assertThat(ofAgent.held()).as("descriptors " + when).isEqualTo(before));
    }

    private boolean registers(ControlConnection tool, int free) {
        ofAgent.allowMore(free);
        try {
            tool.request(registration("second", 2));
            return true;
        } catch (ControlException e) {
            assertThat(e).hasMessageContainingAll("EMFILE (Too many open files)", REMEDY);
            return false;
        }
    }

    @Test
    void connectionsAreRefusedInOneLineAndADeviceKeepsItsGuestUntilThereAreSomeAgain() throws InterruptedException {
        startAgent();
        Path socket = Path.of(agent.vlinkctl("register", "vm_domain=vm1,init_config="
                + scarcity.lab().write("link.config", "tap1 52:54:00:00:00:01 2 queue_size=64\n")).getLast());
        List<AutoCloseable> idle = new ArrayList<>();
        try (UnixConnection guest = UnixConnection.connect(socket); Fd event = Fd.eventFd()) {
            VfioUserTransport transport = agreed(guest);
            ofAgent.allowMore(0);
            idle.add(connect());
            assertThatThrownBy(() -> connect().request(ControlMessage.request(Role.TOOL, Request.HELLO).build()))
                    .isInstanceOfSatisfying(ControlException.class,
                            e -> assertThat(e.status()).isEqualTo(StatusCode.NO_RESOURCES))
                    .hasMessageStartingWith("the agent has no descriptor left for another connection: limit=")
                    .hasMessageContaining(REMEDY);
            assertThat(scarcity.fails(Scarcity.NONE, "vlinkctl", "status"))
                    .startsWith("vlinkctl: the agent has no descriptor left");
            assertThat(connectInterrupt(transport, event)).as("errno").isEqualTo(Errno.EMFILE);
            List<UnixConnection> waiting = assertNobodySpins(socket);
            assertThat(guest.hungUp()).isFalse();

            ofAgent.allowPlenty();
            assertThat(connectInterrupt(transport, event)).as("errno").isZero();
            waiting.forEach(UnixConnection::close);
        } finally {
            for (AutoCloseable connection : idle) {
                closeQuietly(connection);
            }
        }
        assertThat(agent.vlinkctl("status")).anyMatch(line -> line.contains("vm1"));
    }

    /** Clients of a device that nobody can accept: they wait, the agent does not look at them all the time. */
    private List<UnixConnection> assertNobodySpins(Path socket) throws InterruptedException {
        List<UnixConnection> waiting = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
            waiting.add(UnixConnection.connect(socket));
        }
        long ticks = ofAgent.ticks();
        Thread.sleep(SHORTAGE_MILLIS);
        assertThat(ofAgent.ticks() - ticks).as("processor time of the agent in 1 s, in ticks of 10 ms")
                .isLessThan(SHORTAGE_MILLIS / 10 / 2);
        assertThat(logged("event=connection_not_accepted path=" + socket)).isLessThanOrEqualTo(1);
        return waiting;
    }

    private static void closeQuietly(AutoCloseable connection) {
        try {
            connection.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static VfioUserTransport agreed(UnixConnection guest) {
        guest.receiveTimeout(Scarcity.LIMIT.toMillis());
        VfioUserTransport transport = new VfioUserTransport(guest);
        byte[] version = new VersionPayload(0, 0, Capabilities.OURS.toJson()).encode();
        transport.send(VfioUserMessage.command(0, VfioUserCommand.VERSION, version, List.of()));
        try (VfioUserMessage reply = transport.receive()) {
            assertThat(reply.isError()).isFalse();
        }
        return transport;
    }

    /** What QEMU asks for when a guest's driver enables interrupts; returns the errno of the answer, or 0. */
    private static int connectInterrupt(VfioUserTransport transport, Fd event) {
        byte[] payload = new IrqSet(VfioUserProtocol.SET_IRQS_DATA_EVENTFD | VfioUserProtocol.SET_IRQS_ACTION_TRIGGER,
                0, 0, 1, new byte[0]).encode();
        transport.send(VfioUserMessage.command(1, VfioUserCommand.DEVICE_SET_IRQS, payload, List.of(event)));
        try (VfioUserMessage reply = transport.receive()) {
            return reply.error();
        }
    }

    @Test
    void aKeeperThatFindsTooFewSaysSoAndHasEverythingOnceThereAreSome() {
        startAgent();
        OpenFiles ofKeeper = new OpenFiles(scarcity.lab().keeper().orElseThrow().pid());
        ofKeeper.allowMore(0);
        try (ControlConnection tool = connect()) {
            tool.request(registration("kept", 1));
            assertThat(agent.process().allLines()).anyMatch(
                    line -> line.contains("event=not_kept key=domain.kept") && line.contains(REMEDY));
            ofKeeper.allowPlenty();
            tool.request(registration("later", 2));
            await().atMost(Scarcity.LIMIT).until(() -> logged("event=kept_after_all key=domain.kept") == 1);
        }
        assertThat(logged("event=keeper_lost")).isZero();
        agent.process().signal("KILL");
        agent.process().awaitExit(Scarcity.LIMIT);
        agent = scarcity.starts(Scarcity.NONE, OPTIONS);
        assertThat(agent.vlinkctl("status")).anyMatch(line -> line.contains("kept"))
                .anyMatch(line -> line.contains("later"));
    }
}
