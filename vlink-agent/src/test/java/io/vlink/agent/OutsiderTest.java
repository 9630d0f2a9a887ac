// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real agent with sockets that everybody can open, and a program of another user that opens them. */
@Timeout(60)
class OutsiderTest {
    private static final long LIMIT_SECONDS = 30;
    private static final String OTHER_UID = "65534";
    /** By SPEC.md appendix C: id 0, command 1, 23 bytes; version 0.0, and no capabilities. */
    private static final String VERSION = "00000100170000000000000000000000" + "00000000" + "7b7d00";
    private static final String HELLO = HexFormat.of()
            .formatHex(ControlMessage.request(Role.TOOL, Request.HELLO).build().encode());

    @TempDir
    private Path folder;
    @TempDir
    private Path classes;

    private RunDirectory directory;
    private Path device;

    @BeforeEach
    void letTheOtherUserIn() throws Exception {
        assumeTrue(RunDirectory.ownUid() == 0, "only root can start a program as another user");
        String name = Outsider.class.getName().replace('.', '/') + ".class";
        Files.createDirectories(classes.resolve(name).getParent());
        Files.copy(Path.of(Outsider.class.getProtectionDomain().getCodeSource().getLocation().toURI()).resolve(name),
                classes.resolve(name));
        Process open = new ProcessBuilder("chmod", "-R", "a+rX", classes.toString(), folder.toString()).start();
        assertThat(open.waitFor()).isZero();
    }

    private ProgramProcess startAgent(String... options) throws IOException {
        directory = new RunDirectory(folder.resolve("run"));
        List<String> arguments = new ArrayList<>(List.of("--no-huge", "--memory", "16M", "--run-dir",
                directory.path().toString(), "--socket-mode", "0666"));
        arguments.addAll(List.of(options));
        if (!arguments.contains("--keeper=yes")) {
            arguments.add("--keeper=no");
        }
        ProgramProcess agent = ProgramProcess.start(folder, Map.of(), VirtComputeMain.class,
                arguments.toArray(String[]::new)).awaitOutput("virt_compute ready");
        if (device != null) {
            return agent; // the last one's domain is there
        }
        var registration = ControlMessage.request(Role.TOOL, Request.REGISTER_DOMAIN)
                .addText(TlvType.VM_DOMAIN, "testvm1").addInt(TlvType.PERSISTENT, 1);
        AgentFixture.LINKS.lines().forEach(link -> registration.addText(TlvType.LINK, link));
        try (ControlConnection tool = directory.connect()) {
            device = Path.of(tool.request(registration.build()).text(TlvType.SOCKET_PATH));
        }
        return agent;
    }

    /** What another user is answered on the control socket, and on the device's. */
    private List<String> toldToAnotherUser() throws Exception {
        return toldTo(OTHER_UID);
    }

    private List<String> toldTo(String uid) throws Exception {
        Path output = classes.resolve("said");
        Process outsider = new ProcessBuilder("setpriv", "--reuid=" + uid, "--regid=" + OTHER_UID,
                "--clear-groups", ProcessHandle.current().info().command().orElseThrow(), "-cp", classes.toString(),
                Outsider.class.getName(), directory.controlSocket().toString(), HELLO, device.toString(), VERSION)
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        // Into a file, as a pipe is read until its last writer ends, whoever waits for that.
        boolean ended = outsider.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        outsider.destroyForcibly();
        String said = Files.readString(output);
        assertThat(ended).as("the outsider ended in time: %s", said).isTrue();
        int status = outsider.exitValue();
        assumeTrue(status < 126, "another user cannot run this JDK: " + said);
        assertThat(status).as(said).isZero();
        assertThat(said.lines()).as(said).hasSize(2);
        return List.of(said.split("\n", -1));
    }

    private static void assertServed(String control, String ofDevice) {
        assertThat(HexFormat.of().parseHex(control)[16]).as("status OK").isZero();
        // A reply of the same id and command, without an error.
        assertThat(ofDevice).startsWith("00000100").hasSizeGreaterThan(32);
        assertThat(ofDevice.substring(16, 32)).isEqualTo("0100000000000000");
    }

    @Test
    void isRefusedOnBothSocketsThoughTheirModeLetsEverybodyIn() throws Exception {
        try (ProgramProcess agent = startAgent()) {
            assertThat(Files.getPosixFilePermissions(directory.controlSocket())).hasSize(6);
            assertThat(Files.getPosixFilePermissions(device)).hasSize(6);

            List<String> told = toldToAnotherUser();

            assertThat(HexFormat.of().parseHex(told.get(0))[16]).as("status DENIED").isEqualTo((byte) 6);
            assertThat(told.get(1)).as("bytes from the device").isEmpty();
            assertThat(agent.errors()).contains("event=control_connection_refused", "event=device_client_refused",
                    "uid=" + OTHER_UID);
            assertServed(Outsider.answer(directory.controlSocket(), HexFormat.of().parseHex(HELLO)),
                    Outsider.answer(device, HexFormat.of().parseHex(VERSION)));
        }
    }

    @Test
    void isServedOnBothSocketsOnceItIsOnTheList() throws Exception {
        try (ProgramProcess agent = startAgent("--allow-uid", OTHER_UID)) {
            List<String> told = toldToAnotherUser();
            assertServed(told.get(0), told.get(1));
            assertThat(agent.errors()).doesNotContain("refused");
        }
    }

    @Test
    void isRefusedByTheAgentAfterThisOneToo() throws Exception {
        ProgramProcess first = startAgent("--keeper=yes");
        first.signal("KILL");
        first.awaitExit(java.time.Duration.ofSeconds(LIMIT_SECONDS));
        try (ProgramProcess second = startAgent("--keeper=yes")) {
            List<String> told = toldToAnotherUser();
            assertThat(HexFormat.of().parseHex(told.get(0))[16]).as("status DENIED").isEqualTo((byte) 6);
            assertThat(told.get(1)).as("bytes from the device").isEmpty();
            second.signal("TERM");
            second.awaitExit(java.time.Duration.ofSeconds(LIMIT_SECONDS));
        } finally {
            first.close();
        }
    }

    @Test
    void aListOfUsersIsNoListOfGroupsNorTheOtherWayRound() throws Exception {
        String notListed = "65533"; // its group is OTHER_UID
        try (ProgramProcess _ = startAgent("--allow-uid", OTHER_UID)) {
            List<String> told = toldTo(notListed);
            assertThat(HexFormat.of().parseHex(told.get(0))[16]).as("status DENIED").isEqualTo((byte) 6);
            assertThat(told.get(1)).as("bytes from the device").isEmpty();
        }
        device = null;
        try (ProgramProcess _ = startAgent("--allow-gid", OTHER_UID)) {
            List<String> told = toldTo(notListed);
            assertServed(told.get(0), told.get(1));
        }
    }
}
