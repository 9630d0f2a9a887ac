// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What a server must know of its client to go on with it, in memory that may outlive this process: whether a version is agreed,
 * how many DMA windows there are, and the answer that is due. The answer's state word is written last, with release; whoever
 * takes the memory over sees what was written when the last process ended. One thread at a time.
 */
public final class ClientMemory {
    /** Size in bytes. */
    public static final int BYTES = 7_168;
    /** Longest message, header included, that is carried out before it is taken from the socket. */
    static final int MAX_MESSAGE_BYTES = 4_096;

    private static final long AGREED_OFFSET = 0x00;
    private static final long DMA_WINDOWS_OFFSET = 0x04;
    private static final long LOOKED_OFFSET = 0x08;
    private static final long STATE_OFFSET = 0x40;
    private static final long ID_OFFSET = 0x48;
    private static final long COMMAND_OFFSET = 0x4c;
    private static final long REQUEST_FLAGS_OFFSET = 0x50;
    private static final long REQUEST_BYTES_OFFSET = 0x54;
    private static final long IN_SOCKET_OFFSET = 0x58;
    private static final long REPEAT_OFFSET = 0x5c;
    private static final long ERROR_FLAG_OFFSET = 0x60;
    private static final long ERROR_OFFSET = 0x64;
    private static final long PAYLOAD_BYTES_OFFSET = 0x68;
    private static final long PAYLOAD_OFFSET = 0x80;

    private static final long NOTHING = 0;
    private static final long DUE = 1;
    private static final long SENDING = 2;

    private final MemorySegment segment;

    /**
     * An answer that the last process owed.
     *
     * @param request  the request: header fields always, payload only for {@code repeat}
     * @param bytes    length of the request's message
     * @param inSocket whether the request may still be in the socket
     * @param sending  whether the answer may have been sent already
     * @param repeat   whether to carry the request out again, as its answer was not written down
     * @param answer   what to send unless {@code repeat}
     */
    record Due(VfioUserMessage request, int bytes, boolean inSocket, boolean sending, boolean repeat,
            VfioUserMessage answer) {
        /** Whether a message is the request, not yet taken from the socket. */
        boolean isOf(VfioUserMessage message) {
            return inSocket && message.id() == request.id() && message.command() == request.command()
                    && message.flags() == request.flags()
                    && VfioUserProtocol.HEADER_BYTES + message.payload().length == bytes;
        }
    }

    /**
     * Uses memory.
     *
     * @param segment {@value #BYTES} bytes, aligned to 8; zeroes, or what another process left
     */
    public ClientMemory(MemorySegment segment) {
        this.segment = segment.asSlice(0, BYTES);
    }

    /** {@return memory that ends with this process} */
    public static ClientMemory ofThisProcess() {
        return new ClientMemory(MemorySegment.ofArray(new long[BYTES / Long.BYTES]));
    }

    /** Forgets the last client. */
    void clear() {
        looked(System.nanoTime());
        put(AGREED_OFFSET, 0);
        put(DMA_WINDOWS_OFFSET, 0);
        state(NOTHING);
    }

    /** Whether the client has agreed on a protocol version. */
    boolean agreed() {
        return get(AGREED_OFFSET) != 0;
    }

    void agree() {
        put(AGREED_OFFSET, 1);
    }

    /** When its server last looked at the socket, by {@link System#nanoTime}: CLOCK_MONOTONIC, the same for all processes. */
    long looked() {
        return segment.get(SharedWord.LONG, LOOKED_OFFSET);
    }

    void looked(long nanos) {
        segment.set(SharedWord.LONG, LOOKED_OFFSET, nanos);
    }

    int dmaWindows() {
        return get(DMA_WINDOWS_OFFSET);
    }

    void dmaWindows(int windows) {
        put(DMA_WINDOWS_OFFSET, windows);
    }

    /**
     * Writes an answer down before the request is taken from the socket. One with descriptors, or a longer one, cannot be:
     * then its request is, which a device answers again, because it only asks.
     */
    void due(VfioUserMessage request, VfioUserMessage answer, boolean inSocket) {
        boolean repeat = !answer.fds().isEmpty() || answer.payload().length > MAX_MESSAGE_BYTES;
        byte[] payload = repeat ? request.payload() : answer.payload();
        if (payload.length > MAX_MESSAGE_BYTES) {
            return;
        }
        put(ID_OFFSET, request.id());
        put(COMMAND_OFFSET, request.command());
        put(REQUEST_FLAGS_OFFSET, request.flags());
        put(REQUEST_BYTES_OFFSET, VfioUserProtocol.HEADER_BYTES + request.payload().length);
        put(IN_SOCKET_OFFSET, inSocket ? 1 : 0);
        put(REPEAT_OFFSET, repeat ? 1 : 0);
        put(ERROR_FLAG_OFFSET, answer.isError() ? 1 : 0);
        put(ERROR_OFFSET, answer.error());
        put(PAYLOAD_BYTES_OFFSET, payload.length);
        MemorySegment.copy(payload, 0, segment, ValueLayout.JAVA_BYTE, PAYLOAD_OFFSET, payload.length);
        state(DUE);
    }

    /** From now on nobody knows whether the answer was sent, should this process end. */
    void sending() {
        state(SENDING);
    }

    /** The answer was sent. */
    void sent() {
        state(NOTHING);
    }

    /** The answer that the last process owed, or null. */
    Due due() {
        long state = (long) SharedWord.LONG_HANDLE.getAcquire(segment, STATE_OFFSET);
        int bytes = get(PAYLOAD_BYTES_OFFSET);
        if ((state != DUE && state != SENDING) || bytes < 0 || bytes > MAX_MESSAGE_BYTES) {
            return null;
        }
        boolean repeat = get(REPEAT_OFFSET) != 0;
        byte[] payload = segment.asSlice(PAYLOAD_OFFSET, bytes).toArray(ValueLayout.JAVA_BYTE);
        VfioUserMessage request = new VfioUserMessage(get(ID_OFFSET), get(COMMAND_OFFSET), get(REQUEST_FLAGS_OFFSET),
                0, repeat ? payload : new byte[0], List.of());
        VfioUserMessage answer = get(ERROR_FLAG_OFFSET) != 0
                ? request.errorReply(get(ERROR_OFFSET))
                : request.reply(payload, List.of());
        return new Due(request, get(REQUEST_BYTES_OFFSET), get(IN_SOCKET_OFFSET) != 0, state == SENDING, repeat,
                answer);
    }

    private void state(long state) {
        SharedWord.LONG_HANDLE.setRelease(segment, STATE_OFFSET, state);
    }

    private int get(long offset) {
        return segment.get(SharedWord.INT, offset);
    }

    private void put(long offset, int value) {
        segment.set(SharedWord.INT, offset, value);
    }
}
