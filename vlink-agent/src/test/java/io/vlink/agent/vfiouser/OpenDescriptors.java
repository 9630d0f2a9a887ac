// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts descriptors of this process that can leak through a socket: all but the JVM's own files. */
final class OpenDescriptors {
    private OpenDescriptors() {
    }

    static long count() {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.filter(OpenDescriptors::canLeak).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean canLeak(Path fd) {
        try {
            String target = Files.readSymbolicLink(fd).toString();
            return target.startsWith("socket:") || target.startsWith("anon_inode:[eventfd]")
                    || target.startsWith("/memfd:")
                    || target.startsWith("pipe:") || target.equals("/dev/null");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
