// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory of a process. Source: proc_pid_status(5).
 *
 * @param residentKib  ordinary memory that is in RAM; VmRSS, which leaves hugepages out
 * @param hugepagesKib hugepages that it has touched; HugetlbPages
 */
record ProcessMemory(long residentKib, long hugepagesKib) {
    static ProcessMemory of(long process) {
        try {
            long resident = 0;
            long hugepages = 0;
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process), "status"))) {
                resident = line.startsWith("VmRSS:") ? kib(line) : resident;
                hugepages = line.startsWith("HugetlbPages:") ? kib(line) : hugepages;
            }
            return new ProcessMemory(resident, hugepages);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long kib(String line) {
        return Long.parseLong(line.replaceAll("\\D", ""));
    }
}
