// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import io.vlink.infra.os.HugePages;
import io.vlink.infra.os.PageSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is open and what is there while nobody sends: what must be the same after every strike.
 *
 * @param agent     descriptors of the agent that can leak, by kind
 * @param keeper    likewise of its keeper
 * @param freePages free hugepages of 2 MiB
 * @param files     names in the run directory
 */
record Resources(TreeMap<String, Integer> agent, TreeMap<String, Integer> keeper, long freePages,
        TreeSet<String> files) {
    /** {@return what there is now} */
    static Resources of(long agentPid, long keeperPid, Path runDirectory) {
        return new Resources(descriptors(agentPid), descriptors(keeperPid), HugePages.free(PageSize.HUGE_2M),
                names(runDirectory));
    }

    private static TreeSet<String> names(Path folder) {
        TreeSet<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sockets, memory files and event counters; what a JVM opens for itself comes and goes. */
    private static TreeMap<String, Integer> descriptors(long pid) {
        TreeMap<String, Integer> kinds = new TreeMap<>();
        try (Stream<Path> fds = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path fd : fds.toList()) {
                String kind = kind(fd);
                if (!kind.isEmpty()) {
                    kinds.merge(kind, 1, Integer::sum);
                }
            }
            return kinds;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String kind(Path fd) {
        try {
            String target = Files.readSymbolicLink(fd).toString();
            return target.startsWith("socket:")
                    ? "socket"
                    : target.startsWith("/memfd:") || target.contains("hugepages")
                            ? "memory"
                            : target.contains("eventfd") ? "eventfd" : "";
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }
}
