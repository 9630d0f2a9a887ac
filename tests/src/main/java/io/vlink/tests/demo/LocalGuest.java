// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A guest without a VM: the guest's program on the device socket of the agent. One thread. */
final class LocalGuest implements DemoGuest {
    private final Lab lab;
    private final String socket;
    private final Map<String, Object> info;

    /**
     * Attaches once, to see the device.
     *
     * @param lab    where the agent runs
     * @param socket device socket of a registered domain
     */
    LocalGuest(Lab lab, String socket) {
        this.lab = lab;
        this.socket = socket;
        info = runToEnd("info", start("info", "--json"));
    }

    private ManagedProcess start(String command, String... options) {
        List<String> line = new ArrayList<>(List.of(lab.program("vlink-guest"), command, "--vfio-user", socket));
        line.addAll(List.of(options));
        return lab.start("vlink-guest-" + command, line);
    }

    private static Map<String, Object> runToEnd(String command, ManagedProcess process) {
        int status = process.awaitExit(TRAFFIC_LIMIT);
        return DemoGuest.report("vlink-guest " + command, status, process.outputLines(), process.tail(10));
    }

    @Override
    public String accelerator() {
        return "none";
    }

    @Override
    public String qemuVersion() {
        return "none";
    }

    @Override
    public Map<String, Object> info() {
        return info;
    }

    @Override
    public Map<String, Object> generate(long packets) {
        return runToEnd("pktgen", start("pktgen", "--json", "--count", Long.toString(packets)));
    }

    @Override
    public void startEcho() {
        start("echo").awaitLine("it was ready to echo", line -> line.contains("echo ready"), COMMAND_LIMIT);
    }
}
