// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One of the module's programs in a JVM of its own, for what a signal or an exec does. Killed when closed. */
public final class ProgramProcess implements AutoCloseable {
    private final Process process;
    private final Path output;
    private final Path errors;

    private ProgramProcess(Process process, Path output, Path errors) {
        this.process = process;
        this.output = output;
        this.errors = errors;
    }

    /**
     * Starts a program.
     *
     * @param folder      where its output goes
     * @param environment added to ours
     * @param main        its class
     * @param arguments   its command line
     * @return the process
     * @throws IOException if it does not start
     */
    public static ProgramProcess start(Path folder, Map<String, String> environment, Class<?> main, String... arguments)
            throws IOException {
        // A script's background job ignores SIGINT and hands that on; a JVM then leaves the signal ignored.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED", "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(folder, "out", ".log");
        Path errors = Files.createTempFile(folder, "err", ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().putAll(environment);
        return new ProgramProcess(builder.start(), output, errors);
    }

    /** {@return standard output so far} */
    public String output() {
        return read(output);
    }

    /** {@return standard error so far} */
    public String errors() {
        return read(errors);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * Waits for something on standard output.
     *
     * @param text what to wait for
     * @return this
     */
    public ProgramProcess awaitOutput(String text) {
        await().atMost(Duration.ofSeconds(20)).until(() -> output().contains(text) || !process.isAlive());
        if (!output().contains(text)) {
            throw new AssertionError("no \"" + text + "\" in: " + output() + errors());
        }
        return this;
    }

    /**
     * Waits for the end.
     *
     * @param limit how long
     * @return exit status
     * @throws InterruptedException if the test is interrupted
     */
    public int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still runs after " + limit + ": " + errors());
        }
        return process.exitValue();
    }

    /** {@return the process} */
    public Process process() {
        return process;
    }

    /**
     * Sends a signal.
     *
     * @param name such as TERM
     * @throws IOException          if kill(1) does not start
     * @throws InterruptedException if the test is interrupted
     */
    public void signal(String name) throws IOException, InterruptedException {
        // The shell's own kill: small systems have no program of that name.
        new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid()).start().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
