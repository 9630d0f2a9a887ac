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
 * memory right after. Sources: {@code proc_meminfo(5)}, {@code cgroups(7)}, the kernel's Documentation/admin-guide/cgroup-v2.rst
 * and cgroup-v1/memory.rst.
 */
public final class OrdinaryMemory {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+([0-9]+) kB");
    /** Hierarchy, controllers, path. */
    private static final int GROUP_FIELDS = 3;

    /** Where a version of control groups says what a group may have. */
    private enum Version {
        V1("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "), V2("", "memory.max",
                "memory.current", "inactive_file ");

        private final Path root;
        private final String limit;
        private final String used;
        private final String reclaimable;

        Version(String folder, String limit, String used, String reclaimable) {
            this.root = CGROUPS.resolve(folder);
            this.limit = limit;
            this.used = used;
            this.reclaimable = reclaimable;
        }
    }

    private OrdinaryMemory() {
    }

    /**
     * Bytes that can be taken without swapping, within the limits of this process's control groups (versions 1 and 2);
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
                String[] fields = line.split(":", GROUP_FIELDS);
                if (fields.length == GROUP_FIELDS) {
                    available = Math.min(available, belowLimits(fields[1], fields[2]));
                }
            }
        } catch (IOException unknown) {
            // Then the allocation itself has to find out.
        }
        return available;
    }

    private static long belowLimits(String controllers, String path) {
        if (!controllers.isEmpty() && !List.of(controllers.split(",")).contains("memory")) {
            return Long.MAX_VALUE;
        }
        Version version = controllers.isEmpty() ? Version.V2 : Version.V1;
        long available = Long.MAX_VALUE;
        // In a container the path may be the host's, of which only the end is mounted: what is not there has no limit.
        Path group = Path.of(version.root + path).normalize();
        for (Path at = group; at != null && at.startsWith(version.root); at = at.getParent()) {
            available = Math.min(available, belowLimit(version, at));
        }
        return available;
    }

    private static long belowLimit(Version version, Path group) {
        try {
            String limit = Files.readString(group.resolve(version.limit)).strip();
            if (limit.equals("max")) {
                return Long.MAX_VALUE;
            }
            long used = Long.parseLong(Files.readString(group.resolve(version.used)).strip());
            // Pages of files that nobody has used for long are given back before anything is refused.
            long reclaimable = Files.readAllLines(group.resolve("memory.stat")).stream()
                    .filter(line -> line.startsWith(version.reclaimable))
                    .mapToLong(line -> Long.parseLong(line.substring(version.reclaimable.length()).strip())).sum();
            return Math.max(0, Long.parseLong(limit) - Math.max(0, used - reclaimable));
        } catch (IOException | NumberFormatException noLimitHere) {
            // The root group of version 2 has no such files.
            return Long.MAX_VALUE;
        }
    }
}
