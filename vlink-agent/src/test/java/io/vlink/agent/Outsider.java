// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HexFormat;

/** A program that another user runs: says something on each of some sockets, prints what comes back. Needs the JDK alone. */
final class Outsider {
    private static final int REPLY_BYTES = 4_096;

    private Outsider() {
    }

    /** Takes paths of sockets, each followed by what to say there, in hexadecimal digits. */
    public static void main(String[] arguments) throws IOException {
        for (int i = 0; i < arguments.length; i += 2) {
            System.out.println(answer(Path.of(arguments[i]), HexFormat.of().parseHex(arguments[i + 1])));
        }
    }

    /** What comes first, in hexadecimal digits; nothing where that is the end. */
    static String answer(Path socket, byte[] message) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer reply = ByteBuffer.allocate(REPLY_BYTES);
            try {
                channel.write(ByteBuffer.wrap(message));
            } catch (IOException hungUp) {
                // What was said before that can be read still.
            }
            try {
                channel.read(reply);
            } catch (IOException hungUp) {
                // Reset, as nobody has read the message.
            }
            return HexFormat.of().formatHex(reply.array(), 0, reply.position());
        }
    }
}
