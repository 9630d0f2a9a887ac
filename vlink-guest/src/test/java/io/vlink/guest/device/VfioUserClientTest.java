// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vlink.spec.pci.BarShape;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client, and a server that agrees on the version and says no more; whole devices are for the tests with an agent. */
@Timeout(30)
class VfioUserClientTest {
    @TempDir
    private Path folder;

    /** Sends the client's own proposal back, as a message of some type. */
    private static SocketChannel answerVersion(ServerSocketChannel server, int type) {
        try {
            SocketChannel channel = server.accept();
            ByteBuffer message = ByteBuffer.allocate(4_096).order(ByteOrder.LITTLE_ENDIAN);
            while (message.position() < VfioUserProtocol.HEADER_BYTES
                    || message.position() < message.getInt(VfioUserProtocol.SIZE_OFFSET)) {
                channel.read(message);
            }
            message.putInt(VfioUserProtocol.FLAGS_OFFSET, type);
            channel.write(message.flip());
            return channel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void saysWhatIsWrongWithAPathThatIsNoSocket() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> new VfioUserClient(folder))
                .withMessage("not a socket, but a folder: vfio_user=" + folder
                        + ": give the path that vlinkctl register printed");
        assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> new VfioUserClient(file))
                .withMessageStartingWith("not a socket, but a file: vfio_user=" + file);
    }

    @ParameterizedTest
    @CsvSource({"control.sock, this is the agent's control socket", "keeper.sock, this is the keeper's socket"})
    void saysWhichOtherSocketOfTheAgentItIsAndAsksNothingThere(String name, String complaint) throws IOException {
        Path socket = folder.resolve(name);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket)).configureBlocking(false);
            assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> new VfioUserClient(socket))
                    .withMessage(complaint + ": vfio_user=" + socket + ": give the device's, NAME.sock beside it");
            assertThat(server.accept()).isNull();
        }
    }

    @Test
    void saysThatAnEchoIsNoDevice() throws IOException {
        Path socket = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            CompletableFuture<SocketChannel> echo = CompletableFuture
                    .supplyAsync(() -> answerVersion(server, VfioUserProtocol.TYPE_COMMAND));
            assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> new VfioUserClient(socket))
                    .withMessageStartingWith("this socket does not speak vfio-user: vfio_user=" + socket
                            + " (a question comes back instead of an answer)");
            echo.join().close();
        }
    }

    @Test
    void knowsThatTheAgentIsGoneWithoutAskingIt() throws IOException {
        Path socket = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            CompletableFuture<SocketChannel> agent = CompletableFuture
                    .supplyAsync(() -> answerVersion(server, VfioUserProtocol.TYPE_REPLY));
            try (VfioUserClient client = new VfioUserClient(socket)) {
                SocketChannel served = agent.join();
                assertThat(client.isGone()).isFalse();
                served.close();
                assertThat(client.isGone()).isTrue();
                assertThatExceptionOfType(DeviceException.class)
                        .isThrownBy(() -> client.readInt(BarShape.REGISTER_BAR, 0))
                        .withMessageContaining("vfio_user=" + socket);
            }
        }
    }
}
