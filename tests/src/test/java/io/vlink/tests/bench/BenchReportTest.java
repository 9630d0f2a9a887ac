// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.JsonLine;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchReportTest {
    @Test
    void aLonePacketThatWasComparedWithLinesOfOtherProcessorsIsNoise() {
        // As seen where the hypervisor moved the processors within rounds: 300 ns beside lines of 488.
        assertThat(BenchReport.ofOneInFlight(0, new Series(List.of(0.59, 0.69, 2.40, 0.60, 1.95))))
                .singleElement().asString().startsWith("one in flight: ratios lie ");
        assertThat(BenchReport.ofOneInFlight(0, new Series(List.of(1.73, 1.86, 1.82, 1.91, 2.21)))).isEmpty();
        assertThat(BenchReport.ofOneInFlight(2, new Series(List.of(1.86)))).singleElement().asString().contains("2 of");
    }

    @Test
    void whatWasNotMeasuredIsNullAndHasAReason() {
        BenchReport report = new BenchReport(Map.of());
        report.leaveOut(Goal.memif, "no testpmd");
        report.end(new Noise(), 1);
        Map<String, Object> json = JsonLine.read(JsonLine.write(report.toJson()));
        String[] names = Arrays.stream(Goal.values()).map(Goal::name).toArray(String[]::new);
        Map<?, ?> ratios = (Map<?, ?>) json.get("ratios");
        assertThat(ratios.keySet().stream().map(Object::toString)).containsExactly(names);
        assertThat(ratios.values()).containsOnlyNulls();
        assertThat(((Map<?, ?>) json.get("missing")).keySet().stream().map(Object::toString)).contains(names);
        assertThat(json.get("missing").toString()).contains("memif=no testpmd");
        assertThat(json).containsEntry("linksInShortBursts", null).containsEntry("linksInFullBursts", null)
                .containsEntry("bytesAllocated", null).containsEntry("systemCalls", null).containsKey("noisy");
    }
}
