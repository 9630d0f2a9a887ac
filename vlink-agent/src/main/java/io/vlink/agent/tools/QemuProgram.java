// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The QEMU to become.
 *
 * @param path    of the program
 * @param version as it tells it, such as 11.1.3
 */
record QemuProgram(Path path, String version) {
    /** Environment variable that names the program. */
    static final String VARIABLE = "VLINK_QEMU";

    private static final String NAME = "qemu-system-x86_64";
    private static final Pattern VERSION = Pattern.compile("version ((\\d+)\\.(\\d+)[0-9.]*)");
    private static final int NEED_MAJOR = 10;
    private static final int NEED_MINOR = 1;
    private static final int VERSION_TIMEOUT_SECONDS = 20;
    private static final int MAX_VERSION_BYTES = 65_536;
    private static final String REMEDY = ": need >= 10.1 (run bin/setup, or set VLINK_QEMU to a newer one)";

    /**
     * Finds QEMU and asks for its version: VLINK_QEMU, else the first qemu-system-x86_64 on PATH.
     *
     * @param environment of the process
     * @return a QEMU that can do what we need
     * @throws ToolException if there is none, or it is too old
     */
    static QemuProgram find(Map<String, String> environment) {
        Path path = locate(environment);
        String output = ask(path);
        Matcher matcher = VERSION.matcher(output);
        if (!matcher.find()) {
            throw new ToolException("QEMU does not tell its version: path=" + path + " said="
                    + output.lines().findFirst().orElse("nothing") + REMEDY);
        }
        int major = Integer.parseInt(matcher.group(2));
        int minor = Integer.parseInt(matcher.group(3));
        if (major < NEED_MAJOR || (major == NEED_MAJOR && minor < NEED_MINOR)) {
            throw new ToolException("QEMU too old: version=" + matcher.group(1) + " path=" + path + REMEDY);
        }
        return new QemuProgram(path, matcher.group(1));
    }

    private static Path locate(Map<String, String> environment) {
        String named = environment.getOrDefault(VARIABLE, "");
        if (!named.isEmpty()) {
            if (!Files.isExecutable(Path.of(named))) {
                throw new ToolException("QEMU is absent: " + VARIABLE + "=" + named + " is no program" + REMEDY);
            }
            return Path.of(named);
        }
        for (String folder : environment.getOrDefault("PATH", "").split(":", -1)) {
            Path candidate = Path.of(folder.isEmpty() ? "." : folder, NAME);
            if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        throw new ToolException("QEMU is absent: no " + NAME + " on PATH, and " + VARIABLE + " is not set" + REMEDY);
    }

    private static String ask(Path path) {
        try {
            Process process = new ProcessBuilder(path.toString(), "-version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            try {
                return CompletableFuture.supplyAsync(() -> start(process.getInputStream())).get(VERSION_TIMEOUT_SECONDS,
                        TimeUnit.SECONDS);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException | ExecutionException e) {
            throw new ToolException("QEMU does not start: path=" + path + " reason=" + e.getMessage() + REMEDY);
        } catch (TimeoutException e) {
            throw new ToolException("QEMU does not tell its version within " + VERSION_TIMEOUT_SECONDS + " s: path="
                    + path + REMEDY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ToolException("interrupted while asking QEMU for its version: path=" + path);
        }
    }

    private static String start(InputStream output) {
        try {
            return new String(output.readNBytes(MAX_VERSION_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
