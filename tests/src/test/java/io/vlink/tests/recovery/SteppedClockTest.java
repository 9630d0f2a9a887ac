// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * The wall clock of all programs is stepped by an hour while packets flow: that of the processes, by a library that is preloaded
 * into them, since the machine's clock is everybody's. (The clock of a real guest is stepped in {@code RealGuestTest}.)
 */
@EnabledIf(value = "io.vlink.tests.spec.SpecGuestTest#hasCompiler", disabledReason = "gcc is not on PATH: apt-get install"
        + " gcc libc6-dev")
class SteppedClockTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final DateTimeFormatter DUMP_TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final long HOUR = 3_600;

    private final Lab lab = Lab.create();
    private final Path step = lab.directory().resolve("step");

    @AfterEach
    void tearDown() {
        lab.close();
    }

    @Test
    void nobodyMindsAClockThatIsSteppedByAnHourForthAndBack() throws IOException {
        stepTo(0);
        preload();
        AgentProcess agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        String config = lab.write("link.config", "tap123 52:54:00:00:00:01 2\n").toString();
        String socket = agent.vlinkctl("register", "vm_domain=clock,init_config=" + config).getLast();
        ManagedProcess guest = lab.start("vlink-guest",
                List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
        ManagedProcess pktgen = Pktgen.start(lab, "tap123", "--timeout", "60");
        guest.awaitLine("the link was up", line -> line.contains("is up"), LIMIT);
        List<Long> everybody = List.of(agent.process().pid(), keeper(), guest.pid(), pktgen.pid());

        for (long seconds : new long[]{HOUR, -HOUR}) {
            stepTo(seconds);
            for (long pid : everybody) {
                assertThat(clockOf(pid)).as("clock of %d, stepped by %d s", pid, seconds)
                        .isCloseTo(LocalDateTime.now(ZoneId.systemDefault()).plusSeconds(seconds),
                                within(2, ChronoUnit.MINUTES));
            }
            assertThat(agent.status()).containsKey("domains");
        }
        pktgen.signal("INT");

        assertPerfect(Pktgen.finish(pktgen, LIMIT));
        assertPerfect(Pktgen.run(lab, "tap123", LIMIT, "--count", "100000"));
        assertThat(guest.allLines()).as("one epoch for each driver").anyMatch(line -> line.contains("epochs=2"))
                .noneMatch(line -> line.contains("epochs=3"));
        assertThat(keeper()).isEqualTo(everybody.get(1));
    }

    private static void assertPerfect(Pktgen.Result result) {
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).as(result.errors()).isEqualTo(result.count("sent")).isPositive();
        assertThat(List.of(result.count("lost"), result.count("duplicated"), result.count("corrupt"),
                result.count("reordered"))).as(result.errors()).containsOnly(0L);
    }

    private void preload() {
        String library = lab.directory().resolve("stepped_clock.so").toString();
        ManagedProcess gcc = lab.start("gcc",
                List.of("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", "-o", library,
                        lab.home().resolve("tests/src/test/c/stepped_clock.c").toString()));
        assertThat(gcc.awaitExit(LIMIT)).as(gcc.tail(20)).isZero();
        lab.putEnvironment("VLINK_CLOCK_STEP", step.toString());
        lab.putEnvironment("LD_PRELOAD", library);
    }

    private void stepTo(long seconds) throws IOException {
        try (FileChannel file = FileChannel.open(step, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, seconds));
        }
    }

    private long keeper() {
        return lab.keeper().orElseThrow().pid();
    }

    /** A dump of a JVM's threads begins with the date, in its own words. */
    private LocalDateTime clockOf(long pid) {
        ManagedProcess dump = lab.start("jcmd",
                List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid),
                        "Thread.print"));
        assertThat(dump.awaitExit(LIMIT)).as(dump.tail(5)).isZero();
        return dump.outputLines().stream().filter(line -> line.matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d"))
                .map(line -> LocalDateTime.parse(line, DUMP_TIME)).findFirst().orElseThrow();
    }
}
