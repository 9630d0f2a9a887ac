// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much ordinary memory this process could still take, read anew at each call. Usable from any thread; others may take
 * memory right after. Sources: {@code proc_meminfo(5)}, the kernel's Documentation/admin-guide/cgroup-v2.rst.
 */
public final class OrdinaryMemory {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+([0-9]+) kB");
    private static final String UNIFIED = "0::/";

    private OrdinaryMemory() {
    }

    /**
     * Bytes that can be taken without swapping, within the limits of this process's control groups (version 2);
     * {@code Long.MAX_VALUE} if the kernel does not say.
     */
    public static long availableBytes() {
        long available = Long.MAX_VALUE;
        try {
            Matcher matcher = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo")));
            if (matcher.find()) {
                available = Long.parseLong(matcher.group(1)) << 10;
            }
            for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
                if (line.startsWith(UNIFIED)) {
                    available = Math.min(available, belowLimits(CGROUPS.resolve(line.substring(UNIFIED.length()))));
                }
            }
        } catch (IOException unknown) {
            // Then the allocation itself has to find out.
        }
        return available;
    }

    private static long belowLimits(Path group) {
        long available = Long.MAX_VALUE;
        for (Path at = group; at != null && at.startsWith(CGROUPS); at = at.getParent()) {
            try {
                List<String> limit = Files.readAllLines(at.resolve("memory.max"));
                long used = Long.parseLong(Files.readString(at.resolve("memory.current")).strip());
                if (!limit.equals(List.of("max"))) {
                    available = Math.min(available, Math.max(0, Long.parseLong(limit.getFirst()) - used));
                }
            } catch (IOException | NumberFormatException noLimitHere) {
                // The root group has no such files.
            }
        }
        return available;
    }
}
