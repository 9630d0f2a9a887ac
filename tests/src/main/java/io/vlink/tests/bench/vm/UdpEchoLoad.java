// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The host's side of an echo over virtio-net, in a closed loop: a window of packets is kept in flight. It speaks Ethernet with
 * QEMU's "stream" network back end, over a Unix socket: each frame behind its length in four bytes, big-endian (QEMU,
 * net/stream.c). Many frames go in one system call, both ways. One thread.
 */
final class UdpEchoLoad implements AutoCloseable {
    private static final int LENGTH_BYTES = 4;
    private static final int LARGEST_FRAME = 65_535;
    private static final int READ_BYTES = 1 << 20;
    /**
     * The window is filled again when this part of it is free. Halves suit virtio-net best: with smaller parts the guest is woken
     * more often, for fewer packets each time (seen: about 45,000 packets a second with 2 parts, 39,000 with 16).
     */
    private static final int WINDOW_PARTS = 2;
    /** So long nothing came back: then nothing will. An emulated guest on a busy machine may be away for a while. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final UdpEchoFrame frame;
    private final int window;
    private final ByteBuffer out;
    private final MemorySegment outMemory;
    private final ByteBuffer in = ByteBuffer.allocateDirect(READ_BYTES);

    /** Sequence number of the next frame, and the first that has neither come back nor been given up. */
    private long next;
    private long oldest;
    private long received;
    private long lost;
    private long lastAnswerNanos;

    /**
     * Connects to QEMU.
     *
     * @param socket the path at which QEMU listens
     * @param frame  what to send
     * @param window frames in flight
     * @throws IOException if nobody listens there
     */
    UdpEchoLoad(Path socket, UdpEchoFrame frame, int window) throws IOException {
        if (window < 1) {
            throw new IllegalArgumentException("window must be positive: window=" + window);
        }
        this.frame = frame;
        this.window = window;
        out = ByteBuffer.allocateDirect(window * (LENGTH_BYTES + frame.bytes()));
        outMemory = MemorySegment.ofBuffer(out);
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            selector = Selector.open();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * Keeps the window full for some time, then waits until what is in flight has come back or is lost.
     *
     * @param time how long to send
     * @return what was counted
     * @throws IOException if QEMU has closed the connection
     */
    UdpEchoRate run(Duration time) throws IOException {
        received = 0;
        lost = 0;
        long first = next;
        long start = System.nanoTime();
        long end = start + time.toNanos();
        lastAnswerNanos = start;
        while (System.nanoTime() - end < 0) {
            refill();
            exchange();
        }
        long inTime = received;
        long nanos = System.nanoTime() - start;
        while (oldest < next) {
            exchange();
        }
        return new UdpEchoRate(next - first, received, lost, nanos, inTime);
    }

    private void refill() {
        int free = window - (int) (next - oldest);
        if (out.position() > 0 || free < Math.max(1, window / WINDOW_PARTS)) {
            return;
        }
        for (int i = 0; i < free; i++) {
            int at = out.position();
            out.putInt(frame.bytes());
            frame.build(outMemory, at + (long) LENGTH_BYTES, next++);
            out.position(at + LENGTH_BYTES + frame.bytes());
        }
    }

    private void exchange() throws IOException {
        if (out.position() > 0) {
            out.flip();
            channel.write(out);
            out.compact();
        }
        key.interestOps(out.position() > 0 ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        selector.select(TimeUnit.NANOSECONDS.toMillis(SILENCE_NANOS));
        selector.selectedKeys().clear();
        int bytes = channel.read(in);
        if (bytes < 0) {
            throw new IOException("QEMU has closed the connection of its network device");
        }
        if (bytes > 0) {
            in.flip();
            readFrames();
            in.compact();
        }
        giveUpAfterSilence();
    }

    private void readFrames() throws IOException {
        while (in.remaining() >= LENGTH_BYTES) {
            int bytes = in.getInt(in.position());
            if (bytes < 0 || bytes > LARGEST_FRAME) {
                throw new IOException("frame length must be 0 to " + LARGEST_FRAME + ": length=" + bytes);
            }
            if (in.remaining() < LENGTH_BYTES + bytes) {
                return;
            }
            count(frame.sequenceOfAnswer(in, in.position() + LENGTH_BYTES, bytes));
            in.position(in.position() + LENGTH_BYTES + bytes);
        }
    }

    /** One flow over one queue keeps its order, so a gap is a loss; its places in the window are free at once. */
    private void count(long sequence) {
        if (sequence < oldest || sequence >= next) {
            return; // not an answer, or to a packet that was given up
        }
        lost += sequence - oldest;
        oldest = sequence + 1;
        received++;
        lastAnswerNanos = System.nanoTime();
    }

    private void giveUpAfterSilence() {
        if (oldest < next && System.nanoTime() - lastAnswerNanos >= SILENCE_NANOS) {
            lost += next - oldest;
            oldest = next;
            lastAnswerNanos = System.nanoTime();
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
