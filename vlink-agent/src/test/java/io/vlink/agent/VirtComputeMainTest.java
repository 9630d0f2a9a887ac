// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VirtComputeMainTest {
    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration STOP = Duration.ofSeconds(2);

    @TempDir
    private Path folder;

    private ProgramProcess start(String... options) throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("--no-huge", "--run-dir", run().toString()));
        arguments.addAll(List.of(options));
        if (!arguments.contains("--keeper-linger") && !arguments.contains("--keeper=no")) {
            // A keeper that a failed test leaves ends by itself.
            arguments.addAll(List.of("--keeper-linger", "5"));
        }
        if (!arguments.contains("--memory")) {
            arguments.addAll(List.of("--memory", "16M"));
        }
        return ProgramProcess.start(folder, Map.of(), VirtComputeMain.class, arguments.toArray(String[]::new));
    }

    private Path run() {
        return folder.resolve("run");
    }

    @ParameterizedTest
    @CsvSource({"--memory=lots,memory=lots: write 512M or 1G", "--memory -1,memory=-1", "--memory 0,memory=0: write",
            "--page-size=4K,page-size=4K", "--page-size=2M,--no-huge --page-size=2M",
            "--memory-limit=32M,memory-limit=32M memory=1G: raise the limit", "--memory-limit=-1,memory-limit=-1",
            "--memory,option needs a value: option=--memory: write --memory=SIZE",
            "--socket-mode=999,socket-mode=999: write 0660",
            "--socket-mode=-1,socket-mode=-1", "--socket-mode=1777,socket-mode=1777", "--log-format=xml,log-format=xml",
            "--allow-uid=-1,allow-uid=-1", "--allow-gid=-5,allow-gid=-5",
            "--keeper=maybe,keeper=maybe",
            "--keeper=no --keeper-linger=5s,--keeper=no --keeper-linger=5: leave one of them out",
            "--keeper-linger=-1,keeper-linger=-1", "--bogus,option=--bogus",
            "surplus,argument=surplus: leave it out"})
    void refusesWrongUsageInOneLine(String option, String message) {
        StringWriter errors = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of("--no-huge", "--run-dir", run().toString()));
        arguments.addAll(List.of(option.split(" ")));
        int status = VirtComputeMain.commandLine().setErr(new PrintWriter(errors))
                .execute(arguments.toArray(String[]::new));
        assertThat(errors.toString()).startsWith("virt_compute: ").contains(message)
                .endsWith(" (see virt_compute --help)\n").hasLineCount(1);
        assertThat(status).isEqualTo(2);
        assertThat(run()).doesNotExist();
    }

    @Test
    void regressionSaysNothingElseAboutAWrongMode() throws Exception {
        try (ProgramProcess agent = start("--socket-mode", "999")) {
            assertThat(agent.awaitExit(START)).isEqualTo(2);
            assertThat(agent.errors()).startsWith("virt_compute: ").hasLineCount(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"3M, 4M", "1K, 2M", "100G, 64G"})
    void refusesASizeThatIsNoPowerOfTwoAndSaysWhichWouldBeRight(String size, String right) throws Exception {
        try (ProgramProcess agent = start("--memory", size)) {
            assertThat(agent.awaitExit(START)).isEqualTo(2);
            assertThat(agent.errors()).startsWith("virt_compute: a region must be a power of two")
                    .endsWith("memory=" + size + ": use --memory " + right + " (see virt_compute --help)\n")
                    .hasLineCount(1);
            assertThat(run()).doesNotExist();
        }
    }

    @ParameterizedTest
    @CsvSource({"--socket-group,nosuchgroup,no such group", "--socket-owner,nosuchuser,no such user"})
    void leavesNothingBehindWhenItCannotStart(String option, String value, String message) throws Exception {
        try (ProgramProcess agent = start(option, value)) {
            assertThat(agent.awaitExit(START)).isEqualTo(1);
            assertThat(agent.errors()).contains(message).doesNotContain("\tat ");
            assertThat(run()).doesNotExist();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void stopsCleanlyOnASignalWithAVmAndADriver(String signal) throws Exception {
        try (ProgramProcess agent = start().awaitOutput("virt_compute ready")) {
            assertThat(agent.output()).isEqualTo("virt_compute ready run_dir=" + run()
                    + " memory=16M page_size=2M pages=8 hugepages=no\n");
            try (ControlConnection qemu = new RunDirectory(run()).connect();
                    ControlConnection driver = new RunDirectory(run()).connect()) {
                qemu.request(
                        ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN).addText(TlvType.VM_DOMAIN, "vm1")
                                .addText(TlvType.LINK, "tap1 52:54:00:00:00:01 2 queue_size=64").build());
                driver.request(
                        ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK).addText(TlvType.LINK_NAME, "tap1")
                                .build(),
                        3, START).closeFds();
                agent.signal(signal);
                assertThat(agent.awaitExit(STOP)).isZero();
            }
            assertThat(run()).doesNotExist();
            assertThat(agent.errors()).contains("event=domain_registered vm_domain=vm1 links=tap1",
                    "event=driver_attached link=tap1 vm_domain=vm1", "event=agent_stopped");
        }
    }

    @Test
    void refusesToStartTwiceAndRecognisesACrash() throws Exception {
        try (ProgramProcess crashing = start().awaitOutput("virt_compute ready")) {
            try (ProgramProcess second = start()) {
                assertThat(second.awaitExit(START)).isEqualTo(1);
                assertThat(second.errors())
                        .contains("run_dir=" + run() + " is in use by pid=" + crashing.process().pid());
            }
            crashing.signal("KILL");
            crashing.awaitExit(STOP);
        }
        assertThat(run().resolve("control.sock")).exists();
        try (ProgramProcess next = start("--log-format", "json").awaitOutput("virt_compute ready")) {
            assertThat(next.errors()).contains("\"event\":\"stale_lock_recognised\"",
                    "\"event\":\"stale_socket_removed\"");
            assertThat(next.errors().lines()).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
            next.signal("TERM");
            assertThat(next.awaitExit(STOP)).isZero();
        }
        assertThat(run()).as("made by the one that crashed").doesNotExist();
    }

    @Test
    void startsAsIfNothingHadBeenWhenBothTheAgentAndItsKeeperWereKilled() throws Exception {
        try (ProgramProcess crashing = start("--keeper-linger", "60").awaitOutput("virt_compute ready")) {
            Matcher keeper = Pattern.compile("event=keeper_ready pid=(\\d+)").matcher(crashing.errors());
            assertThat(keeper.find()).isTrue();
            crashing.signal("KILL");
            crashing.awaitExit(STOP);
            ProcessHandle.of(Long.parseLong(keeper.group(1))).orElseThrow().destroyForcibly();
        }
        assertThat(run()).isDirectoryContaining(file -> file.endsWith("keeper.sock"));
        try (ProgramProcess next = start("--keeper=no").awaitOutput("virt_compute ready")) {
            assertThat(run()).isDirectoryNotContaining(file -> file.toString().contains("keeper"));
            next.signal("TERM");
            assertThat(next.awaitExit(STOP)).isZero();
        }
        assertThat(run()).doesNotExist();
    }
}
