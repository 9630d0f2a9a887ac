// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.qemu.RequiresQemu;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A real guest that echoes over vlink and over virtio-net; short, so it says that both work, not how fast they are. */
@RequiresQemu
class VirtioNetComparisonTest {
    @Test
    void packetsComeBackOverBothWaysInOneRealGuest() {
        try (Lab lab = Lab.create()) {
            AgentProcess.start(lab, "--no-huge", "--memory", "64M");
            VirtioNetComparison.Plan plan = new VirtioNetComparison.Plan("tcg", "", 64, 512, 1, Duration.ofSeconds(1),
                    Duration.ofMillis(400));
            VmComparison comparison = VirtioNetComparison.run(lab, plan, System.out::println);
            assertThat(comparison.accelerator()).isEqualTo("tcg");
            assertThat(comparison.rounds()).singleElement().satisfies(round -> {
                assertThat(round.vlinkPps()).isPositive();
                assertThat(round.virtioPps()).isPositive();
                assertThat(round.virtioSent()).isGreaterThan(512);
                assertThat(round.virtioLost()).isLessThan(round.virtioSent());
            });
        } catch (LabException e) {
            throw new AssertionError(e.getMessage() + "\n" + e.logs(), e);
        }
    }
}
