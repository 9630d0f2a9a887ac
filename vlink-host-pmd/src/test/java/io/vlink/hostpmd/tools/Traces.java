// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.TestLink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * What shows that a program in this process is attached to a link.
 *
 * @param descriptors open ones of link memories
 * @param mappings    of link memories
 * @param hostWord    the host's lane word
 */
record Traces(long descriptors, long mappings, long hostWord) {
    private static final String MEMORY = "/memfd:vlink-test";
    // From SPEC.md section 6, on purpose not from the constants.
    private static final long HOST_WORD = 0x100;

    /** What there is now. */
    static Traces of(TestLink link) {
        try {
            long mappings = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line -> line.contains(MEMORY)).count();
            return new Traces(openDescriptors(), mappings,
                    link.controlChannel().get(ValueLayout.JAVA_LONG, HOST_WORD));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long openDescriptors() throws IOException {
        long count = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : all) {
                count += target(fd).startsWith(MEMORY) ? 1 : 0;
            }
        }
        return count;
    }

    private static String target(Path fd) throws IOException {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (NoSuchFileException e) {
            return ""; // closed by another thread meanwhile
        }
    }
}
