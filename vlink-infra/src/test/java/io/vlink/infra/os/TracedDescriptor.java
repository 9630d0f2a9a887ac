// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.UUID;
import java.util.stream.Stream;

/** A descriptor whose copies in this process can be told from all others, to find those that somebody left open. */
public final class TracedDescriptor implements AutoCloseable {
    private final String name = "traced-" + UUID.randomUUID();
    private final SharedMemory memory = SharedMemory.create(name, PageSize.ORDINARY.bytes(), PageSize.ORDINARY);

    /**
     * Sends bytes in pieces, with copies of this descriptor, and ends the stream.
     *
     * @param sender  closed afterwards
     * @param pieces  each is a number of descriptors, a number of bytes, and these bytes
     * @param mostFds most descriptors with a piece
     */
    public void send(UnixConnection sender, byte[] pieces, int mostFds) {
        try (sender) {
            for (int at = 0; at + 2 < pieces.length;) {
                int fds = (pieces[at] & 0xff) % (mostFds + 1);
                int length = Math.clamp(pieces[at + 1] & 0xff, 1, pieces.length - at - 2);
                sender.send(pieces, at + 2, length, Collections.nCopies(fds, memory.fd()));
                at += 2 + length;
            }
        }
    }

    /** How many copies this process has, the original not counted. */
    public long copies() {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.filter(this::isCopy).count() - 1;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private boolean isCopy(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString().contains(name);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
