// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Shared memory of ordinary pages that the agent itself reads and writes. Others map it through its descriptor. */
final class SharedBlock implements AutoCloseable {
    private final SharedMemory memory;
    private Mapping writable;
    /** The same mapping, or one for reading only. */
    private Mapping readable;

    /**
     * Makes and maps memory that is all zero.
     *
     * @param name  what /proc shows
     * @param bytes size
     */
    SharedBlock(String name, long bytes) {
        this(SharedMemory.create(name, bytes, PageSize.ORDINARY));
    }

    private SharedBlock(SharedMemory memory) {
        this.memory = memory;
        try {
            writable = memory.map(Protection.READ_WRITE);
            readable = writable;
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Maps memory that another process made, as it is. Takes the descriptor over, and closes it if a check fails.
     *
     * @param fd    sealed shared memory
     * @param bytes its size
     * @return the memory
     * @throws IllegalArgumentException if it is not sealed, or of another size
     */
    static SharedBlock adopt(Fd fd, long bytes) {
        SharedMemory memory = SharedMemory.adopt(fd);
        if (memory.bytes() != bytes) {
            memory.close();
            throw new IllegalArgumentException(
                    "memory must have its size: bytes=" + memory.bytes() + " expected=" + bytes);
        }
        return new SharedBlock(memory);
    }

    /**
     * Maps all but the first bytes for reading only, for good: nothing that goes wrong in this process can change them.
     *
     * @param bytes whole pages, which can still be written
     * @throws io.vlink.infra.os.OsException if they cannot be mapped; then the memory is closed
     */
    void keepWritable(long bytes) {
        Mapping all = writable;
        try {
            readable = memory.map(Protection.READ_ONLY);
            writable = Mapping.of(memory.fd(), 0, bytes, Protection.READ_WRITE);
            all.close();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** {@return what can be written of the memory: all of it, or what was kept} */
    MemorySegment segment() {
        return writable.segment();
    }

    /** {@return the descriptor to pass on; stays ours} */
    Fd fd() {
        return memory.fd();
    }

    /** {@return the size in bytes} */
    long bytes() {
        return memory.bytes();
    }

    void putInt(long offset, int value) {
        segment().set(SharedWord.INT, offset, value);
    }

    int getInt(long offset) {
        return readable.segment().get(SharedWord.INT, offset);
    }

    void putLong(long offset, long value) {
        segment().set(SharedWord.LONG, offset, value);
    }

    /** Publishes everything written before: pairs with a reader's acquire of the same word. */
    void putLongRelease(long offset, long value) {
        SharedWord.LONG_HANDLE.setRelease(segment(), offset, value);
    }

    long getLong(long offset) {
        return (long) SharedWord.LONG_HANDLE.getAcquire(readable.segment(), offset);
    }

    void putBytes(long offset, byte[] bytes) {
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment(), offset, bytes.length);
    }

    /** Writes a name as UTF-8 and fills the rest of its field with zeroes. */
    void putName(long offset, String name, long fieldBytes) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= fieldBytes) {
            throw new IllegalArgumentException("name must have at most " + (fieldBytes - 1) + " bytes: name=" + name);
        }
        segment().asSlice(offset, fieldBytes).fill((byte) 0);
        putBytes(offset, bytes);
    }

    @Override
    public void close() {
        writable.close();
        readable.close();
        memory.close();
    }
}
