// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortException;
import io.vlink.infra.port.TxPolicy;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Lcores;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class PktgenRunTest {
    private final List<Port> ports = new ArrayList<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Carries the options, as a program would. */
    @Command(name = "pktgen")
    private static final class Program {
        @Mixin
        private PktgenOptions options;
    }

    @AfterEach
    void close() {
        ports.forEach(Port::close);
    }

    private LoopbackPort port(String link, int mtu, int queues, int queueSize) {
        LoopbackPort port = new LoopbackPort(link, mtu, queues, queueSize);
        ports.add(port);
        return port;
    }

    private int run(String... arguments) {
        Program program = new Program();
        OneLineErrors.of(new CommandLine(program), List.of()).setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(arguments);
        Side side = new Side("pktgen", "agent gone", "start it", "the echo");
        List<GeneratorPort> attached = ports.stream().map(port -> new GeneratorPort(port, "mq")).toList();
        return new PktgenRun(side, program.options, new PrintWriter(out), new PrintWriter(err))
                .run(program.options.plan(), attached, StopSignal.none());
    }

    private boolean allBuffersAreBack() {
        return ports.stream().allMatch(port -> ((LoopbackPort) port).hasAllBuffers());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1500 | --size=1519 | size must be at most 1518, for the link's mtu=1500: size=1519
            9000 | --size=9019 | size must be at most 9018, for the link's mtu=9000: size=9019
            65521 | --size=65539 --burst=3 | burst must be at most 2 with 32 buffers a packet, for the link's queue_size=64: burst=3
            9000 | --size=9018 --burst=9 --window=25 | window must be at most 24, what the queues hold: queue_size=64 data_channels=2: window=25
            1500 | --window=129 | window must be at most 128, what the queues hold: queue_size=64 data_channels=2: window=129
            1500 | --queue=2 | queue must be 0 to 1 in mode=mq: queue=2
            """)
    void whatDoesNotFitThePortsIsOneLineAndNothingIsClaimed(int mtu, String options, String complaint) {
        LoopbackPort port = port("tap1", mtu, 2, 64);
        assertThatThrownBy(() -> run(options.split(" "))).isInstanceOf(PortException.class).hasMessage(complaint);
        port.claim(0, "next").close();
        port.claim(1, "next").close();
    }

    @Test
    void aFrameThatNoQueueHoldsIsRefused() {
        port("tap1", 65_521, 1, 8);
        assertThatThrownBy(() -> run("--size=65539")).isInstanceOf(PortException.class)
                .hasMessage("size must be at most 16388, what the link's queue_size=8 holds: size=65539");
    }

    @Test
    void aBurstThatNobodyAskedForLowersItselfToWhatTheSmallestQueueHolds() {
        port("tap1", 1_500, 1, 64);
        port("tap2", 1_500, 1, 8);
        assertThatThrownBy(() -> run("--count=100", "--burst=32")).isInstanceOf(PortException.class)
                .hasMessage("burst must be at most the link's queue_size=8: burst=32");
        assertThat(run("--count=100", "--json")).isZero();
        assertThat(out.toString()).contains("\"burst\":8,");
    }

    @Test
    void aSecondWorkerOnAQueueIsRefusedAndNoQueueStaysClaimed() {
        LoopbackPort first = port("tap1", 1_500, 1, 64);
        LoopbackPort second = port("tap2", 1_500, 1, 64);
        second.claim(0, "other");
        assertThatThrownBy(() -> run("--count=1")).isInstanceOf(PortException.class)
                .hasMessage("queue has a worker already: queue=0");
        first.claim(0, "next").close();
    }

    @Test
    void oneLinkTwiceIsRefused() {
        port("tap1", 1_500, 1, 64);
        port("tap1", 1_500, 1, 64);
        assertThatThrownBy(() -> run("--count=1")).isInstanceOf(PortException.class)
                .hasMessage("link must be given once: link=tap1");
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 1_518, 2_052, 2_053, 2_056, 4_101, 9_018, 65_539})
    void framesOverOneBufferOrManyComeBackWhole(int size) {
        port("tap1", 65_521, 2, 64);
        assertThat(run("--size=" + size, "--burst=2", "--window=4", "--count=501", "--json")).isZero();
        assertThat(out.toString()).startsWith("{\"sent\":501,\"received\":501,\"lost\":0,\"duplicated\":0,"
                + "\"reordered\":0,\"corrupt\":0,")
                .contains("\"law\":{\"sent\":501,\"received\":501,\"dropped\":0,\"inFlight\":0,\"holds\":true}");
        assertThat(allBuffersAreBack()).isTrue();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void whileOneQueueHasPacketsTheNextOneIsAskedForAndALoneQueueNever() {
        LoopbackPort port = port("tap1", 1_500, 2, 64);
        assertThat(run("--count=5000", "--window=50")).isZero();
        assertThat(port.prefetches(0)).isPositive();
        assertThat(port.prefetches(1)).isPositive();
        ports.clear();
        LoopbackPort alone = port("tap1", 1_500, 1, 64);
        assertThat(run("--count=5000", "--window=50")).isZero();
        assertThat(alone.prefetches(0)).isZero();
    }

    @Test
    void oneRunDrivesSeveralLinksAndAllOfTheirQueues() {
        port("tap1", 1_500, 3, 64);
        port("tap2", 1_500, 2, 64);
        assertThat(run("--count=5000", "--window=50", "--json")).isZero();
        assertThat(out.toString()).contains("\"link\":\"tap1,tap2\",\"mode\":\"mq\",\"queues\":5,")
                .contains("{\"link\":\"tap1\",\"mode\":\"mq\",\"queues\":3,")
                .contains("{\"link\":\"tap2\",\"mode\":\"mq\",\"queues\":2,")
                .contains("\"workers\":[{\"worker\":\"worker-0\",\"queues\":5,\"sent\":5000,\"received\":5000}]");
        assertThat(allBuffersAreBack()).isTrue();
    }

    @Test
    void regressionNoBufferIsLostWherePacketsComeBackOnAnotherQueueAndFreeTakesFewAtATime() {
        LoopbackPort port = port("tap1", 1_500, 3, 64);
        port.returnAllOn(1);
        port.limitFree(3);
        assertThat(run("--count=5000", "--window=60", "--json")).isZero();
        assertThat(out.toString()).startsWith("{\"sent\":5000,\"received\":5000,\"lost\":0,");
        assertThat(allBuffersAreBack()).isTrue();
    }

    @Test
    void whatAFullQueueDoesNotTakeIsDroppedAndCountedWhereThePolicySaysSo() {
        LoopbackPort port = port("tap1", 1_500, 1, 8);
        PortTraffic traffic = new PortTraffic(port, PortQueue.all(List.of(port)),
                plan(Long.MAX_VALUE, 8, new TxPolicy(2, 0)), new org.HdrHistogram.Histogram(3));
        QueueTraffic queue = traffic.queues().getFirst();
        queue.begin(System.nanoTime());
        traffic.begin(System.nanoTime());
        assertThat(queue.send(5, System.nanoTime())).isEqualTo(5);
        assertThat(queue.send(5, System.nanoTime())).isEqualTo(3);
        assertThat(traffic.counts().sent()).isEqualTo(8);
        assertThat(traffic.counts().txDropped()).isEqualTo(2);
        assertThat(port.statistics().drops()).containsEntry("tx_dropped", 2L);
        assertThat(queue.receive()).isEqualTo(8);
        assertThat(traffic.counts().received()).isEqualTo(8);
        assertThat(traffic.counts().duplicated() + traffic.counts().corrupt()).isZero();
        assertThat(queue.release()).isTrue();
        assertThat(port.hasAllBuffers()).isTrue();
    }

    @Test
    void sendsOneWayIntoASinkAsFastAsItTakesThem() {
        port("tap1", 9_000, 2, 64).sink(0);
        ((LoopbackPort) ports.getFirst()).sink(1);
        assertThat(run("--count=1000", "--one-way", "--size=9018", "--burst=4")).isZero();
        assertThat(out.toString()).contains("sent        1,000").contains("one way").contains("lost        0")
                .contains("law         sent 1,000 = received 1,000 + dropped 0 + in flight 0")
                .doesNotContain("round trip");
        assertThat(allBuffersAreBack()).isTrue();
    }

    @Test
    void theSharesOfTheWorkersAddUpToThePlan() {
        TrafficPlan plan = plan(1_001, 7, TxPolicy.DROP);
        long count = 0;
        long window = 0;
        for (int worker = 0; worker < 3; worker++) {
            count += plan.share(worker, 3).count();
            window += plan.share(worker, 3).window();
        }
        assertThat(count).isEqualTo(1_001);
        assertThat(window).isEqualTo(7);
        assertThat(plan(Long.MAX_VALUE, 7, TxPolicy.DROP).share(1, 3).count()).isEqualTo(Long.MAX_VALUE);
    }

    private static TrafficPlan plan(long count, int window, TxPolicy policy) {
        return new TrafficPlan(count, Long.MAX_VALUE, 64, 8, window, 0, TrafficPlan.ALL_QUEUES,
                Duration.ofSeconds(1).toNanos(), false, policy, Lcores.ANY, IdleStrategy.SPIN);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 9_018})
    void allocatesNothingWhenWarm(int size) {
        LoopbackPort port = port("tap1", 9_000, 2, 256);
        TrafficPlan plan = new TrafficPlan(Long.MAX_VALUE, Long.MAX_VALUE, size, 16, 40, 0, TrafficPlan.ALL_QUEUES,
                Duration.ofSeconds(1).toNanos(), false, new TxPolicy(Integer.MAX_VALUE, 0), Lcores.ANY,
                IdleStrategy.SPIN);
        TrafficLoop loop = new TrafficLoop(PortQueue.all(List.of(port)), plan, new StopSwitch());
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int turns = 2_000_000 / size;
        turns(loop, turns);
        // The first of these rounds may still have classes to load.
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5 && least > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            turns(loop, turns);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).isZero();
        assertThat(loop.counts().received()).isGreaterThan(5_000);
        assertThat(loop.counts().duplicated() + loop.counts().reordered() + loop.counts().corrupt()).isZero();
    }

    private static void turns(TrafficLoop loop, int turns) {
        for (int i = 0; i < turns; i++) {
            loop.turn();
        }
    }
}
