// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import static io.vlink.spec.keeper.KeeperProtocol.BODY_BYTES_OFFSET;
import static io.vlink.spec.keeper.KeeperProtocol.FDS_OFFSET;
import static io.vlink.spec.keeper.KeeperProtocol.HEADER_BYTES;
import static io.vlink.spec.keeper.KeeperProtocol.KEY_BYTES_OFFSET;
import static io.vlink.spec.keeper.KeeperProtocol.MAGIC;
import static io.vlink.spec.keeper.KeeperProtocol.MAGIC_OFFSET;
import static io.vlink.spec.keeper.KeeperProtocol.MAX_BODY_BYTES;
import static io.vlink.spec.keeper.KeeperProtocol.MAX_FDS;
import static io.vlink.spec.keeper.KeeperProtocol.MAX_KEY_BYTES;
import static io.vlink.spec.keeper.KeeperProtocol.TYPE_OFFSET;
import static io.vlink.spec.keeper.KeeperProtocol.VERSION;
import static io.vlink.spec.keeper.KeeperProtocol.VERSION_OFFSET;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.FdShortageException;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.keeper.KeeperMessageType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Keeper messages over a stream socket (SPEC.md appendix D). One thread; whoever made the connection closes it. */
final class KeeperTransport {
    private final UnixConnection connection;

    KeeperTransport(UnixConnection connection) {
        this.connection = connection;
    }

    /**
     * Sends a message; its descriptors stay the caller's.
     *
     * @throws OsException if the socket fails; part of the message may have been sent
     */
    void send(KeeperMessage message) {
        byte[] key = message.key().getBytes(StandardCharsets.UTF_8);
        byte[] body = message.body();
        byte[] whole = new byte[HEADER_BYTES + key.length + body.length];
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC_OFFSET, MAGIC)
                .putShort(VERSION_OFFSET, (short) VERSION)
                .putShort(TYPE_OFFSET, (short) message.type().code())
                .putInt(BODY_BYTES_OFFSET, body.length)
                .putShort(KEY_BYTES_OFFSET, (short) key.length)
                .putShort(FDS_OFFSET, (short) message.fds().size())
                .put(HEADER_BYTES, key)
                .put(HEADER_BYTES + key.length, body);
        connection.send(whole, 0, whole.length, message.fds());
    }

    /**
     * The next message, which the caller closes; null where the stream has ended between two messages.
     *
     * @throws FdShortageException if this process may not open the message's descriptors; the next one can be received
     * @throws KeeperException if the bytes are no message; no descriptor is left open, and the stream is of no further use
     * @throws OsException     if the socket fails, also if descriptors came where none may; likewise
     */
    KeeperMessage receive() {
        List<Fd> fds = new ArrayList<>();
        boolean complete = false;
        try {
            byte[] header = new byte[HEADER_BYTES];
            FdShortageException lost = null;
            int first;
            try {
                first = connection.receive(header, 0, HEADER_BYTES, fds, MAX_FDS);
            } catch (FdShortageException e) {
                lost = e;
                first = e.bytes();
            }
            if (first == 0) {
                return null;
            }
            fill(header, first);
            KeeperMessage message = read(ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN), fds, lost != null);
            if (lost != null) {
                throw lost;
            }
            complete = true;
            return message;
        } finally {
            if (!complete) {
                fds.forEach(Fd::close);
            }
        }
    }

    private KeeperMessage read(ByteBuffer header, List<Fd> fds, boolean lost) {
        check(header.getInt(MAGIC_OFFSET) == MAGIC, "magic", header.getInt(MAGIC_OFFSET));
        int version = Short.toUnsignedInt(header.getShort(VERSION_OFFSET));
        if (version != VERSION) {
            throw new KeeperException("the other end has another version: version=" + version + " expected=" + VERSION);
        }
        int code = Short.toUnsignedInt(header.getShort(TYPE_OFFSET));
        KeeperMessageType type = KeeperMessageType.of(code);
        check(type != null, "type", code);
        int bodyBytes = header.getInt(BODY_BYTES_OFFSET);
        check(bodyBytes >= 0 && bodyBytes <= MAX_BODY_BYTES, "body_bytes", bodyBytes);
        int keyBytes = Short.toUnsignedInt(header.getShort(KEY_BYTES_OFFSET));
        boolean named = type == KeeperMessageType.PUT || type == KeeperMessageType.REMOVE
                || type == KeeperMessageType.ENTRY;
        check(named ? keyBytes > 0 && keyBytes <= MAX_KEY_BYTES : keyBytes == 0, "key_bytes", keyBytes);
        int count = Short.toUnsignedInt(header.getShort(FDS_OFFSET));
        boolean carries = type == KeeperMessageType.PUT || type == KeeperMessageType.ENTRY;
        check((count == fds.size() || lost) && (carries || count == 0), "fds", count);
        byte[] key = new byte[keyBytes];
        fill(key, 0);
        byte[] body = new byte[bodyBytes];
        fill(body, 0);
        return new KeeperMessage(type, text(key), body, fds);
    }

    private static void check(boolean good, String field, int value) {
        if (!good) {
            throw new KeeperException("not a keeper message: " + field + "=" + Integer.toUnsignedString(value));
        }
    }

    private static String text(byte[] key) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
        } catch (CharacterCodingException e) {
            throw new KeeperException("not a keeper message: the key is not UTF-8", e);
        }
    }

    /** Receives the rest of the array; descriptors are not expected any more, so the kernel drops them. */
    private void fill(byte[] bytes, int from) {
        for (int done = from; done < bytes.length;) {
            int count = connection.receive(bytes, done, bytes.length - done, new ArrayList<>(), 0);
            if (count == 0) {
                throw new KeeperException("the stream ended inside a message: missing=" + (bytes.length - done));
            }
            done += count;
        }
    }
}
