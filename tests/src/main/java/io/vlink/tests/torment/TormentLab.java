// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.torment;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An agent with two domains, all in processes of their own. The guest of the one torments its link {@code bad}, where the host
 * echoes, and echoes on its other link {@code near}; the guest of the other echoes on {@code far}. Packet generators on the host
 * check every packet on {@code near} and {@code far} meanwhile. One run. One thread.
 */
public final class TormentLab {
    private static final Duration START = Duration.ofMinutes(2);
    /** Packets that must pass over the tormented link in the end. */
    private static final long PACKETS = 20_000;
    /** How long the device is reset. */
    private static final long RESET_SECONDS = 2;
    private static final String RESETS = "reset,registers,lane-flap";

    private final Lab lab;
    private final long seed;
    private final AgentProcess agent;
    private final String hostileSocket;
    private final ManagedProcess hostEcho;

    /**
     * Starts the agent, both domains, and the echoes that stay.
     *
     * @param lab  where all of it runs
     * @param seed what the attacks are drawn from
     */
    public TormentLab(Lab lab, long seed) {
        this.lab = lab;
        this.seed = seed;
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        hostileSocket = register("hostile", "bad 52:54:00:00:00:01 3\nnear 52:54:00:00:00:02 2\n");
        String other = register("other", "far 52:54:00:00:00:03 2\n");
        hostEcho = start("vlink-echo", "echo ready", "--vdev=eth_vlink0,link=bad,mode=mq");
        start("vlink-guest", "echo ready", "echo", "--vfio-user", other);
    }

    private String register(String domain, String links) {
        Path config = lab.write(domain + ".config", links);
        return agent.vlinkctl("register", "vm_domain=" + domain + ",init_config=" + config).getLast();
    }

    private ManagedProcess start(String program, String ready, String... options) {
        List<String> command = new ArrayList<>(List.of(lab.program(program)));
        command.addAll(List.of(options));
        ManagedProcess process = lab.start(program, command);
        process.awaitLine("it was ready", line -> line.startsWith(ready), START);
        return process;
    }

    /**
     * Torments for a while; then, while {@code near} rests, resets the device again and again.
     *
     * @param seconds how long packets are checked meanwhile, at least 1
     * @return what came of it: {@code torment}, {@code near}, {@code far}, {@code resets}, {@code far_at_resets},
     *         {@code drops}, {@code after}, and {@code failures}, which is empty if all is well
     */
    public Map<String, Object> run(long seconds) {
        Map<String, Object> result = new LinkedHashMap<>();
        List<String> failures = new ArrayList<>();
        tormentOneLink(seconds, result, failures);
        resetTheDevice(result, failures);
        new HostState(agent).check(result, failures);
        checkTormentedLink(result, failures);
        expect(agent.process().isAlive(), "the agent died: " + agent.process().tail(3), failures);
        expect(hostEcho.isAlive(), "the host's echo died: " + hostEcho.tail(3), failures);
        result.put("failures", failures);
        return result;
    }

    private void tormentOneLink(long seconds, Map<String, Object> result, List<String> failures) {
        ManagedProcess torment = torment("--echo", "near");
        Duration limit = START.plusSeconds(seconds);
        ManagedProcess near = generator("near", seconds);
        ManagedProcess far = generator("far", seconds);
        near.awaitExitOfEither(torment, limit);
        if (!torment.isAlive()) {
            // Its links are gone, and the rest of an hour would show nothing more.
            torment.awaitExit(START);
            System.err.println("torment: ended early: " + torment.tail(3).strip());
            near.signal("INT");
            far.signal("INT");
        }
        check("near", Pktgen.finish(near, limit), result, failures);
        check("far", Pktgen.finish(far, limit), result, failures);
        finish("torment", torment, result, failures);
    }

    /** A reset ends the epochs of all links of its guest, so that only those of other guests must not notice. */
    private void resetTheDevice(Map<String, Object> result, List<String> failures) {
        ManagedProcess resets = torment("--attack", RESETS);
        Pktgen.Result far = Pktgen.finish(generator("far", RESET_SECONDS), START);
        check("far_at_resets", far, result, failures);
        finish("resets", resets, result, failures);
    }

    /** It is told to stop when packets have been checked, as the link that it echoes on goes with it. */
    private ManagedProcess torment(String... options) {
        List<String> all = new ArrayList<>(List.of("torment", "--vfio-user", hostileSocket, "--link", "bad", "--seed",
                Long.toString(seed), "--duration", "1000h", "--json"));
        all.addAll(List.of(options));
        return start("vlink-guest", "torment ready", all.toArray(String[]::new));
    }

    private static void finish(String name, ManagedProcess torment, Map<String, Object> result,
            List<String> failures) {
        if (torment.isAlive()) {
            torment.signal("INT");
        }
        int status = torment.awaitExit(START);
        result.put(name, torment.outputLines().isEmpty() ? null : JsonLine.read(torment.outputLines().getLast()));
        expect(status == 0, name + " ended with status " + status + ": " + torment.tail(3), failures);
    }

    private ManagedProcess generator(String link, long seconds) {
        return Pktgen.start(lab, link, "--duration", Long.toString(seconds), "--timeout", "60");
    }

    /** A good guest on the link that was tormented. */
    private void checkTormentedLink(Map<String, Object> result, List<String> failures) {
        ManagedProcess pktgen = lab.start("vlink-guest",
                List.of(lab.program("vlink-guest"), "pktgen", "--vfio-user", hostileSocket, "--link", "bad", "--count",
                        Long.toString(PACKETS), "--timeout", "60", "--json"));
        check("after", Pktgen.finish(pktgen, START), result, failures);
    }

    private static void check(String link, Pktgen.Result traffic, Map<String, Object> result, List<String> failures) {
        Map<String, Object> counts = new LinkedHashMap<>();
        for (String name : List.of("sent", "received", "lost", "duplicated", "reordered", "corrupt")) {
            counts.put(name, traffic.count(name));
        }
        result.put(link, counts);
        boolean perfect = traffic.status() == 0 && traffic.count("sent") > 0
                && traffic.count("sent") == traffic.count("received") && traffic.count("corrupt") == 0
                && traffic.count("duplicated") == 0 && traffic.count("reordered") == 0;
        expect(perfect, "traffic on " + link + " was disturbed: " + traffic.errors(), failures);
    }

    static void expect(boolean holds, String otherwise, List<String> failures) {
        if (!holds) {
            failures.add(otherwise);
        }
    }

    /** {@return everything that the agent has logged, for somebody who looks for a reason} */
    public List<String> agentLog() {
        return agent.process().allLines();
    }
}
