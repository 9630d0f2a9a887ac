// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jcstress tests, for half a second each; -Dvlink.stress="-m tough" (any options of jcstress) makes it long. The rings that
 * are broken on purpose must be caught.
 */
class RingStressTest {
    private static final String REAL = "^io[.]vlink[.]tests[.]rings[.]stress[.][^.]+$";
    private static final String BROKEN = "^io[.]vlink[.]tests[.]rings[.]stress[.]control[.][^.]+$";
    private static final int ATTEMPTS = 4;

    @TempDir
    private Path folder;

    private static List<String> options(int millis) {
        // One compilation mode and one set of JVM flags: a test is one process.
        return List.of("-m", "quick", "-f", "1", "-fsm", "1", "-iters", "1", "-sc", "false", "-strideSize", "64",
                "-strideCount", "10", "-jvmArgs", "--enable-native-access=ALL-UNNAMED", "-time",
                Integer.toString(millis));
    }

    @Test
    void noForbiddenOutcomeIsSeenOnTheRealRings() throws IOException, InterruptedException {
        String chosen = System.getProperty("vlink.stress", "");
        StressRun run = chosen.isEmpty()
                ? StressRun.of(folder, REAL, 180, options(500))
                : StressRun.of(folder, REAL, 86_400, List.of(chosen.trim().split(" +")));
        assertThat(run.verdicts()).as(run.output()).isEqualTo(Map.of("PublishStress", "OK", "SlotReuseStress", "OK",
                "RoomStress", "OK", "PayloadStress", "OK", "StreamStress", "OK"));
        // Both orders of the race were seen: the actors did meet.
        assertThat(run.seen("PublishStress", "0, 0")).isPositive();
        assertThat(run.seen("PublishStress", "3, 0")).isPositive();
        assertThat(run.seen("SlotReuseStress", "0, 0, 0")).isPositive();
        assertThat(run.seen("SlotReuseStress", "8, 8, 0")).isPositive();
        assertThat(run.seen("PayloadStress", "1, 111, 222")).isPositive();
        assertThat(run.seen("StreamStress", "0, 0")).isPositive();
    }

    @Test
    void aRingThatPublishesOrReleasesTooEarlyIsCaught() throws IOException, InterruptedException {
        List<String> caught = new ArrayList<>();
        // A busy machine may keep the actors apart for a while: then longer.
        for (int attempt = 0; attempt < ATTEMPTS && caught.size() < 2; attempt++) {
            StressRun run = StressRun.of(folder, BROKEN, 180, options(500 << (2 * attempt)));
            assertThat(run.verdicts()).as(run.output()).containsOnlyKeys("PublishFirstStress", "ReleaseFirstStress");
            run.verdicts().forEach((test, verdict) -> {
                if (verdict.equals("FAILED") && !caught.contains(test)) {
                    caught.add(test);
                }
            });
        }
        assertThat(caught).containsExactlyInAnyOrder("PublishFirstStress", "ReleaseFirstStress");
    }
}
