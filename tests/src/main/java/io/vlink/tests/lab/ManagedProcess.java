// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import io.vlink.infra.os.Freezer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A child process whose output is kept, line by line, and can be waited for. Closing it ends it: first politely, then, after
 * ten seconds, for good. Thread-safe.
 */
public final class ManagedProcess implements AutoCloseable {
    private static final Duration POLITE = Duration.ofSeconds(10);
    private static final int KEPT_LINES = 10_000;

    private final String name;
    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private final List<String> outputLines = new ArrayList<>();
    private final List<Thread> readers = new ArrayList<>();
    private int openStreams = 2;
    private volatile boolean paused;

    private ManagedProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        readers.add(Thread.ofPlatform().daemon().name(name + "-stdout")
                .start(() -> readAll(process.getInputStream(), true)));
        readers.add(Thread.ofPlatform().daemon().name(name + "-stderr")
                .start(() -> readAll(process.getErrorStream(), false)));
    }

    /**
     * Starts a process without standard input.
     *
     * @param name        what it is called in messages
     * @param command     program and arguments
     * @param environment variables that are added to this process's own
     * @return the running process
     */
    public static ManagedProcess start(String name, List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        return start(name, builder, environment);
    }

    /**
     * Starts a process that reads what {@link #send} writes.
     *
     * @param name        what it is called in messages
     * @param command     program and arguments
     * @param environment variables that are added to this process's own
     * @return the running process
     */
    public static ManagedProcess startInteractive(String name, List<String> command, Map<String, String> environment) {
        return start(name, new ProcessBuilder(command), environment);
    }

    private static ManagedProcess start(String name, ProcessBuilder builder, Map<String, String> environment) {
        builder.environment().putAll(environment);
        // A script's background job ignores SIGINT and hands that on; a JVM then leaves the signal ignored.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(builder.command());
        builder.command(command);
        try {
            return new ManagedProcess(name, builder.start());
        } catch (IOException e) {
            throw new LabException(
                    name + " could not be started: command=" + builder.command() + ": " + e.getMessage(),
                    "");
        }
    }

    /**
     * Writes a line to the standard input of a process from {@link #startInteractive}.
     *
     * @param line without a newline
     * @throws LabException if the process has ended
     */
    public void send(String line) {
        try {
            OutputStream input = process.getOutputStream();
            input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            input.flush();
        } catch (IOException e) {
            throw new LabException(name + " takes no input: line=" + line + ": " + e.getMessage(), tail(20));
        }
    }

    private void readAll(InputStream stream, boolean output) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                keep(line, output);
            }
        } catch (IOException e) {
            keep("(output ended: " + e.getMessage() + ")", false);
        } finally {
            synchronized (lines) {
                openStreams--;
                lines.notifyAll();
            }
        }
    }

    private void keep(String line, boolean output) {
        synchronized (lines) {
            if (lines.size() < KEPT_LINES) {
                lines.add(line);
            }
            if (output) {
                outputLines.add(line);
            }
            lines.notifyAll();
        }
    }

    /**
     * Waits for a line of output.
     *
     * @param what  what is waited for, in words, for the error message
     * @param match which line
     * @param limit at most so long
     * @return the line
     * @throws LabException if the process ends or the time runs out first
     */
    public String awaitLine(String what, Predicate<String> match, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        int seen = 0;
        synchronized (lines) {
            while (true) {
                for (; seen < lines.size(); seen++) {
                    if (match.test(lines.get(seen))) {
                        return lines.get(seen);
                    }
                }
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (openStreams == 0 || left <= 0) {
                    String why = openStreams == 0 ? " ended before " : " did not within " + limit.toSeconds() + " s: ";
                    throw new LabException(name + why + what, tail(20));
                }
                waitForMore(left);
            }
        }
    }

    private void waitForMore(long millis) {
        try {
            lines.wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException(name + ": interrupted", "");
        }
    }

    /**
     * Waits for the process to end.
     *
     * @param limit at most so long
     * @return its exit status
     * @throws LabException if the time runs out
     */
    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabException(name + " did not end within " + limit.toSeconds() + " s", tail(20));
            }
            for (Thread reader : readers) {
                reader.join(TimeUnit.SECONDS.toMillis(5));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException(name + ": interrupted", "");
        }
    }

    /**
     * Waits for this process or another to end, whichever does first.
     *
     * @param other the other one
     * @param limit at most so long
     * @throws LabException if the time runs out
     */
    public void awaitExitOfEither(ManagedProcess other, Duration limit) {
        try {
            CompletableFuture.anyOf(process.onExit(), other.process.onExit()).get(limit.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new LabException(
                    "neither " + name + " nor " + other.name + " ended within " + limit.toSeconds() + " s",
                    tail(10) + other.tail(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException(name + ": interrupted", "");
        }
    }

    /** {@return all lines of standard output so far} */
    public List<String> outputLines() {
        synchronized (lines) {
            return List.copyOf(outputLines);
        }
    }

    /** {@return all lines of both outputs so far, the first ten thousand at most} */
    public List<String> allLines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /**
     * The last lines of output, each with the process's name in front.
     *
     * @param count lines at most
     * @return the lines, newline-terminated
     */
    public String tail(int count) {
        StringBuilder text = new StringBuilder();
        synchronized (lines) {
            for (String line : lines.subList(Math.max(0, lines.size() - count), lines.size())) {
                text.append(name).append(": ").append(line).append('\n');
            }
        }
        return text.toString();
    }

    /** {@return whether it still runs} */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** {@return its process id} */
    public long pid() {
        return process.pid();
    }

    /**
     * Sends a signal.
     *
     * @param signal name as for {@code kill -s}, such as {@code KILL}
     */
    public void signal(String signal) {
        signal(process.pid(), signal);
    }

    /**
     * Sends a signal to a process that somebody else started.
     *
     * @param pid    which
     * @param signal name as for {@code kill -s}
     */
    public static void signal(long pid, String signal) {
        try {
            // The shell's own kill: small systems have no program of that name.
            new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + pid).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Does what this process is needed for, and ends it if that fails.
     *
     * @param work what it is needed for
     * @return its result
     */
    public <T> T orClose(Supplier<T> work) {
        try {
            return work.get();
        } catch (RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    /**
     * Has it stand still, with all of its threads, until {@link #resume}.
     *
     * @param thread id of one that runs, if there is one: then it stands still at once
     */
    public void pause(long thread) {
        paused = true;
        // A thread that has ended since it was chosen is no reason to fail.
        freeze(Freezer.stop(pid(), thread) || Freezer.stop(pid(), pid()));
    }

    /** Has it go on. */
    public void resume() {
        freeze(Freezer.goOn(pid()));
        paused = false;
    }

    private void freeze(boolean done) {
        if (!done) {
            throw new LabException(name + " can neither stand still nor go on: pid=" + pid() + ": has it ended?",
                    tail(20));
        }
    }

    /** Kills it at once, without a process of its own for that. */
    public void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        process.destroy();
        if (paused) {
            Freezer.goOn(pid()); // a process that stands still does not see that it should end
        }
        try {
            if (!process.waitFor(POLITE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
