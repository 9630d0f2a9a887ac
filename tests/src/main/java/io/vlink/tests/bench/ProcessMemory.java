// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory of a process. Source: proc_pid_status(5), proc_pid_smaps(5).
 *
 * @param residentKib  ordinary memory that is in RAM; VmRSS, which leaves hugepages out
 * @param hugepagesKib hugepages that it has touched; what is mapped several times counts once
 */
record ProcessMemory(long residentKib, long hugepagesKib) {
    private static final int OFFSET_WORD = 2;
    private static final int INODE_WORD = 4;
    private static final int HEADER_WORDS = 5;

    static ProcessMemory of(long process) {
        Path folder = Path.of("/proc", Long.toString(process));
        try {
            long resident = 0;
            for (String line : Files.readAllLines(folder.resolve("status"))) {
                resident = line.startsWith("VmRSS:") ? kib(line) : resident;
            }
            return new ProcessMemory(resident, hugepages(folder.resolve("smaps")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A mapping is known by its file and its place in it. */
    private static long hugepages(Path smaps) throws IOException {
        Map<String, Long> mappings = new HashMap<>();
        String mapping = "";
        for (String line : Files.readAllLines(smaps)) {
            String[] words = line.split(" +", -1);
            if (words.length >= HEADER_WORDS && words[0].indexOf('-') > 0) {
                boolean ofFile = !words[INODE_WORD].equals("0");
                mapping = ofFile ? words[INODE_WORD] + "@" + words[OFFSET_WORD] : words[0];
            } else if (words[0].endsWith("_Hugetlb:") && kib(line) > 0) {
                mappings.merge(mapping, kib(line), Math::max);
            }
        }
        return mappings.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long kib(String line) {
        return Long.parseLong(line.replaceAll("\\D", ""));
    }
}
