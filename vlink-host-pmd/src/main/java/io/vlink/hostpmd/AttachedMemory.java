// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * The three memories of a link, mapped, and which ones they are: the kernel numbers memory as it numbers files, and uses no
 * number again while the memory is mapped. Mapped and closed by one thread; compared by any.
 */
final class AttachedMemory implements AutoCloseable {
    /** Region, channel memory, link record. */
    static final int COUNT = 3;

    private final List<Mapping> mappings;
    private final List<Object> keys;

    private AttachedMemory(List<Mapping> mappings, List<Object> keys) {
        this.mappings = mappings;
        this.keys = keys;
    }

    /**
     * Maps what an agent has sent.
     *
     * @param reply with {@value #COUNT} descriptors, which are closed on every path, as mappings keep the memory alive
     * @return the memories
     * @throws OsException              if one cannot be mapped
     * @throws IllegalArgumentException if one may still shrink
     */
    static AttachedMemory map(ControlConnection.Received reply) {
        List<Mapping> mappings = new ArrayList<>();
        boolean complete = false;
        try {
            List<Object> keys = keys(reply.fds());
            for (Fd fd : reply.fds()) {
                try (SharedMemory memory = SharedMemory.adopt(fd)) {
                    mappings.add(memory.map(Protection.READ_WRITE));
                }
            }
            complete = true;
            return new AttachedMemory(mappings, keys);
        } finally {
            reply.closeFds();
            if (!complete) {
                mappings.forEach(Mapping::close);
            }
        }
    }

    private static List<Object> keys(List<Fd> fds) {
        return fds.stream().map(AttachedMemory::key).toList();
    }

    /** Device and inode, see stat(2). */
    private static Object key(Fd fd) {
        try {
            return Files.readAttributes(Path.of("/proc/self/fd/" + fd.number()), BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            throw new UncheckedIOException("/proc must be mounted: fd=" + fd.number(), e);
        }
    }

    /**
     * Whether descriptors are of the same memories.
     *
     * @param fds descriptors in the order in which an agent sends them
     * @return false if any is of another memory
     */
    boolean isSame(List<Fd> fds) {
        return keys(fds).equals(keys);
    }

    /** {@return the memories, mapped until {@link #close}} */
    LinkMemory link() {
        return new LinkMemory(mappings.get(0).segment(), mappings.get(1).segment(), mappings.get(2).segment());
    }

    @Override
    public void close() {
        mappings.forEach(Mapping::close);
    }
}
