// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a figure depends on, besides the program. */
final class Conditions {
    private Conditions() {
    }

    static Map<String, Object> read(Path home, Cores cores) {
        Map<String, Object> conditions = new LinkedHashMap<>();
        conditions.put("date", Instant.now().truncatedTo(ChronoUnit.MINUTES).toString());
        conditions.put("commit", commit(home));
        conditions.put("cpu", cpu());
        conditions.put("processors", (long) Runtime.getRuntime().availableProcessors());
        conditions.put("hostCore", (long) cores.host());
        conditions.put("guestCore", (long) cores.guest());
        conditions.put("kernel", System.getProperty("os.version"));
        conditions.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
        conditions.put("javaOptions", System.getenv().getOrDefault("VLINK_JAVA_OPTS", ""));
        conditions.put("dpdk", System.getenv().getOrDefault("VLINK_TESTPMD_VERSION", "unknown"));
        conditions.put("pages", "2 MiB");
        return conditions;
    }

    private static String cpu() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith("model name"))
                    .findFirst().map(line -> line.substring(line.indexOf(':') + 1).trim()).orElse("unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String commit(Path home) {
        ProcessBuilder git = new ProcessBuilder("git", "-c", "safe.directory=" + home, "-C", home.toString(),
                "describe",
                "--always", "--dirty");
        try {
            Process process = git.redirectErrorStream(true).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
            return process.waitFor() == 0 ? text : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}
