// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.agent.AgentFixture;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.spec.control.StatusCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class VlinkctlMainTest {
    private AgentFixture agent;
    private String output = "";
    private String errors = "";

    @BeforeEach
    void startAgent() throws IOException {
        agent = new AgentFixture();
    }

    @AfterEach
    void stopAgent() throws IOException {
        agent.close();
    }

    private int run(String... arguments) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        StringWriter complaints = new StringWriter();
        PrintStream standard = System.out;
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            CommandLine command = VlinkctlMain.commandLine().setErr(new PrintWriter(complaints));
            return command.execute(arguments);
        } finally {
            System.setOut(standard);
            output = bytes.toString(StandardCharsets.UTF_8);
            errors = complaints.toString();
        }
    }

    private String runDir() {
        return "--run-dir=" + agent.directory().path();
    }

    @Test
    void saysWhatIsMissingWhereThereIsNoAgent() {
        assertThat(run("status", "--run-dir", "/nonexistent/run")).isEqualTo(1);
        assertThat(errors).isEqualTo(
                "vlinkctl: no agent: run_dir=/nonexistent/run control.sock is absent: start bin/virt_compute\n");
    }

    @Test
    void saysWhatIsThereInPlaceOfAnAgent() throws IOException {
        Path file = agent.write("control.sock", "");
        assertThat(run("status", "--run-dir", file.getParent().toString())).isEqualTo(1);
        assertThat(errors).isEqualTo("vlinkctl: no agent: run_dir=" + file.getParent()
                + " control.sock is not a socket: give the run directory of bin/virt_compute\n");
        assertThat(run("status", "--run-dir", file.toString())).isEqualTo(1);
        assertThat(errors).isEqualTo("vlinkctl: run directory is not a folder: run_dir=" + file
                + ": give the folder where control.sock stands\n");
        assertThat(run("status", "--run-dir=")).isEqualTo(2);
        assertThat(errors).startsWith("vlinkctl: run-dir must be a path, and not empty: run-dir= (see").hasLineCount(1);
    }

    @Test
    void waitsForAnAgentIfItIsAskedTo() throws Exception {
        Path later = agent.write("unused", "").resolveSibling("later");
        StringWriter complaints = new StringWriter();
        CompletableFuture<Integer> status = CompletableFuture.supplyAsync(() -> VlinkctlMain.commandLine()
                .setErr(new PrintWriter(complaints)).execute("unregister", "nobody", "--wait", "--run-dir=" + later));
        String waiting = "vlinkctl: waiting: no agent: run_dir=" + later
                + " control.sock is absent: start bin/virt_compute\n";
        Awaitility.await().until(() -> complaints.toString().equals(waiting));
        Files.createSymbolicLink(later, agent.directory().path());
        assertThat(status.get(30, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(complaints.toString()).startsWith(waiting + "vlinkctl: no such domain").hasLineCount(2);
    }

    @Test
    @Timeout(60)
    void regressionWaitsNotForAnAgentThatFailsOrMayNotBeReached(@TempDir Path folder) throws InterruptedException {
        Thread failing;
        try (UnixListener broken = UnixListener.bind(folder.resolve("control.sock"), 4)) {
            failing = Thread.ofPlatform().daemon().start(() -> {
                for (UnixConnection next = broken.accept(); next != null; next = broken.accept()) {
                    try (ControlConnection connection = new ControlConnection(next)) {
                        connection.receive(0);
                        connection.send(ControlMessage.failure(StatusCode.FAILED, "out of order"), List.of());
                    }
                }
            });
            assertThat(run("status", "--wait", "--run-dir=" + folder)).isEqualTo(1);
            assertThat(errors).isEqualTo("vlinkctl: out of order\n");
        }
        failing.join();
        assertThat(run("status", "--wait", "--run-dir=" + folder.resolve("x".repeat(108)))).isEqualTo(1);
        assertThat(errors).startsWith("vlinkctl: ").contains("choose a shorter --run-dir").hasLineCount(1);
    }

    @Test
    void theRunDirectoryMayStandBeforeOrAfterTheCommand() {
        assertThat(run(runDir(), "status", "--json")).as(errors).isZero();
        assertThat(run("status", "--json", runDir())).as(errors).isZero();
        assertThat(output).contains("\"runDir\":\"" + agent.directory().path());
    }

    @ParameterizedTest
    @CsvSource({"status --bogus,unknown option: option=--bogus: leave it out (see vlinkctl status --help)",
            "register,argument is missing: argument=PROPERTIES (see vlinkctl register --help)",
            "unregister vm1 vm2,surplus argument: argument=vm2: leave it out (see vlinkctl unregister --help)",
            "--run-dir=a status --run-dir=a,option must be given once: option=--run-dir: leave one out (see vlinkctl status --help)",
            "--wait status --wait,option must be given once: option=--wait: leave one out (see vlinkctl status --help)",
            "status --run-dir,option needs a value: option=--run-dir: write --run-dir=DIR (see vlinkctl status --help)",
            "status \u001b[2J,surplus argument: argument=?[2J: leave it out (see vlinkctl status --help)"})
    void refusesWrongUsageInOneLine(String arguments, String message) {
        assertThat(run(arguments.split(" "))).isEqualTo(2);
        assertThat(errors).isEqualTo("vlinkctl: " + message + "\n");
    }

    @Test
    void namesTheCommandsThereAre() {
        assertThat(run("bogus")).isEqualTo(2);
        assertThat(errors).isEqualTo(
                "vlinkctl: unknown command: command=bogus: use one of register,status,unregister (see vlinkctl --help)\n");
        assertThat(run()).isEqualTo(2);
        assertThat(errors)
                .isEqualTo(
                        "vlinkctl: command is missing: use one of register,status,unregister (see vlinkctl --help)\n");
    }

    @Test
    void regressionRefusesNamesAndPropertiesInOneLineAsWrongUsage() {
        assertThat(run("unregister", "a\nb", runDir())).isEqualTo(2);
        assertThat(errors).startsWith("vlinkctl: vm_domain may have only").hasLineCount(1);
        assertThat(run("register", "colour=red", runDir())).isEqualTo(2);
        assertThat(errors).startsWith("vlinkctl: unknown property of pci-vlink: property=colour").hasLineCount(1);
        assertThat(run("register", "vm_domain=vm1", runDir())).isEqualTo(2);
        assertThat(errors)
                .contains("init_config=: write vlinkctl register vm_domain=testvm1,init_config=./link.config (see")
                .hasLineCount(1);
    }

    @Test
    void listsEveryProblemOfALinkConfig() throws IOException {
        Path config = agent.write("bad.config", "tap1 52:54:00:00:00:01 1\ntap1 zz:54:00:00:00:01 3\n");
        assertThat(run("register", "vm_domain=vm1,init_config=" + config, runDir())).isEqualTo(1);
        assertThat(errors.lines()).hasSize(3).allMatch(line -> line.startsWith("vlinkctl: " + config + ":"));
        assertThat(run("register", "vm_domain=vm1,init_config=/nonexistent", runDir())).isEqualTo(1);
        assertThat(errors).contains("/nonexistent:1:1: no such file");
    }

    @Test
    void registersShowsAndUnregistersADomain() throws IOException {
        Path config = agent.write("link.config", AgentFixture.LINKS);
        assertThat(run("register", "vm_domain=testvm1,init_config=" + config, runDir())).isZero();
        assertThat(output).isEqualTo(agent.directory().deviceSocket("testvm1") + "\n");
        assertThat(run("register", "vm_domain=testvm1,init_config=" + config, runDir())).isEqualTo(1);
        assertThat(errors).isEqualTo("vlinkctl: the domain is registered already: vm_domain=testvm1: run vlinkctl"
                + " unregister testvm1 first\n");
        assertThat(run("status", runDir())).isZero();
        assertThat(output).contains(
                "region   16M in 8 pages of 2M, ordinary memory, used by vm_domain=testvm1, pools 1536K",
                "domain   testvm1 registered, persistent, bar=32",
                "tap123 down, 52:54:00:00:00:01, 3 channels, queue_size=64, mtu=1500, driver none",
                "host lane not initialized (epoch 0), guest lane not initialized (epoch 0)",
                "guest to host sent 0 = received 0 + dropped 0 + in flight 0: not known without an epoch",
                "buffers 512 = free 512 + lent 0 + held 0");
        assertThat(run("status", "--json", runDir())).isZero();
        assertThat(output).endsWith("}\n").hasLineCount(1);
        JsonTree json = JsonTree.parse(output.strip());
        assertThat(json.children("regions").getFirst().number("pages")).isEqualTo(8);
        assertThat(json.children("domains").getFirst().children("links").getLast().text("name")).isEqualTo("tap456");
        assertThat(run("unregister", "testvm1", runDir())).isZero();
        assertThat(run("unregister", "testvm1", runDir())).isEqualTo(1);
        assertThat(errors).contains("no such domain: vm_domain=testvm1");
        assertThat(run("status", runDir())).isZero();
        assertThat(output).contains("used by nobody yet", "domain   none");
    }

    @Test
    void showsWhatItCanOfAnotherAgentsReport() {
        assertThat(StatusTable.of(JsonTree.parse("{\"domains\":[{\"links\":[{}]}],\"regions\":[{}]}"))).contains(
                "agent    pid ?",
                "region   0 in ? pages");
    }

    @Test
    void saysWhyAChannelIsInQuarantine() {
        String report = "{'domains':[{'links':[{'dataChannels':[{'channel':1,'quarantine':'bad_descriptors'},"
                + "{'channel':2,'quarantine':null}]}]}]}";
        assertThat(StatusTable.of(JsonTree.parse(report.replace('\'', '"'))))
                .contains("channel 1 IN QUARANTINE until the next epoch: the guest returned too many bad descriptors")
                .doesNotContain("channel 2 IN");
    }
}
