// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A keeper's peer that writes and reads bytes as SPEC.md appendix D has them; it shares no code with the keeper. */
final class RawKeeperClient implements AutoCloseable {
    static final int HELLO = 1;
    static final int PUT = 2;
    static final int REMOVE = 3;
    static final int FETCH = 4;
    static final int OK = 16;
    static final int REFUSED = 17;
    static final int ENTRY = 18;

    /** The fields of a header, each of which a test can spoil. */
    record Header(int magic, int version, int type, int bodyBytes, int keyBytes, int fds) {
        static Header of(int type, String key, int bodyBytes, int fds) {
            return new Header(0x706b6c76, 1, type, bodyBytes, key.length(), fds);
        }

        byte[] with(String key, byte[] body) {
            byte[] keyInBytes = key.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(16 + keyInBytes.length + body.length).order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(magic)
                    .putShort((short) version).putShort((short) type).putInt(bodyBytes).putShort((short) keyBytes)
                    .putShort((short) fds).put(keyInBytes).put(body).array();
        }
    }

    private final UnixConnection connection;

    RawKeeperClient(Path socket) {
        connection = UnixConnection.connect(socket);
        connection.receiveTimeout(10_000);
    }

    static byte[] message(int type, String key, byte[] body, int fds) {
        return Header.of(type, key, body.length, fds).with(key, body);
    }

    static byte[] hello(long lingerMillis) {
        return message(HELLO, "", ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(lingerMillis).array(),
                0);
    }

    RawKeeperClient send(byte[] bytes, Fd... fds) {
        connection.send(bytes, 0, bytes.length, List.of(fds));
        return this;
    }

    /** Sends bytes that the keeper may refuse before it has read them all: then the rest meets a closed connection. */
    void sendAsFarAsItReads(byte[] bytes, Fd... fds) {
        try {
            send(bytes, fds);
        } catch (OsException ended) {
            if (ended.errno() != Errno.EPIPE && ended.errno() != Errno.ECONNRESET) {
                throw ended;
            }
        }
    }

    /** {@return the type of the next message, whose descriptors are closed; -1 at the end of the stream} */
    int receive() {
        byte[] header = new byte[16];
        if (!fill(header)) {
            return -1;
        }
        ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        fill(new byte[fields.getInt(8) + fields.getShort(12)]);
        return fields.getShort(6);
    }

    /** {@return the types of all messages that are there until the keeper ends the connection} */
    List<Integer> receiveToEnd() {
        List<Integer> types = new ArrayList<>();
        for (int type = receive(); type >= 0; type = receive()) {
            types.add(type);
        }
        return types;
    }

    /** Ends what is sent, so that the keeper sees the end of the stream. */
    void hangUp() {
        connection.shutdown();
    }

    private boolean fill(byte[] bytes) {
        List<Fd> fds = new ArrayList<>();
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        try {
            while (got.size() < bytes.length) {
                byte[] part = new byte[bytes.length - got.size()];
                int count = connection.receive(part, 0, part.length, fds, 253);
                if (count == 0) {
                    return false;
                }
                got.write(part, 0, count);
            }
            System.arraycopy(got.toByteArray(), 0, bytes, 0, bytes.length);
            return true;
        } catch (OsException reset) {
            return false;
        } finally {
            fds.forEach(Fd::close);
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
