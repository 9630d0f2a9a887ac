// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.JsonLine;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchReportTest {
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
        assertThat(json).containsEntry("bytesAllocated", null).containsEntry("systemCalls", null).containsKey("noisy");
    }
}
