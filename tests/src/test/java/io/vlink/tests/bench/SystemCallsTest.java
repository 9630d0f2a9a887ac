// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Real processes, traced: one that calls the kernel all the time, and one that never does. */
@EnabledIf(value = "hasStrace", disabledReason = "strace is not on PATH: apt-get install strace")
class SystemCallsTest {
    private static final double SECONDS = 1;

    private final Lab lab = Lab.create();

    static boolean hasStrace() {
        return Arrays.stream(System.getenv("PATH").split(":", -1)).map(folder -> Path.of(folder, "strace"))
                .anyMatch(Files::isExecutable);
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private ManagedProcess shell(String script) {
        return lab.start("sh", List.of("sh", "-c", script));
    }

    @Test
    void saysSoWhenNobodyPolls() {
        ManagedProcess sleeper = shell("sleep 60");
        assertThatThrownBy(() -> new SystemCalls(lab).look(sleeper, sleeper, SECONDS))
                .isInstanceOf(LabException.class).hasMessageContaining("no thread polled");
    }

    @Test
    void countsTheCallsOfEachSideAndTellsTheirNames() {
        ManagedProcess caller = shell("while :; do cd /; done");
        ManagedProcess spinner = shell("while :; do :; done");
        Seen seen = new SystemCalls(lab).look(caller, spinner, SECONDS);
        assertThat((Long) seen.details().get(SystemCalls.HOST)).isPositive();
        assertThat(seen.details()).containsEntry(SystemCalls.GUEST, 0L);
        assertThat(seen.details().get(SystemCalls.NAMES).toString()).contains("chdir");
    }
}
