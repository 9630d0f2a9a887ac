// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Runs host programs in this process and keeps what they say. One runs at a time; any thread may look and stop it. */
final class ProgramRun {
    private final Path runDir;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final StopSignal stop = StopSignal.none();

    /** Programs that find their agent in a run directory. */
    ProgramRun(Path runDir) {
        this.runDir = runDir;
    }

    /** Runs a program to its end; returns its exit status. */
    int run(HostProgram<?> program, String... options) {
        List<String> arguments = new ArrayList<>(List.of("--run-dir", runDir.toString()));
        arguments.addAll(List.of(options));
        return program.run(new PrintWriter(out, true), new PrintWriter(err, true), stop,
                arguments.toArray(String[]::new));
    }

    /** Asks the program to stop, as a signal would. */
    void stop() {
        stop.request();
    }

    /** Waits for a thread of a test that has done its last step, and may not have ended yet. */
    static void awaitEnd(Thread thread) {
        try {
            assertThat(thread.join(Duration.ofSeconds(30))).as("%s has ended", thread).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    String out() {
        return out.toString();
    }

    /** What is on stderr and was not taken. */
    String errors() {
        return err.toString();
    }

    /** What was said on stderr since the last call. */
    String takeErrors() {
        String errors = err.toString().strip();
        err.getBuffer().setLength(0);
        return errors;
    }
}
