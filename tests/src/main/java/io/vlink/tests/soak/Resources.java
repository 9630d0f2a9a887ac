// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What agent and keeper have while nobody sends: what must be the same after every strike. Other users of the machine, and of its
 * hugepages, do not show in it. Memory counts twice: a file that is mapped and no longer open is held as well.
 *
 * @param agent  descriptors that can leak, by kind ({@code socket}, {@code memory}, {@code eventfd}); bytes of the memory files,
 *               hugepages or not, that it has open ({@code openBytes}) and mapped ({@code mappedBytes})
 * @param keeper likewise of the agent's keeper
 * @param files  names in the run directory
 */
public record Resources(TreeMap<String, Long> agent, TreeMap<String, Long> keeper, TreeSet<String> files) {
    private static final String SOCKET = "socket";

    /**
     * Looks.
     *
     * @param agentPid     alive
     * @param keeperPid    alive
     * @param runDirectory theirs
     * @return what there is now
     * @throws UncheckedIOException if one of them has gone
     */
    public static Resources of(long agentPid, long keeperPid, Path runDirectory) {
        try {
            return new Resources(ofProcess(agentPid), ofProcess(keeperPid), names(runDirectory));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * {@return whether this is the same as {@code before}, but for sockets, of which there may be fewer: a connection that has
     * ended is closed by its thread a moment later}
     *
     * @param before an earlier look
     */
    public boolean isWithoutMoreThan(Resources before) {
        return files.equals(before.files) && isWithoutMoreThan(agent, before.agent)
                && isWithoutMoreThan(keeper, before.keeper);
    }

    private static boolean isWithoutMoreThan(TreeMap<String, Long> now, TreeMap<String, Long> before) {
        TreeMap<String, Long> rest = new TreeMap<>(now);
        TreeMap<String, Long> restBefore = new TreeMap<>(before);
        long sockets = Objects.requireNonNullElse(rest.remove(SOCKET), 0L);
        return sockets <= Objects.requireNonNullElse(restBefore.remove(SOCKET), 0L) && rest.equals(restBefore);
    }

    /** {@return the same for a report} */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("agent", new LinkedHashMap<>(agent));
        json.put("keeper", new LinkedHashMap<>(keeper));
        json.put("files", new ArrayList<>(files));
        return json;
    }

    private static TreeSet<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            TreeSet<String> names = new TreeSet<>();
            files.forEach(file -> names.add(file.getFileName().toString()));
            return names;
        }
    }

    private static TreeMap<String, Long> ofProcess(long pid) throws IOException {
        TreeMap<String, Long> counts = new TreeMap<>();
        Path process = Path.of("/proc/" + pid);
        Set<Object> seen = new HashSet<>();
        for (Path fd : list(process.resolve("fd"))) {
            String kind = kind(fd);
            if (!kind.isEmpty()) {
                counts.merge(kind, 1L, Long::sum);
            }
            if (kind.equals("memory")) {
                counts.merge("openBytes", bytesUnlessSeen(fd, seen), Long::sum);
            }
        }
        for (String line : Files.readAllLines(process.resolve("maps"))) {
            if (isMemory(line.substring(line.indexOf(' ')))) {
                counts.merge("mappedBytes", mappedBytes(line), Long::sum);
            }
        }
        return counts;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }

    /** Sockets, memory files and event counters; what a JVM opens for itself comes and goes. */
    private static String kind(Path fd) {
        try {
            String target = Files.readSymbolicLink(fd).toString();
            return target.startsWith("socket:")
                    ? SOCKET
                    : isMemory(target) ? "memory" : target.contains("eventfd") ? "eventfd" : "";
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static boolean isMemory(String path) {
        return path.contains("/memfd:") || path.contains("hugepages");
    }

    /** The size of the file behind a descriptor; 0 where another descriptor of the same file has been counted. */
    private static long bytesUnlessSeen(Path fd, Set<Object> seen) {
        try {
            Map<String, Object> file = Files.readAttributes(fd, "unix:dev,ino,size");
            return seen.add(List.of(file.get("dev"), file.get("ino"))) ? (long) file.get("size") : 0;
        } catch (IOException closedMeanwhile) {
            return 0;
        }
    }

    /** A line of proc_pid_maps(5) begins with the first address and the one behind the last, in hexadecimal. */
    private static long mappedBytes(String line) {
        int dash = line.indexOf('-');
        return Long.parseUnsignedLong(line.substring(dash + 1, line.indexOf(' ')), 16)
                - Long.parseUnsignedLong(line.substring(0, dash), 16);
    }
}
