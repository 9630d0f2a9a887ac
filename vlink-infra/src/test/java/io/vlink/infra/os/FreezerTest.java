// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FreezerTest {
    private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();

    @Test
    void aProcessThatIsNotThereCanNeitherStandStillNorGoOn() throws IOException, InterruptedException {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        assertThat(Freezer.stop(ended.pid(), ended.pid())).isFalse();
        assertThat(Freezer.goOn(ended.pid())).isFalse();
    }

    @Test
    void aProcessStandsStillUntilItIsToldToGoOn() throws IOException, InterruptedException {
        Process busy = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
        try {
            awaitState(busy, 'R');
            assertThat(Freezer.stop(busy.pid(), busy.pid())).isTrue();
            awaitState(busy, 'T');
            assertThat(Freezer.goOn(busy.pid())).isTrue();
            awaitState(busy, 'R');
        } finally {
            busy.destroyForcibly().waitFor();
        }
    }

    /** The state follows the name, which is in parentheses: proc_pid_stat(5). */
    private static void awaitState(Process process, char wanted) throws IOException {
        long begin = System.nanoTime();
        char state;
        do {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            state = stat.charAt(stat.lastIndexOf(')') + 2);
            Thread.onSpinWait();
        } while (state != wanted && System.nanoTime() - begin < LIMIT_NANOS);
        assertThat(state).isEqualTo(wanted);
    }
}
