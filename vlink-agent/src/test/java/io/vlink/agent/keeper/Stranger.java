// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;

/** A program that another user runs: prints the type of the first message that a keeper sends it. Needs the JDK alone. */
final class Stranger {
    private Stranger() {
    }

    /** Takes the keeper's socket. */
    public static void main(String[] arguments) throws IOException {
        try (SocketChannel keeper = SocketChannel.open(UnixDomainSocketAddress.of(arguments[0]))) {
            ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
            int count = 0;
            while (header.hasRemaining() && count >= 0) {
                count = keeper.read(header);
            }
            System.out.println("type=" + header.getShort(6));
        }
    }
}
