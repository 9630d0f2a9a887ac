// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A client that writes its bytes by hand from the protocol's text (QEMU docs/interop/vfio-user.rst). It shares neither codec nor
 * constants with the server, so that a mistake in them cannot cancel itself out.
 */
@SuppressWarnings("ByteBufferBackingArray") // every buffer here wraps an array of its own
final class RawVfioUserClient implements AutoCloseable {
    static final int VERSION = 1;
    static final int DMA_MAP = 2;
    static final int DMA_UNMAP = 3;
    static final int GET_INFO = 4;
    static final int GET_REGION_INFO = 5;
    static final int GET_REGION_IO_FDS = 6;
    static final int GET_IRQ_INFO = 7;
    static final int SET_IRQS = 8;
    static final int REGION_READ = 9;
    static final int REGION_WRITE = 10;
    static final int RESET = 13;
    static final int EIO = 5;
    static final int EBUSY = 16;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int ENOTSUP = 95;
    private static final int ECONNRESET = 104;

    private final UnixConnection connection;
    private int nextId = 0xfff0;

    private RawVfioUserClient(UnixConnection connection) {
        this.connection = connection;
        connection.receiveTimeout(5_000);
    }

    /** One end of a connection whose other end a server is given. */
    static RawVfioUserClient of(UnixConnection connection) {
        return new RawVfioUserClient(connection);
    }

    /** A connection on which nothing has been said. */
    static RawVfioUserClient silent(Path socket) {
        return new RawVfioUserClient(UnixConnection.connect(socket));
    }

    /** A connection that has agreed on a version. */
    static RawVfioUserClient connect(Path socket) {
        RawVfioUserClient client = silent(socket);
        client.request(VERSION, version(0, 0, "{}")).succeeded();
        return client;
    }

    /** A reply, taken apart; its descriptors are the caller's. */
    record Reply(int id, int command, int flags, int error, ByteBuffer payload, List<Fd> fds) {
        Reply succeeded() {
            assertThat(flags).as("flags: a reply without error").isEqualTo(1);
            assertThat(error).isZero();
            return this;
        }

        void failed(int errno) {
            assertThat(flags).as("flags: a reply with error").isEqualTo(0x21);
            assertThat(error).as("errno").isEqualTo(errno);
            assertThat(payload.capacity()).as("payload of an error reply").isZero();
            assertThat(fds).isEmpty();
        }

        byte[] bytes(int from) {
            byte[] bytes = new byte[payload.capacity() - from];
            payload.get(from, bytes);
            return bytes;
        }
    }

    Reply request(int command, byte[] payload, Fd... fds) {
        int id = send(command, 0, payload, fds);
        Reply reply = receive();
        assertThat(reply.id).isEqualTo(id);
        assertThat(reply.command).isEqualTo(command);
        return reply;
    }

    /** Sends a command and returns its id; ids wrap within 16 bits. */
    int send(int command, int flags, byte[] payload, Fd... fds) {
        int id = nextId++ & 0xffff;
        sendBytes(message(id, command, 16 + payload.length, flags, payload), fds);
        return id;
    }

    /** Sends bytes as far as the server reads them: one that refuses them may close before it has read all. */
    void sendBytes(byte[] bytes, Fd... fds) {
        try {
            connection.send(bytes, 0, bytes.length, List.of(fds));
        } catch (OsException closed) {
            // Whoever waits for an answer finds the end of the stream in its place.
            if (closed.errno() != Errno.EPIPE && closed.errno() != Errno.ECONNRESET) {
                throw closed;
            }
        }
    }

    Reply receive() {
        List<Fd> fds = new ArrayList<>();
        ByteBuffer header = fill(16, fds);
        assertThat(header).as("the server closed the connection").isNotNull();
        ByteBuffer payload = fill(header.getInt(4) - 16, fds);
        return new Reply(Short.toUnsignedInt(header.getShort(0)), Short.toUnsignedInt(header.getShort(2)),
                header.getInt(8),
                header.getInt(12), payload, fds);
    }

    /** Waits until the server has closed the connection without a word; it may have left bytes of ours unread. */
    void expectClosed() {
        try {
            assertThat(fill(1, new ArrayList<>())).as("bytes from a server that should have closed").isNull();
        } catch (OsException e) {
            assertThat(e.errno()).as(e.getMessage()).isEqualTo(ECONNRESET);
        }
    }

    /** Whether the server has closed the connection. */
    boolean hungUp() {
        return connection.hungUp();
    }

    /** Whether something from the server waits to be received, be it the end. */
    boolean hasBytes() {
        return connection.readable(0);
    }

    /** A whole message with any size field. */
    static byte[] message(int id, int command, int size, int flags, byte[] payload) {
        return little(16 + payload.length).putShort(0, (short) id).putShort(2, (short) command).putInt(4, size)
                .putInt(8, flags).put(16, payload).array();
    }

    static byte[] version(int major, int minor, String json) {
        byte[] text = (json + "\0").getBytes(StandardCharsets.UTF_8);
        return little(4 + text.length).putShort(0, (short) major).putShort(2, (short) minor).put(4, text).array();
    }

    /** Consecutive 32-bit words. */
    static byte[] words(int... words) {
        ByteBuffer buffer = little(words.length * 4);
        for (int word : words) {
            buffer.putInt(word);
        }
        return buffer.array();
    }

    static byte[] regionInfo(int argsz, int index) {
        return words(argsz, 0, index, 0, 0, 0, 0, 0);
    }

    static byte[] setIrqs(int flags, int index, int start, int count) {
        return words(20, flags, index, start, count);
    }

    static byte[] access(long offset, int region, int count, byte... data) {
        return little(16 + data.length).putLong(0, offset).putInt(8, region).putInt(12, count).put(16, data).array();
    }

    static byte[] dmaMap(int argsz, int flags, long offset, long address, long size) {
        return little(32).putInt(0, argsz).putInt(4, flags).putLong(8, offset).putLong(16, address).putLong(24, size)
                .array();
    }

    static byte[] dmaUnmap(int argsz, int flags, long address, long size) {
        return little(24).putInt(0, argsz).putInt(4, flags).putLong(8, address).putLong(16, size).array();
    }

    /** Reads a 32-bit control register. */
    int register(int offset) {
        return request(REGION_READ, access(offset, 0, 4)).succeeded().payload().getInt(16);
    }

    void register(int offset, int value) {
        request(REGION_WRITE, access(offset, 0, 4, words(value))).succeeded();
    }

    @Override
    public void close() {
        connection.close();
    }

    static ByteBuffer little(int bytes) {
        return ByteBuffer.wrap(new byte[bytes]).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer fill(int bytes, List<Fd> fds) {
        byte[] data = new byte[bytes];
        for (int done = 0; done < bytes;) {
            int count = connection.receive(data, done, bytes - done, fds, 16);
            if (count == 0) {
                return null;
            }
            done += count;
        }
        return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    }
}
