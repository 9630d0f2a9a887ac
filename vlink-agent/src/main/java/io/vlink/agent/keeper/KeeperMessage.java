// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.Fd;
import io.vlink.spec.keeper.KeeperMessageType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One message between an agent and its keeper (SPEC.md appendix D).
 *
 * @param type what it is
 * @param key  of an entry, or empty
 * @param body state, number or text
 * @param fds  descriptors; those of a received message are the receiver's
 */
@SuppressWarnings("ArrayRecordComponent") // a message is carried, never compared
record KeeperMessage(KeeperMessageType type, String key, byte[] body, List<Fd> fds) implements AutoCloseable {
    private static final byte[] NOTHING = {};

    static KeeperMessage of(KeeperMessageType type) {
        return new KeeperMessage(type, "", NOTHING, List.of());
    }

    static KeeperMessage of(KeeperMessageType type, String key) {
        return new KeeperMessage(type, key, NOTHING, List.of());
    }

    static KeeperMessage hello(long lingerMillis) {
        return new KeeperMessage(KeeperMessageType.HELLO, "", littleEndian(Long.BYTES).putLong(lingerMillis).array(),
                List.of());
    }

    static KeeperMessage ok(int entries) {
        return new KeeperMessage(KeeperMessageType.OK, "", littleEndian(Integer.BYTES).putInt(entries).array(),
                List.of());
    }

    static KeeperMessage refused(String reason) {
        return new KeeperMessage(KeeperMessageType.REFUSED, "", reason.getBytes(StandardCharsets.UTF_8), List.of());
    }

    /** {@return the body of a REFUSED} */
    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * The body of a HELLO.
     *
     * @return milliseconds
     * @throws KeeperException if it is not a positive number or zero
     */
    long lingerMillis() {
        if (body.length != Long.BYTES || ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).getLong() < 0) {
            throw new KeeperException("HELLO must say how long to stay: body_bytes=" + body.length);
        }
        return ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Closes the descriptors that are still open. */
    @Override
    public void close() {
        fds.forEach(Fd::close);
    }
}
