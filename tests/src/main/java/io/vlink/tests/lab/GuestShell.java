// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A root shell in the guest, over its second serial port. One thread. */
public final class GuestShell implements AutoCloseable {
    private final SocketChannel channel;
    private final Selector selector;
    private final StringBuilder pending = new StringBuilder();
    private int commands;

    /** What a command in the guest printed and how it ended. */
    public record Result(int status, String output) {
    }

    /**
     * Connects to the serial port.
     *
     * @param socket the socket that QEMU made for it
     */
    public GuestShell(Path socket) {
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            throw new LabException("guest shell is not reachable: socket=" + socket + ": " + e.getMessage(), "");
        }
    }

    /**
     * Runs a command and waits for it.
     *
     * @param command one line of shell
     * @param limit   at most so long
     * @return its output and exit status
     * @throws LabException if the time runs out or the guest is gone
     */
    public Result run(String command, Duration limit) {
        commands++;
        // The marker is put together by the shell, so that an echo of the command line is not taken for it.
        String marker = "done-" + commands;
        send("printf 'vlink-%s\\n' begin-" + commands + "; { " + command + "; } 2>&1; printf '\\nvlink-%s %d\\n' "
                + marker
                + " $?\n");
        String before = readUntil("vlink-" + marker + " ", command, limit);
        String status = readUntil("\n", command, limit).strip();
        int start = before.lastIndexOf("vlink-begin-" + commands);
        String output = start < 0 ? before : before.substring(before.indexOf('\n', start) + 1);
        return new Result(Integer.parseInt(status), output.replace("\r", "").strip());
    }

    private void send(String text) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new LabException("guest shell is gone: " + e.getMessage(), "");
        }
    }

    private String readUntil(String end, String command, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        ByteBuffer bytes = ByteBuffer.allocate(8_192);
        try {
            int at = pending.indexOf(end);
            while (at < 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new LabException("guest command did not end within " + limit.toSeconds() + " s: command="
                            + command, pending.toString());
                }
                selector.select(left);
                selector.selectedKeys().clear();
                bytes.clear();
                if (channel.read(bytes) < 0) {
                    throw new LabException("guest went away during a command: command=" + command, pending.toString());
                }
                pending.append(StandardCharsets.UTF_8.decode(bytes.flip()));
                at = pending.indexOf(end);
            }
            String before = pending.substring(0, at);
            pending.delete(0, at + end.length());
            return before;
        } catch (IOException e) {
            throw new LabException("guest shell is gone: " + e.getMessage(), pending.toString());
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
