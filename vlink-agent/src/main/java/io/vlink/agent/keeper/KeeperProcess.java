// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.spec.keeper.KeeperProtocol;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;

/** How a keeper is started: a JVM as small as one gets. */
final class KeeperProcess {
    private static final long MAX_LOG_BYTES = 256 << 10;
    /** It has three threads that mostly wait, and nothing that is worth compiling. */
    private static final List<String> FLAGS = List.of("-Xmx16m", "-Xms4m", "-Xss256k", "-XX:+UseSerialGC", "-Xint",
            "-XX:ReservedCodeCacheSize=4m", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", "-Xshare:auto",
            "--enable-native-access=ALL-UNNAMED", "-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider",
            "-Dslf4j.internal.verbosity=WARN");

    private KeeperProcess() {
    }

    /**
     * Starts a keeper; it is ready when its socket takes connections.
     *
     * @param directory where
     * @return the process
     * @throws KeeperException if it cannot be started
     */
    static Process start(RunDirectory directory) {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path log = KeeperFiles.log(directory);
        try {
            if (Files.exists(log) && Files.size(log) > MAX_LOG_BYTES) {
                Files.delete(log);
            }
            // Not the agent's own output: a dead agent's pipe would stay open for its reader, and block once it is full.
            ProcessBuilder builder = new ProcessBuilder(java.toString())
                    .directory(new File("/"))
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.command().addAll(FLAGS);
            builder.command().addAll(List.of("-cp", classPath(), KeeperMain.class.getName(),
                    directory.path().toString()));
            // Options meant for the agent, a debugger's port above all, are not the keeper's.
            builder.environment().keySet()
                    .removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"));
            return builder.start();
        } catch (IOException e) {
            throw new KeeperException("keeper cannot be started: java=" + java + " log=" + log + " reason=\""
                    + e.getMessage() + "\": see both, or start with --keeper=no", e);
        }
    }

    /** Its own few jars by their absolute paths: where the agent was started from may be gone when the last class is loaded. */
    private static String classPath() {
        return Stream.of(KeeperMain.class, Fd.class, KeeperProtocol.class, Logger.class).map(KeeperProcess::location)
                .distinct().collect(Collectors.joining(File.pathSeparator));
    }

    private static String location(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toAbsolutePath()
                    .toString();
        } catch (URISyntaxException e) {
            throw new KeeperException("keeper cannot be started: class=" + type.getName() + " has no file", e);
        }
    }
}
