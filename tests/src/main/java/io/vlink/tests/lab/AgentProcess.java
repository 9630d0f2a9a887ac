// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import io.vlink.agent.tools.AgentClient;
import io.vlink.infra.control.RunDirectory;
import io.vlink.spec.control.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A running {@code virt_compute} and what can be asked of it through {@code vlinkctl}. Ends with its lab. */
public final class AgentProcess {
    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private final Lab lab;
    private final ManagedProcess process;

    private AgentProcess(Lab lab, ManagedProcess process) {
        this.lab = lab;
        this.process = process;
    }

    /**
     * Starts an agent in the lab's run directory and waits until it is ready.
     *
     * @param lab     where it runs
     * @param options command-line options besides {@code --run-dir}
     * @return the agent
     */
    public static AgentProcess start(Lab lab, String... options) {
        return launch(lab, options).awaitReady();
    }

    /**
     * Starts an agent in the lab's run directory and does not wait for it.
     *
     * @param lab     where it runs
     * @param options command-line options besides {@code --run-dir}
     * @return the agent
     */
    public static AgentProcess launch(Lab lab, String... options) {
        return launch(lab, List.of(), options);
    }

    /**
     * Starts an agent in the lab's run directory with limits of its own, and waits until it is ready.
     *
     * @param lab     where it runs
     * @param limits  what a shell does first, such as {@code ulimit -n 256}
     * @param options command-line options besides {@code --run-dir}
     * @return the agent
     */
    public static AgentProcess startLimited(Lab lab, String limits, String... options) {
        return launch(lab, List.of("/bin/bash", "-c", limits + "; exec \"$@\"", "bash"), options).awaitReady();
    }

    private static AgentProcess launch(Lab lab, List<String> before, String... options) {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(lab.program("virt_compute"), "--run-dir", lab.runDirectory().toString()));
        command.addAll(List.of(options));
        return new AgentProcess(lab, lab.start("virt_compute", command));
    }

    private AgentProcess awaitReady() {
        process.awaitLine("it was ready", line -> line.contains("virt_compute ready"), START_LIMIT);
        return this;
    }

    /**
     * Runs {@code vlinkctl}; it must succeed.
     *
     * @param arguments sub-command and options
     * @return its standard output, line by line
     */
    public List<String> vlinkctl(String... arguments) {
        List<String> command = new ArrayList<>(List.of(lab.program("vlinkctl")));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--run-dir", lab.runDirectory().toString()));
        ManagedProcess tool = lab.start("vlinkctl", command);
        int status = tool.awaitExit(Duration.ofSeconds(30));
        if (status != 0) {
            throw new LabException("vlinkctl failed: status=" + status, tool.tail(20));
        }
        return tool.outputLines();
    }

    /** {@return the agent's state of everything, from {@code vlinkctl status --json}} */
    public Map<String, Object> status() {
        return JsonLine.read(vlinkctl("status", "--json").getLast());
    }

    /**
     * The same as {@link #status}, asked for in this process: for loops that wait, beside programs that use all processors.
     *
     * @return the agent's state of everything
     */
    public Map<String, Object> report() {
        try (AgentClient client = new AgentClient(new RunDirectory(lab.runDirectory()), Role.TOOL)) {
            return JsonLine.read(client.report());
        }
    }

    /** {@return the process} */
    public ManagedProcess process() {
        return process;
    }
}
