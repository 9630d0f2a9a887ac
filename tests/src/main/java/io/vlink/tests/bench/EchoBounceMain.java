// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.ring.PacketBurst;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The host's side of a closed loop. One thread. */
@Command(name = "bench-host", mixinStandardHelpOptions = true, description = "The host's side of a closed loop.")
public final class EchoBounceMain extends SideProgram {
    @Option(names = "--window", required = true, paramLabel = "N", description = "Packets on their way; 1: each is timed.")
    private int window;

    private long attachNanos;
    private long firstPacketNanos;
    private long firstPacketMillis;

    /**
     * Runs it and exits.
     *
     * @param arguments command line
     */
    public static void main(String[] arguments) {
        runAndExit(new EchoBounceMain(), arguments);
    }

    @Override
    void beginAttaching() {
        attachNanos = System.nanoTime();
    }

    @Override
    Map<String, Object> work(List<BenchPort> ports, Orders orders) {
        EchoBounce.Plan plan = new EchoBounce.Plan(window, burst(), size());
        List<BounceQueue> queues = new ArrayList<>();
        PacketBurst burst = new PacketBurst(burst() * ports.getFirst().segments(size()));
        for (BenchPort port : ports) {
            for (int queue = 0; queue < port.queues(); queue++) {
                queues.add(new BounceQueue(port, queue, burst, plan.frameBytes()));
            }
        }
        Map<String, Object> result = new EchoBounce(queues, plan, orders).run(this::noteFirstPacket,
                () -> announce(MEASURING));
        result.put("drops", ports.stream().mapToLong(BenchPort::drops).sum());
        result.put("startToFirstPacketMillis", firstPacketMillis - ManagementFactory.getRuntimeMXBean().getStartTime());
        result.put("attachToFirstPacketMicros", (firstPacketNanos - attachNanos) / 1_000);
        return result;
    }

    private void noteFirstPacket() {
        firstPacketNanos = System.nanoTime();
        firstPacketMillis = System.currentTimeMillis();
        announce(RUNNING);
    }
}
