// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManagedProcessTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final List<String> POLITE = List.of("sh", "-c",
            "trap 'exit 7' TERM; echo there; while :; do sleep 0.01; done");

    private static ManagedProcess polite() {
        ManagedProcess process = ManagedProcess.start("polite", POLITE, Map.of());
        process.awaitLine("it was there", "there"::equals, LIMIT);
        return process;
    }

    @Test
    void aProcessThatHasEndedCannotStandStill() {
        ManagedProcess process = polite();
        process.close();
        assertThatThrownBy(() -> process.pause(process.pid())).isInstanceOf(LabException.class)
                .hasMessageContaining("pid=" + process.pid());
    }

    @Test
    void aProcessEndsWithTheWorkThatItWasNeededForIfThatFails() {
        ManagedProcess process = polite();
        assertThatThrownBy(() -> process.orClose(() -> {
            throw new LabException("no", "");
        })).hasMessage("no");
        assertThat(process.isAlive()).isFalse();
    }

    @Test
    void aProcessThatStandsStillEndsAsPolitelyAsAnyOther() {
        ManagedProcess process = polite();
        process.pause(process.pid());
        process.close();
        assertThat(process.awaitExit(LIMIT)).as("its own exit status, not that of a killed one").isEqualTo(7);
    }
}
