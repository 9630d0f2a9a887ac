// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/** What bin/bench measures, for a fraction of a second: that it works, not how fast it is. A lost packet fails it. */
@Timeout(120)
@EnabledIf(value = "hasTwoProcessors", disabledReason = "needs processors 0 and 1")
class VlinkPairTest {
    private static final double SECONDS = 0.3;

    private final Lab lab = Lab.create();
    private final Pace pace = new Pace(new Cores(0, 1), new Progress(), 0, 0);
    private AgentProcess agent;

    static boolean hasTwoProcessors() {
        return Runtime.getRuntime().availableProcessors() >= 2;
    }

    @BeforeEach
    void startAgent() {
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "256M");
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private VlinkDomain domain(VlinkDomain.Shape shape) {
        return new VlinkDomain(lab, agent, new Cores(0, 1), shape, SECONDS);
    }

    @Test
    void framesOfManyBuffersComeBack() {
        Contestant.Run run = Turns.run(List.of(new VlinkPair(domain(BenchPlan.JUMBO), "vlink")),
                new Traffic(9000, 1024, 64), SECONDS, pace).get("vlink");
        assertThat(run.pps()).isPositive();
        assertThat(run.details()).containsKeys(VlinkPair.HOST_BYTES, VlinkPair.GUEST_BYTES, "startToFirstPacketMillis");
        assertThat(run.seen().guest().residentKib()).isPositive();
    }

    @Test
    void whereOneContestantCannotBeStartedTheOthersEnd() {
        VlinkPair good = new VlinkPair(domain(BenchPlan.ONE_LINK), "vlink");
        VlinkPair bad = new VlinkPair(domain(new VlinkDomain.Shape("bad", 3, 1, true, "")), "bad");
        Traffic notAMultipleOfTheLinks = new Traffic(64, 64, 64);
        assertThatThrownBy(() -> Turns.run(List.of(good, bad), notAMultipleOfTheLinks, SECONDS, pace))
                .isInstanceOf(LabException.class);
        assertThat(ProcessHandle.current().descendants().filter(ProcessHandle::isAlive)
                .map(process -> process.info().commandLine().orElse("")).filter(line -> line.contains("--link")
                        || line.contains("--vfio-user")))
                .isEmpty();
    }

    @Test
    void pairsThatTakeTurnsLoseNothingAndCountOnlyTheirOwnTime() {
        VlinkDomain.Shape other = new VlinkDomain.Shape("other", 2, 1, true, "");
        Map<String, Contestant.Run> runs = Turns.run(List.of(new VlinkPair(domain(BenchPlan.ONE_LINK), "vlink"),
                new VlinkPair(domain(other), "other")), BenchPlan.MAIN, 1, pace);
        assertThat(runs).containsOnlyKeys("vlink", "other");
        for (Contestant.Run run : runs.values()) {
            double counted = run.number(SideProgram.MEASURED_PACKETS) / run.pps();
            assertThat(counted).as("seconds that count").isGreaterThan(0.8);
            assertThat(run.number(SideProgram.MEASURED_NANOS) / 1e9).as("seconds from the first turn to the last")
                    .isGreaterThan(counted * 1.5);
        }
    }

    @Test
    void streamsArriveInOrderInBothDirections() {
        VlinkDomain domain = domain(BenchPlan.ONE_LINK);
        for (Flow flow : new Flow[]{Flow.TO_GUEST, Flow.TO_HOST}) {
            assertThat(
                    Turns.run(List.of(new OneWayPair(domain, flow)), BenchPlan.MAIN, SECONDS, pace).get("vlink").pps())
                    .as(flow.label()).isPositive();
        }
    }
}
