// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.shortage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A lab in which something is short: programs run under limits, and what a failed one leaves is looked for. One thread. */
final class Scarcity implements AutoCloseable {
    static final Duration LIMIT = Duration.ofMinutes(1);
    /** No limit at all. */
    static final String NONE = ":";

    private final Lab lab = Lab.create();

    Lab lab() {
        return lab;
    }

    /**
     * Starts a program of the project.
     *
     * @param limits  what a shell runs before, such as {@code ulimit -n 64}
     * @param program file name in bin/
     * @param options its command line
     * @return the running process
     */
    ManagedProcess start(String limits, String program, String... options) {
        List<String> command = new ArrayList<>(
                List.of("/bin/bash", "-c", limits + "; exec \"$@\"", "bash", lab.program(program)));
        command.addAll(List.of(options));
        return lab.start(program, command);
    }

    /**
     * A start of the agent that must fail, with status 1 and one line, and leave nothing.
     *
     * @return the line
     */
    String failsToStart(String limits, String... options) {
        Set<String> before = files();
        String line = fails(limits, "virt_compute", agentOptions(options));
        assertThat(line).startsWith("virt_compute: ");
        assertThat(files()).as("left by a failed start: " + line).isEqualTo(before);
        assertThat(lab.keeper()).as("keeper left by a failed start: " + line).isEmpty();
        return line;
    }

    /** A program that must fail with status 1 and one line, which is returned. */
    String fails(String limits, String program, String... options) {
        ManagedProcess process = start(limits, program, options);
        assertThat(process.awaitExit(LIMIT)).as(process.tail(20)).isEqualTo(1);
        // The log stands beside the line for people: that is for machines.
        List<String> lines = process.allLines().stream().filter(line -> !line.contains(" event=")).toList();
        assertThat(lines).as(process.tail(20)).hasSize(1);
        return lines.getFirst();
    }

    private String[] agentOptions(String... options) {
        return Stream.concat(Stream.of("--run-dir", lab.runDirectory().toString()), Stream.of(options))
                .toArray(String[]::new);
    }

    /** An agent that must start well, in the same run directory. */
    AgentProcess starts(String limits, String... options) {
        return AgentProcess.startLimited(lab, limits, options);
    }

    /** Starts an agent that has what it needs, asks it something, and stops it. */
    void startsWellAndStops(String... options) {
        AgentProcess agent = AgentProcess.start(lab, options);
        assertThat(agent.status()).containsKey("domains");
        agent.process().signal("TERM");
        assertThat(agent.process().awaitExit(LIMIT)).isZero();
    }

    private Set<String> files() {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.walk(lab.directory())) {
            files.forEach(file -> names.add(file.toString()));
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command of the system, such as mount; skips the test, and says why, where it fails. */
    void system(String... command) {
        ManagedProcess process = lab.start(command[0], List.of(command));
        boolean done = process.awaitExit(LIMIT) == 0;
        if (!done) {
            System.out.println("skipped: " + String.join(" ", command) + ": " + process.tail(2).strip());
        }
        assumeTrue(done, String.join(" ", command));
    }

    /** Skips the test, and says why, for anybody but root. */
    static void requireRoot(String why) {
        boolean root = "root".equals(System.getProperty("user.name"));
        if (!root) {
            System.out.println("skipped: not root: " + why);
        }
        assumeTrue(root, "not root: " + why);
    }

    @Override
    public void close() {
        lab.close();
    }
}
