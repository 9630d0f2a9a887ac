// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/** What QEMU and a guest do at the other end of a "stream" back end, on a thread of its own. */
final class EchoingBackEnd implements AutoCloseable {
    private static final int LENGTH_BYTES = 4;
    private static final int PORTS_OFFSET = 34;
    private static final int BUFFER_BYTES = 1 << 16;

    private final ServerSocketChannel server;
    private final Behaviour behaviour;
    private final AtomicLong framesReceived = new AtomicLong();
    private final Thread thread;

    /** How it treats what it receives. */
    enum Behaviour {
        ANSWERS_ALL, LOSES_EVERY_TENTH, LOSES_ALL, ALSO_SENDS_OTHER_FRAMES, HANGS_UP
    }

    EchoingBackEnd(Path socket, Behaviour behaviour) throws IOException {
        this.behaviour = behaviour;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        thread = Thread.ofPlatform().name("echoing-back-end").start(this::serve);
    }

    long framesReceived() {
        return framesReceived.get();
    }

    private void serve() {
        ByteBuffer in = ByteBuffer.allocate(BUFFER_BYTES);
        ByteBuffer out = ByteBuffer.allocate(3 * BUFFER_BYTES);
        try (SocketChannel channel = server.accept()) {
            while (behaviour != Behaviour.HANGS_UP && channel.read(in) >= 0) {
                in.flip();
                answer(in, out);
                in.compact();
                out.flip();
                while (out.hasRemaining()) {
                    channel.write(out);
                }
                out.clear();
            }
        } catch (ClosedChannelException e) {
            Thread.currentThread().interrupt(); // the test is over
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void answer(ByteBuffer in, ByteBuffer out) {
        while (in.remaining() >= LENGTH_BYTES && in.remaining() >= LENGTH_BYTES + in.getInt(in.position())) {
            byte[] frame = new byte[in.getInt()];
            in.get(frame);
            long number = framesReceived.incrementAndGet();
            if (loses(number)) {
                continue;
            }
            if (behaviour == Behaviour.ALSO_SENDS_OTHER_FRAMES) {
                out.putInt(frame.length).put(frame); // its ports the wrong way round
            }
            ByteBuffer ports = ByteBuffer.wrap(frame);
            int both = ports.getInt(PORTS_OFFSET);
            ports.putInt(PORTS_OFFSET, Integer.rotateLeft(both, 16));
            out.putInt(frame.length).put(frame);
        }
    }

    private boolean loses(long number) {
        return switch (behaviour) {
            case LOSES_ALL -> true;
            case LOSES_EVERY_TENTH -> number % 10 == 0;
            default -> false;
        };
    }

    @Override
    public void close() throws IOException {
        server.close();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
