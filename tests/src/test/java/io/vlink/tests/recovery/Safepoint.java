// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.recovery;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A full collection of garbage in another JVM that lasts as long as somebody wants. It logs a line before it lets the threads go on,
 * and the log is a pipe that is full; what slow disks have done to other people's JVMs. One thread.
 */
final class Safepoint {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String TOTAL = "sun.rt.safepointTime=";

    private final Lab lab;
    private final String pid;
    private final String pipe;
    private final Path starts;
    private ManagedProcess filler;
    private ManagedProcess collection;

    /**
     * None yet.
     *
     * @param lab where processes run that make it
     * @param pid of the JVM, which must be this user's
     */
    Safepoint(Lab lab, long pid) {
        this.lab = lab;
        this.pid = Long.toString(pid);
        this.pipe = lab.directory().resolve("gc.log").toString();
        this.starts = lab.directory().resolve("gc-start.log");
    }

    /** Lets it begin; the JVM stands still when this returns. */
    void begin() {
        finish(lab.start("mkfifo", List.of("mkfifo", pipe)));
        filler = lab.start("filler", List.of("sh", "-c", "exec cat /dev/zero 1<>" + pipe));
        finish(jcmd("VM.log", "output=" + pipe, "what=gc=info"));
        finish(jcmd("VM.log", "output=" + starts, "what=gc+start=info"));
        collection = jcmd("GC.run");
        Patience.await("a collection began", LIMIT, collection, () -> starts.toFile().length() > 0);
    }

    /** Ends it; the JVM goes on. */
    void end() {
        ManagedProcess reader = lab.start("reader", List.of("sh", "-c", "exec cat <" + pipe + " >/dev/null"));
        finish(collection);
        finish(jcmd("VM.log", "disable"));
        filler.close();
        reader.close();
    }

    /** {@return how long the JVM has stood in safepoints since it was started} */
    Duration total() {
        ManagedProcess counters = jcmd("PerfCounter.print");
        finish(counters);
        return counters.outputLines().stream().filter(line -> line.startsWith(TOTAL)).findFirst()
                .map(line -> Duration.ofNanos(Long.parseLong(line.substring(TOTAL.length()))))
                .orElseThrow(() -> new LabException("there is no counter " + TOTAL, counters.tail(20)));
    }

    private ManagedProcess jcmd(String... command) {
        List<String> all = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), pid));
        all.addAll(List.of(command));
        return lab.start("jcmd", all);
    }

    private static void finish(ManagedProcess process) {
        if (process.awaitExit(LIMIT) != 0) {
            throw new LabException("a command failed", process.tail(20));
        }
    }
}
