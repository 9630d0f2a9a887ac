// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.AgentFixture;
import io.vlink.agent.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens before and at the exec; the programs that stand in for QEMU only show what they were given. */
class VlinkQemuMainTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private AgentFixture agent;
    private Path config;

    @TempDir
    private Path folder;

    @BeforeEach
    void startAgent() throws IOException {
        agent = new AgentFixture();
        config = agent.write("link.config", AgentFixture.LINKS);
    }

    @AfterEach
    void stopAgent() throws IOException {
        agent.close();
    }

    private Path program(String version, String then) throws IOException {
        Path path = Files.createTempFile(folder, "qemu", ".sh",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return Files.writeString(path,
                "#!/bin/sh\nif [ \"$1\" = -version ]; then echo 'QEMU emulator version " + version
                        + "'; exit; fi\nfor a; do echo \"[$a]\"; done\n" + then + "\n");
    }

    private ProgramProcess start(Path qemu, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("--run-dir", agent.directory().path().toString()));
        all.addAll(List.of(arguments));
        return ProgramProcess.start(folder, Map.of("VLINK_QEMU", qemu.toString(), "LC_ALL", "C"), VlinkQemuMain.class,
                all.toArray(String[]::new));
    }

    private String device() {
        return "pci-vlink,vm_domain=testvm1,init_config=" + config;
    }

    private void failed(Path qemu, List<String> arguments, String... messages) throws Exception {
        try (ProgramProcess process = start(qemu, arguments.toArray(String[]::new))) {
            assertThat(process.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(process.errors()).contains(messages).doesNotContain("\tat ");
            assertThat(process.output()).isEmpty();
        }
    }

    @Test
    void saysWhatIsWrongBeforeAnythingStarts() throws Exception {
        failed(folder.resolve("absent"), List.of("-device", device()), "vlink-qemu: QEMU is absent: VLINK_QEMU=",
                "bin/setup");
        Path old = program("7.2.0 (Debian)", "");
        failed(old, List.of("-device", device()), "QEMU too old: version=7.2.0 path=" + old + ": need >= 10.1");
        Path qemu = program("10.1.0", "");
        Path bad = agent.write("bad.config", "tap1 52:54:00:00:00:01 1\ntap2 x 3\n");
        failed(qemu, List.of("-device", "pci-vlink,vm_domain=a,init_config=" + bad), bad + ":1:", bad + ":2:");
    }

    @Test
    void refusesWrongUsageInOneLine() throws Exception {
        try (ProgramProcess process = ProgramProcess.start(folder, Map.of(), VlinkQemuMain.class, "--run-dir")) {
            assertThat(process.awaitExit(LIMIT)).isEqualTo(2);
            assertThat(process.errors())
                    .startsWith("vlink-qemu: option needs a value: option=--run-dir: write --run-dir=DIR")
                    .endsWith(" (see vlink-qemu --help)\n").hasLineCount(1);
        }
        try (ProgramProcess process = start(program("10.1.0", ""), "-device", device() + ",bar=31")) {
            assertThat(process.awaitExit(LIMIT)).isEqualTo(2);
            assertThat(process.errors()).startsWith("vlink-qemu: ").contains("bar=31")
                    .endsWith(" (see vlink-qemu --help)\n").hasLineCount(1);
        }
    }

    @Test
    void saysThatThereIsNoAgent() throws Exception {
        try (ProgramProcess process = ProgramProcess.start(folder,
                Map.of("VLINK_QEMU", program("10.1.0", "").toString(),
                        "VLINK_RUN_DIR", "/nonexistent"),
                VlinkQemuMain.class, "-device", device())) {
            assertThat(process.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(process.errors()).isEqualTo("vlink-qemu: no agent: run_dir=/nonexistent control.sock is absent: "
                    + "start bin/virt_compute\n");
        }
    }

    @Test
    void becomesQemuWithEverythingElseUntouchedAndTheDomainLivesAsLong() throws Exception {
        Path qemu = program("10.1.2", "sleep 60 & echo \"started by $$\"; wait; exit 7");
        Path socket = agent.directory().deviceSocket("testvm1");
        try (ProgramProcess process = start(qemu, "-M", "pc", "-append", "a b é", "-device", device() + ",addr=5",
                "")) {
            process.awaitOutput("started by");
            assertThat(process.output())
                    .isEqualTo("[-M]\n[pc]\n[-append]\n[a b é]\n[-device]\n[{\"driver\":\"vfio-user-pci\","
                            + "\"rombar\":0,\"socket\":{\"type\":\"unix\",\"path\":\"" + socket
                            + "\"},\"addr\":\"5\"}]\n[]\n"
                            + "started by " + process.process().pid() + "\n");
            assertThat(socket).exists();
            process.process().descendants().forEach(ProcessHandle::destroy);
            assertThat(process.awaitExit(LIMIT)).isEqualTo(7);
        }
        await().until(() -> Files.notExists(socket));
    }

    @Test
    void printsWithoutRunningOrKeepingTheDomain() throws Exception {
        Path qemu = program("10.1.2", "");
        try (ProgramProcess process = start(qemu, "--print", "-name", "it's", "-device", device())) {
            assertThat(process.awaitExit(LIMIT)).isZero();
            assertThat(process.output()).startsWith(qemu + " -name 'it'\\''s' -device '{\"driver\":").hasLineCount(1);
        }
        await().until(() -> Files.notExists(agent.directory().deviceSocket("testvm1")));
    }

    @Test
    void passesQemusOwnHelpOn() throws Exception {
        try (ProgramProcess process = start(program("10.1.2", ""), "-help")) {
            assertThat(process.awaitExit(LIMIT)).isZero();
            assertThat(process.output()).isEqualTo("[-help]\n");
            assertThat(process.errors()).contains("no -device pci-vlink");
        }
    }
}
