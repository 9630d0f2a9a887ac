// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.vfiouser.Capabilities;
import io.vlink.infra.vfiouser.VersionPayload;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserTransport;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import io.vlink.spec.vfiouser.VfioUserCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real agent, and processes on its sockets that keep to no protocol: it loses no descriptor, no memory and no time. */
class HostileNeighboursTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int SEQUENCES = 1_500;
    /** Fewer, as each that leaves a connection behind is told to the keeper, too. */
    private static final int SEQUENCES_WITH_KEEPER = 300;
    private static final long MEMORY_LIMIT_KIB = 24 << 10;
    /** Of an agent: one that listens for control connections, one for each of two devices, and the two bystanders'. */
    private static final long SOCKETS = 5;
    /** One more to its keeper, and a copy of each that it keeps: of all but the one for control connections. */
    private static final long SOCKETS_WITH_KEEPER = SOCKETS + 1 + (SOCKETS - 1);
    /** A request with its argsz, flags, and room for the reply. */
    private static final byte[] GET_INFO = {16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    @TempDir
    private Path folder;
    private RunDirectory directory;
    private Path deviceSocket;
    private ProgramProcess agent;

    /**
     * What a process has open.
     *
     * @param all         descriptors
     * @param sockets     those of them that are sockets
     * @param memoryFiles those of them that are memory files
     */
    private record Open(long all, long sockets, long memoryFiles) {
        static Open of(long pid) {
            try (var entries = Files.list(Path.of("/proc/" + pid + "/fd"))) {
                List<String> targets = entries.map(Open::target).toList();
                return new Open(targets.size(), targets.stream().filter(each -> each.startsWith("socket:")).count(),
                        targets.stream().filter(each -> each.startsWith("/memfd:")).count());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String target(Path entry) {
            try {
                return Files.readSymbolicLink(entry).toString();
            } catch (IOException closedMeanwhile) {
                return "";
            }
        }
    }

    /** A driver and a device's client of a second domain, who do nothing wrong. */
    private final class Bystanders implements AutoCloseable {
        private final UnixConnection driver = UnixConnection.connect(directory.controlSocket());
        private final ControlConnection asDriver = new ControlConnection(driver);
        private final UnixConnection device;

        Bystanders() {
            try (ControlConnection tool = directory.connect()) {
                device = agreed(Path.of(tool.request(registration("bystander", "tap77 52:54:00:12:34:77 2"))
                        .text(TlvType.SOCKET_PATH)));
            }
            asDriver.request(ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK)
                    .addText(TlvType.LINK_NAME, "tap77").build(), 3, LIMIT).closeFds();
        }

        /** Nobody has hung up on them or told them anything, and both are answered as before. */
        void assertUndisturbed() {
            for (UnixConnection each : List.of(driver, device)) {
                assertThat(each.hungUp()).as("hung up").isFalse();
                assertThat(each.readable(0)).as("bytes that nobody asked for").isFalse();
            }
            String report = asDriver.request(ControlMessage.request(Role.DRIVER, Request.REPORT).build())
                    .text(TlvType.REPORT);
            assertThat(report.substring(report.indexOf("\"name\":\"bystander\""))).contains("\"state\":\"connected\"",
                    "\"name\":\"tap77\"", "\"driverPid\":" + ProcessHandle.current().pid());
            VfioUserTransport transport = new VfioUserTransport(device);
            transport.send(VfioUserMessage.command(77, VfioUserCommand.DEVICE_GET_INFO, GET_INFO, List.of()));
            try (VfioUserMessage reply = transport.receive()) {
                assertThat(reply.id()).isEqualTo(77);
                assertThat(reply.error()).as("errno").isZero();
            }
            asDriver.request(ControlMessage.request(Role.DRIVER, Request.DETACH_LINK).build());
        }

        @Override
        public void close() {
            asDriver.close();
            device.close();
        }
    }

    private void startAgent(boolean keeper) throws IOException {
        directory = new RunDirectory(folder.resolve("run"));
        // A small heap that is there from the beginning: what grows beyond it is a leak.
        agent = ProgramProcess.start(folder, Map.of("JAVA_TOOL_OPTIONS", "-Xms48m -Xmx48m -XX:+AlwaysPreTouch"),
                VirtComputeMain.class, "--run-dir", directory.path().toString(), "--no-huge", "--memory", "16M",
                "--keeper", keeper ? "yes" : "no").awaitOutput("virt_compute ready");
        try (ControlConnection tool = directory.connect()) {
            deviceSocket = Path.of(tool.request(registration()).text(TlvType.SOCKET_PATH));
        }
    }

    @AfterEach
    void stopAgent() {
        keeper().ifPresent(ProcessHandle::destroyForcibly);
        agent.close();
    }

    private Optional<ProcessHandle> keeper() {
        return agent.process().children().findAny();
    }

    private static ControlMessage registration() {
        return registration("testvm1", "tap123 52:54:00:12:34:56 2");
    }

    private static ControlMessage registration(String domain, String link) {
        return ControlMessage.request(Role.TOOL, Request.REGISTER_DOMAIN).addText(TlvType.VM_DOMAIN, domain)
                .addText(TlvType.LINK, link).addInt(TlvType.PERSISTENT, 1).build();
    }

    @Test
    void noSequenceOfMessagesLeaksADescriptorOrMemory() throws IOException {
        startAgent(false);
        Random random = new Random(4);
        try (Bystanders bystanders = new Bystanders()) {
            awaitQuiet(SOCKETS);
            Open atFirst = Open.of(agent.process().pid());
            torment(random, SEQUENCES / 3);
            Open before = awaitSame(atFirst, Long.MAX_VALUE, agent.process().pid());
            long memory = residentKib();

            torment(random, SEQUENCES);

            awaitSame(atFirst, before.all(), agent.process().pid());
            assertThat(residentKib() - memory).as("KiB more than before").isLessThan(MEMORY_LIMIT_KIB);
            bystanders.assertUndisturbed();
            assertStillServes();
        }
    }

    @Test
    void noSequenceOfMessagesLeaksADescriptorOfTheAgentOrOfItsKeeper() throws IOException {
        startAgent(true);
        long keeperPid = keeper().orElseThrow().pid();
        Random random = new Random(5);
        try (Bystanders bystanders = new Bystanders()) {
            awaitQuiet(SOCKETS_WITH_KEEPER);
            Open atFirst = Open.of(agent.process().pid());
            Open keeperAtFirst = Open.of(keeperPid);
            torment(random, SEQUENCES_WITH_KEEPER / 3);
            Open before = awaitSame(atFirst, Long.MAX_VALUE, agent.process().pid());
            Open keeperBefore = awaitSame(keeperAtFirst, Long.MAX_VALUE, keeperPid);

            torment(random, SEQUENCES_WITH_KEEPER);

            awaitSame(atFirst, before.all(), agent.process().pid());
            awaitSame(keeperAtFirst, keeperBefore.all(), keeperPid);
            bystanders.assertUndisturbed();
            assertStillServes();
        }
    }

    /** Waits until it has the sockets and memory files again that it had before anybody came; {@return what it has then} */
    private static Open awaitSame(Open atFirst, long most, long pid) {
        Open[] now = new Open[1];
        await().atMost(LIMIT).untilAsserted(() -> {
            now[0] = Open.of(pid);
            assertThat(now[0].sockets()).as("sockets").isEqualTo(atFirst.sockets());
            assertThat(now[0].memoryFiles()).as("memory files").isEqualTo(atFirst.memoryFiles());
            assertThat(now[0].all()).as("descriptors").isLessThanOrEqualTo(most);
        });
        return now[0];
    }

    /** Until nothing but the agent's own sockets is left, those that listen and the one to its keeper, and the bystanders'. */
    private void awaitQuiet(long sockets) {
        await().atMost(LIMIT).untilAsserted(
                () -> assertThat(Open.of(agent.process().pid()).sockets()).as("sockets of the agent")
                        .isEqualTo(sockets));
    }

    private void assertStillServes() {
        try (ControlConnection tool = directory.connect(); UnixConnection device = agreed()) {
            tool.request(ControlMessage.request(Role.TOOL, Request.HELLO).build());
            String report = tool.request(ControlMessage.request(Role.TOOL, Request.REPORT).build())
                    .text(TlvType.REPORT);
            assertThat(report).contains("\"testvm1\"", "\"driverPid\":0");
            assertThat(device.hungUp()).isFalse();
        }
    }

    private UnixConnection agreed() {
        return agreed(deviceSocket);
    }

    /** A client of a device that has agreed on a version. */
    private static UnixConnection agreed(Path socket) {
        UnixConnection device = UnixConnection.connect(socket);
        device.receiveTimeout(LIMIT.toMillis());
        VfioUserTransport transport = new VfioUserTransport(device);
        byte[] version = new VersionPayload(0, 0, Capabilities.OURS.toJson()).encode();
        transport.send(VfioUserMessage.command(0, VfioUserCommand.VERSION, version, List.of()));
        try (VfioUserMessage reply = transport.receive()) {
            assertThat(reply.error()).as("errno").isZero();
        } catch (AssertionError refused) {
            device.close();
            throw refused;
        }
        return device;
    }

    private void torment(Random random, int sequences) {
        for (int i = 0; i < sequences; i++) {
            try (UnixConnection peer = UnixConnection.connect(
                    random.nextBoolean() ? directory.controlSocket() : deviceSocket)) {
                for (int messages = random.nextInt(5); messages >= 0; messages--) {
                    byte[] message = spoilt(random,
                            random.nextBoolean() ? controlMessage(random) : deviceMessage(random));
                    peer.send(message, 0, message.length, fds(random, peer));
                }
                if (random.nextInt(4) == 0 && peer.readable(20)) {
                    List<Fd> got = new ArrayList<>();
                    peer.receive(new byte[4_096], 0, 4_096, got, 8);
                    got.forEach(Fd::close);
                }
            } catch (OsException refused) {
                // That it is hung up on is what it asked for.
            }
        }
    }

    private static List<Fd> fds(Random random, UnixConnection peer) {
        int count = random.nextInt(3) == 0 ? random.nextInt(12) : 0;
        return Collections.nCopies(count, peer.fd());
    }

    private static byte[] controlMessage(Random random) {
        ControlMessage message = switch (random.nextInt(6)) {
            case 0 -> ControlMessage.request(Role.TOOL, Request.HELLO).build();
            case 1 -> ControlMessage.request(Role.TOOL, Request.REPORT).build();
            case 2 -> registration();
            case 3 -> ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK).addText(TlvType.LINK_NAME, "tap123")
                    .build();
            case 4 -> ControlMessage.request(Role.DRIVER, Request.DETACH_LINK).build();
            default -> ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "other" + random.nextInt(3))
                    .addText(TlvType.LINK, "tap9 52:54:00:12:34:57 2").build();
        };
        return message.encode();
    }

    private static byte[] deviceMessage(Random random) {
        byte[] payload = random.nextInt(3) == 0
                ? new VersionPayload(0, 0, Capabilities.OURS.toJson()).encode()
                : new byte[random.nextInt(40)];
        ByteBuffer message = ByteBuffer.allocate(16 + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        message.putShort(2, (short) (1 + random.nextInt(15))).putInt(4, 16 + payload.length).put(16, payload);
        return message.array();
    }

    /** Two of three are left as they are: a sequence must get somewhere. */
    private static byte[] spoilt(Random random, byte[] message) {
        if (random.nextInt(3) > 0) {
            return message;
        }
        byte[] other = Arrays.copyOf(message, 1 + random.nextInt(message.length));
        other[random.nextInt(other.length)] = (byte) random.nextInt();
        return other;
    }

    @Test
    void peersThatAreSilentOrSlowOrNeverReadHoldUpNeitherClientsNorTheEnd() throws Exception {
        startAgent(false);
        List<UnixConnection> peers = new ArrayList<>();
        for (Path socket : List.of(directory.controlSocket(), deviceSocket)) {
            peers.add(UnixConnection.connect(socket));
            UnixConnection slow = UnixConnection.connect(socket);
            slow.send(new byte[]{1}, 0, 1, List.of());
            peers.add(slow);
        }
        UnixConnection deaf = UnixConnection.connect(directory.controlSocket());
        fill(deaf, ControlMessage.request(Role.TOOL, Request.REPORT).build().encode());
        peers.add(deaf);

        assertStillServes();

        long start = System.nanoTime();
        agent.signal("TERM");
        assertThat(agent.awaitExit(LIMIT)).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThat(directory.path()).doesNotExist();
        peers.forEach(UnixConnection::close);
    }

    /** Sends until the agent, which cannot send its replies any more, takes nothing. */
    private static void fill(UnixConnection deaf, byte[] request) {
        deaf.sendTimeout(300);
        assertThatThrownBy(() -> {
            while (true) {
                deaf.send(request, 0, request.length, List.of());
            }
        }).isInstanceOf(OsException.class);
    }

    @Test
    void regressionAClientThatSentItsOwnEndAndDiedIsNotWaitedForForEver() throws IOException {
        startAgent(false);
        try (UnixConnection client = agreed()) {
            byte[] part = new byte[20];
            part[2] = 2;
            part[4] = 48;
            client.send(part, 0, part.length, List.of(client.fd()));
        }
        await().atMost(LIMIT).ignoreExceptions().untilAsserted(this::assertStillServes);
    }

    @Test
    void aRequestThatClaimsToBeLongerThanAnyIsEndsItsConnectionAtOnce() throws IOException {
        startAgent(false);
        try (UnixConnection peer = UnixConnection.connect(directory.controlSocket())) {
            byte[] header = {1, 0, 1, 0, 1, 0, 1, 0};
            peer.send(header, 0, header.length, List.of());
            peer.receiveTimeout(LIMIT.toMillis());
            byte[] reply = new byte[4_096];
            assertThat(peer.receive(reply, 0, reply.length, new ArrayList<>(), 0)).isPositive();
            assertThat(new String(reply, StandardCharsets.UTF_8))
                    .contains("message must have at most 65536 bytes");
        }
    }

    private long residentKib() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/" + agent.process().pid() + "/status")).stream()
                .filter(each -> each.startsWith("VmRSS:")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
    }
}
