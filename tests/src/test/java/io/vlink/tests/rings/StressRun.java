// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of jcstress in a process of its own, which forks one more for each test, and what it reported.
 *
 * @param verdicts of each test class, by its simple name
 * @param outcomes of each test class: how often each outcome was seen
 * @param output   all of its text
 */
record StressRun(Map<String, String> verdicts, Map<String, Map<String, Long>> outcomes, String output) {
    private static final Pattern VERDICT = Pattern.compile("\\.+ \\[([A-Z]+)] [\\w.]+\\.(\\w+)");
    private static final Pattern OUTCOME = Pattern
            .compile(" *(-?\\d+(?:, -?\\d+)*) +(\\d[\\d,]*) +[<\\d.]+% +(?:Acceptable|Interesting|Forbidden).*");

    /** Runs the tests whose class names match, and fails unless all of them ran to the end. */
    static StressRun of(Path folder, String tests, long limitSeconds, List<String> options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), "org.openjdk.jcstress.Main", "-v",
                "-r", "report", "-t", tests));
        command.addAll(options);
        Path output = Files.createTempFile(folder, "jcstress", ".out");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        try {
            if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
                throw new AssertionError("jcstress does not end: seconds=" + limitSeconds + "\n"
                        + Files.readString(output, UTF_8));
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return parse(Files.readString(output, UTF_8));
    }

    private static StressRun parse(String output) {
        Map<String, String> verdicts = new TreeMap<>();
        Map<String, Map<String, Long>> outcomes = new TreeMap<>();
        String test = "";
        for (String line : output.substring(Math.max(0, output.indexOf("RUN RESULTS:"))).lines().toList()) {
            Matcher verdict = VERDICT.matcher(line);
            Matcher outcome = OUTCOME.matcher(line);
            if (verdict.matches()) {
                test = verdict.group(2);
                verdicts.put(test, verdict.group(1));
                outcomes.put(test, new TreeMap<>());
            } else if (outcome.matches() && !test.isEmpty()) {
                outcomes.get(test).put(outcome.group(1), Long.valueOf(outcome.group(2).replace(",", "")));
            }
        }
        return new StressRun(verdicts, outcomes, output);
    }

    /** {@return how often a test saw an outcome, 0 if it did not run} */
    long seen(String test, String outcome) {
        return outcomes.getOrDefault(test, Map.of()).getOrDefault(outcome, 0L);
    }
}
