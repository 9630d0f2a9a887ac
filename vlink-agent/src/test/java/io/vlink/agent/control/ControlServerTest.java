// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.AgentFixture;
import io.vlink.agent.domain.Inventory;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.infra.os.UnixListener;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlServerTest {
    private static final int FLOOD_REQUESTS = 3_000;

    private AgentFixture agent;

    @BeforeEach
    void startAgent() throws IOException {
        agent = new AgentFixture();
    }

    @AfterEach
    void stopAgent() throws IOException {
        agent.close();
    }

    private static ControlMessage registration(Role role, boolean persistent) {
        ControlMessage.Builder request = ControlMessage.request(role, Request.REGISTER_DOMAIN)
                .addText(TlvType.VM_DOMAIN, "testvm1");
        AgentFixture.LINKS.lines().forEach(line -> request.addText(TlvType.LINK, line));
        return persistent ? request.addInt(TlvType.PERSISTENT, 1).build() : request.build();
    }

    private static ControlMessage attach(String link) {
        return ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK).addText(TlvType.LINK_NAME, link).build();
    }

    private static void refused(ControlConnection connection, ControlMessage request, StatusCode status,
            String... parts) {
        ControlException refusal = catchThrowableOfType(ControlException.class, () -> connection.request(request));
        assertThat(refusal).isNotNull().hasMessageContainingAll(parts);
        assertThat(refusal.status()).isEqualTo(status);
    }

    private static ControlConnection.Received attached(ControlConnection connection, String link) {
        return connection.request(attach(link), 3, Duration.ofSeconds(5));
    }

    private String report() {
        try (ControlConnection tool = agent.connect()) {
            return tool.request(ControlMessage.request(Role.TOOL, Request.REPORT).build()).text(TlvType.REPORT);
        }
    }

    private static int openDescriptors() throws IOException {
        try (var fds = Files.list(Path.of("/proc/self/fd"))) {
            return (int) fds.count();
        }
    }

    @Nested
    class BadMessages {
        @ParameterizedTest
        @ValueSource(strings = {
                "0200000000000000", // another version
                "0101000000000000", // a reserved byte
                "0100000000000000", // a request without a role
                "01000100ffffff7f", // two GiB of TLVs
                "01000100080000006300000000000000", // an unknown type
                "010002001800000001000000040000000100000002000000040000006300000" + "0", // an unknown request
                "010002001800000001000000040000006300000002000000040000000100000" + "0", // an unknown role
        })
        void endTheirOwnConnectionOnly(String hex) throws IOException {
            try (ControlConnection other = agent.connect();
                    UnixConnection bad = UnixConnection.connect(agent.directory().controlSocket())) {
                byte[] bytes = HexFormat.of().parseHex(hex);
                bad.send(bytes, 0, bytes.length, List.of());
                bad.receiveTimeout(5_000);
                byte[] reply = new byte[4_096];
                int count = bad.receive(reply, 0, reply.length, new ArrayList<>(), 0);
                assertThat(count).as("bytes of the reply").isPositive();
                assertThat(reply[16]).as("status BAD_MESSAGE").isEqualTo((byte) 1);
                assertThat(bad.receive(reply, 0, reply.length, new ArrayList<>(), 0)).as("end of stream").isZero();
                other.request(ControlMessage.request(Role.TOOL, Request.HELLO).build());
            }
        }

        @Test
        void withDescriptorsLeakNone() throws IOException {
            int before;
            try (ControlConnection other = agent.connect()) {
                other.request(ControlMessage.request(Role.TOOL, Request.HELLO).build());
                before = openDescriptors();
                try (UnixConnection bad = UnixConnection.connect(agent.directory().controlSocket())) {
                    byte[] hello = ControlMessage.request(Role.TOOL, Request.HELLO).build().encode();
                    bad.send(hello, 0, hello.length, List.of(bad.fd(), bad.fd()));
                    bad.receiveTimeout(5_000);
                    byte[] reply = new byte[4_096];
                    try {
                        bad.receive(reply, 0, reply.length, new ArrayList<>(), 0);
                    } catch (OsException reset) {
                        assertThat(reset.call()).startsWith("recv");
                    }
                }
                await().untilAsserted(() -> assertThat(openDescriptors()).isEqualTo(before));
            }
        }

        @Test
        void cutShortAreForgotten() {
            try (UnixConnection bad = UnixConnection.connect(agent.directory().controlSocket())) {
                bad.send(new byte[]{1, 0, 2}, 0, 3, List.of());
            }
            assertThat(report()).contains("\"domains\":[]");
        }
    }

    @Test
    void refusesWhatARoleMayNotAsk() {
        try (ControlConnection connection = agent.connect()) {
            refused(connection, registration(Role.DRIVER, false), StatusCode.DENIED, "role=DRIVER",
                    "request=REGISTER_DOMAIN");
            refused(connection, ControlMessage.request(Role.TOOL, Request.ATTACH_LINK)
                    .addText(TlvType.LINK_NAME, "tap123").build(), StatusCode.DENIED, "role=TOOL");
            refused(connection, registration(Role.TOOL, false), StatusCode.INVALID, "persistent=false");
            refused(connection, registration(Role.QEMU, true), StatusCode.INVALID, "persistent=true");
        }
    }

    @Test
    void refusesARegistrationThatNoToolWouldSend() {
        try (ControlConnection connection = agent.connect()) {
            refused(connection, ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "../etc").addText(TlvType.LINK, "tap1 52:54:00:00:00:01 3").build(),
                    StatusCode.INVALID, "vm_domain");
            refused(connection, ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "control").addText(TlvType.LINK, "tap1 52:54:00:00:00:01 3").build(),
                    StatusCode.INVALID, "vm_domain");
            refused(connection, ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "vm1").build(), StatusCode.INVALID, "links of vm1");
            refused(connection, ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "vm1").addText(TlvType.LINK, "tap1 52:54:00:00:00:01 99").build(),
                    StatusCode.INVALID, "channels");
            refused(connection, ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "v".repeat(63)).addText(TlvType.LINK, "tap1 52:54:00:00:00:01 3")
                    .addInt(TlvType.BAR, 48).build(), StatusCode.INVALID, "bar=48");
        }
    }

    @Test
    void refusesASecondDomainOrLinkOnAConnectionAndOneOfEach() {
        try (ControlConnection qemu = agent.connect(); ControlConnection driver = agent.connect()) {
            qemu.request(registration(Role.QEMU, false));
            refused(qemu, registration(Role.QEMU, false), StatusCode.BUSY, "one domain");
            refused(driver, ControlMessage.request(Role.DRIVER, Request.DETACH_LINK).build(), StatusCode.NOT_FOUND,
                    "no link");
            attached(driver, "tap123").closeFds();
            refused(driver, attach("tap456"), StatusCode.BUSY, "one link");
            refused(qemu, attach("tap456"), StatusCode.BUSY, "one link", "vm_domain=testvm1");
            refused(driver, registration(Role.QEMU, false), StatusCode.BUSY, "one domain", "link=tap123");
        }
        await("both are given back").until(() -> report().contains("\"domains\":[]"));
    }

    @Test
    void passesRegionChannelMemoryAndRecordToADriver() {
        try (ControlConnection qemu = agent.connect(); ControlConnection driver = agent.connect()) {
            refused(driver, attach("tap123"), StatusCode.NOT_FOUND, "tap123");
            qemu.request(registration(Role.QEMU, false));
            List<Fd> fds = attached(driver, "tap123").fds();
            List<Long> sizes = new ArrayList<>();
            List<String> magics = new ArrayList<>();
            for (Fd fd : fds) {
                try (SharedMemory memory = SharedMemory.adopt(fd); Mapping mapping = memory.map(Protection.READ_ONLY)) {
                    sizes.add(memory.bytes());
                    magics.add(new String(mapping.segment().asSlice(0, 8).toArray(ValueLayout.JAVA_BYTE),
                            java.nio.charset.StandardCharsets.US_ASCII));
                }
            }
            assertThat(sizes).startsWith(16L << 20, 65_536L);
            assertThat(magics).endsWith("VLINKCHM", "VLINKREC");
        }
    }

    @Test
    void takesALinkBackAtTheEndOfItsDriversStream() {
        try (ControlConnection qemu = agent.connect()) {
            qemu.request(registration(Role.QEMU, false));
            try (ControlConnection driver = agent.connect(); ControlConnection second = agent.connect()) {
                attached(driver, "tap123").closeFds();
                refused(second, attach("tap123"), StatusCode.BUSY, "pid=" + ProcessHandle.current().pid());
            }
            await().until(() -> !report().contains("\"driverPid\":" + ProcessHandle.current().pid()));
            try (ControlConnection next = agent.connect()) {
                attached(next, "tap123").closeFds();
                next.request(ControlMessage.request(Role.DRIVER, Request.DETACH_LINK).build());
                attached(next, "tap456").closeFds();
            }
        }
    }

    @Test
    void withdrawsADomainWhenItsQemuIsGoneAndBringsItBack() throws IOException {
        Path socket = agent.directory().deviceSocket("testvm1");
        try (ControlConnection driver = agent.connect()) {
            try (ControlConnection qemu = agent.connect()) {
                assertThat(qemu.request(registration(Role.QEMU, false)).text(TlvType.SOCKET_PATH))
                        .isEqualTo(socket.toString());
                assertThat(socket).exists();
                attached(driver, "tap123").closeFds();
            }
            await().until(() -> report().contains("\"state\":\"gone\""));
            assertThat(socket).doesNotExist();
            try (ControlConnection qemu = agent.connect()) {
                qemu.request(registration(Role.QEMU, false));
                assertThat(report()).contains("\"state\":\"registered\"");
                assertThat(Files.getPosixFilePermissions(socket)).hasSize(2);
            }
        }
        await().until(() -> report().contains("\"domains\":[]"));
    }

    @Test
    void keepsAPersistentDomainUntilItIsUnregistered() {
        try (ControlConnection tool = agent.connect()) {
            tool.request(registration(Role.TOOL, true));
        }
        try (ControlConnection tool = agent.connect()) {
            assertThat(report()).contains("\"persistent\":true");
            tool.request(
                    ControlMessage.request(Role.TOOL, Request.UNREGISTER_DOMAIN).addText(TlvType.VM_DOMAIN, "testvm1")
                            .build());
            assertThat(report()).contains("\"domains\":[]");
        }
    }

    @Test
    void tellsTheDriverThatADeviceIsConnected() {
        try (ControlConnection tool = agent.connect(); ControlConnection driver = agent.connect()) {
            Path socket = Path.of(tool.request(registration(Role.TOOL, true)).text(TlvType.SOCKET_PATH));
            List<Fd> fds = attached(driver, "tap123").fds();
            try (SharedMemory memory = SharedMemory.adopt(fds.get(2));
                    Mapping record = memory.map(Protection.READ_ONLY)) {
                try (UnixConnection device = UnixConnection.connect(socket)) {
                    byte[] version = HexFormat.of().parseHex("010001001700000000000000000000000000" + "00007b7d00");
                    device.send(version, 0, version.length, List.of());
                    await().until(() -> record.segment().get(ValueLayout.JAVA_LONG, 0x200) == 1);
                    assertThat(report()).contains("\"state\":\"connected\"");
                }
                await().until(() -> record.segment().get(ValueLayout.JAVA_LONG, 0x200) == 0);
            }
            fds.get(0).close();
            fds.get(1).close();
        }
    }

    @Test
    void refusesOneConnectionTooManyAndServesAgainAfterwards() {
        List<ControlConnection> open = new ArrayList<>();
        try {
            for (int i = 0; i < ConnectionLimits.DEFAULT.perProcess(); i++) {
                open.add(agent.connect());
                open.getLast().request(ControlMessage.request(Role.TOOL, Request.HELLO).build());
            }
            try (ControlConnection tooMany = agent.connect()) {
                ControlConnection.Received refusal = tooMany.receive(0, Duration.ofSeconds(5));
                assertThat(refusal.message().status()).isEqualTo(StatusCode.NO_RESOURCES);
                assertThat(refusal.message().text(TlvType.MESSAGE))
                        .contains("this process has too many connections: pid=", "limit=128");
            }
        } finally {
            open.forEach(ControlConnection::close);
        }
        await().ignoreException(ControlException.class).until(() -> report().contains("\"regions\""));
    }

    @Test
    void closesASilentConnectionThatHoldsNothingAndNoOther() throws IOException {
        Path path = agent.write("idle", "").resolveSibling("i");
        ConnectionLimits impatient = new ConnectionLimits(9, 9, 9, Duration.ofSeconds(2));
        Inventory inventory = agent.agent().inventory();
        try (ControlServer server = new ControlServer(UnixListener.bind(path, 1), inventory, peer -> true,
                () -> null, agent.directory()::deviceSocket, impatient);
                ControlConnection holder = ControlConnection.connect(path);
                ControlConnection silent = ControlConnection.connect(path)) {
            holder.request(registration(Role.QEMU, false));
            ControlConnection.Received reason = silent.receive(0, Duration.ofSeconds(20));
            assertThat(reason.message().text(TlvType.MESSAGE)).contains("asked for nothing", "connect again");
            await().until(() -> server.connections() == 1);
            refused(holder, registration(Role.QEMU, false), StatusCode.BUSY, "one domain");
        }
    }

    /** SPEC.md appendix B: one user's requests are answered at 1,000 a second, after 1,000 at once, on all its connections. */
    @Test
    void holdsBackAUserThatFloodsTheAgentOnManyConnections() {
        ControlMessage hello = ControlMessage.request(Role.TOOL, Request.HELLO).build();
        long start = System.nanoTime();
        try (ControlConnection first = agent.connect(); ControlConnection second = agent.connect()) {
            for (int i = 0; i < FLOOD_REQUESTS; i += 2) {
                first.request(hello);
                second.request(hello);
            }
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isGreaterThan(Duration.ofMillis(FLOOD_REQUESTS - 1_000));
    }

    @Test
    void leavesRoomForOtherUsersAndOtherProcesses() {
        ConnectionLimits limits = new ConnectionLimits(4, 3, 2, Duration.ofSeconds(1));
        PeerCredentials first = new PeerCredentials(1, 1_000, 0);
        PeerCredentials sameUser = new PeerCredentials(2, 1_000, 0);
        PeerCredentials otherUser = new PeerCredentials(3, 0, 0);
        assertThat(limits.refusal(List.of(first, first), first)).contains("pid=1 limit=2");
        assertThat(limits.refusal(List.of(first, first), sameUser)).isNull();
        assertThat(limits.refusal(List.of(first, first, sameUser), sameUser)).contains("uid=1000 limit=3");
        assertThat(limits.refusal(List.of(first, first, sameUser), otherUser)).isNull();
        assertThat(limits.refusal(List.of(first, first, sameUser, otherUser), otherUser)).contains("limit=4");
    }

    @Test
    void answersNothingButDeniedToAPeerThatIsNotAllowedWhateverTheSocketsModeSays() throws IOException {
        Path open = agent.write("links", "").resolveSibling("open.sock");
        ControlServer strict = new ControlServer(UnixListener.bind(open, 4), agent.agent().inventory(), peer -> false,
                () -> {
                    throw new AssertionError("a report for one who is not allowed");
                }, agent.directory()::deviceSocket);
        try (UnixConnection refused = UnixConnection.connect(open)) {
            refused.receiveTimeout(5_000);
            byte[] reply = new byte[4_096];
            assertThat(refused.receive(reply, 0, reply.length, new ArrayList<>(), 0)).isPositive();
            assertThat(reply[16]).as("status DENIED").isEqualTo((byte) 6);
            assertThat(refused.receive(reply, 0, reply.length, new ArrayList<>(), 0)).as("closed").isNotPositive();
        } finally {
            strict.close();
        }
    }

    @Test
    void refusesAPeerThatIsNotAllowed() {
        PeerCheck check = new PeerCheck(1_000, peer -> peer.gid() == 77);
        assertThat(check.test(new PeerCredentials(1, 1_001, 1_001))).isFalse();
        assertThat(check.test(new PeerCredentials(1, 1_001, 77))).isTrue();
        assertThat(check.test(new PeerCredentials(1, 1_000, 5))).isTrue();
        assertThat(check.test(new PeerCredentials(1, 0, 0))).isTrue();
    }
}
