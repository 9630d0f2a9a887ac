// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlConnectionTest {
    private static final ControlMessage HELLO = ControlMessage.request(Role.TOOL, Request.HELLO).build();
    private static final ControlMessage OK = ControlMessage.reply(StatusCode.OK).addInt(TlvType.AGENT_PID, 77).build();

    private UnixConnection peer;
    private ControlConnection connection;
    private long openBefore;

    @BeforeEach
    void connect() throws IOException {
        UnixConnection[] pair = UnixConnection.pair();
        peer = pair[0];
        connection = new ControlConnection(pair[1]);
        openBefore = openSockets();
    }

    @AfterEach
    void closeBothEnds() {
        connection.close();
        peer.close();
    }

    @Test
    void regressionTellsWhyAnAgentTurnedTheConnectionAway() {
        byte[] refusal = ControlMessage.failure(StatusCode.NO_RESOURCES, "too many connections: limit=64").encode();
        peer.send(refusal, 0, refusal.length, List.of());
        peer.close();
        ControlException refused = catchThrowableOfType(ControlException.class, () -> connection.request(HELLO));
        assertThat(refused.status()).isEqualTo(StatusCode.NO_RESOURCES);
        assertThat(refused).hasMessage("too many connections: limit=64");
    }

    @Nested
    class Receive {
        @Test
        void rejectsAStreamThatEndsAnywhereWithinAMessage() {
            byte[] whole = HELLO.encode();
            for (int length = 1; length < whole.length; length++) {
                UnixConnection[] pair = UnixConnection.pair();
                try (ControlConnection receiver = new ControlConnection(pair[1])) {
                    pair[0].send(whole, 0, length, List.of());
                    pair[0].close();
                    assertThatThrownBy(() -> receiver.receive(0)).as("%d bytes", length)
                            .isInstanceOf(BadMessageException.class).hasMessageStartingWith("stream ends within");
                }
            }
        }

        @Test
        void closesDescriptorsOfABadMessage() throws IOException {
            byte[] bad = HELLO.encode();
            bad[0] = 9;

            sendWithFds(bad, 3);

            assertThatThrownBy(() -> connection.receive(3)).isInstanceOf(BadMessageException.class)
                    .hasMessageContaining("version=9");
            assertThat(openSockets()).isEqualTo(openBefore);
        }

        @Test
        void closesDescriptorsThatExceedTheLimit() throws IOException {
            sendWithFds(HELLO.encode(), 4);

            assertThatThrownBy(() -> connection.receive(3)).isInstanceOf(BadMessageException.class)
                    .hasMessageContaining("at most 3 descriptors");
            assertThat(openSockets()).isEqualTo(openBefore);
        }

        @Test
        void closesDescriptorsThatComeLateAndExceedTheLimit() throws IOException {
            byte[] bytes = HELLO.encode();
            sendWithFds(Arrays.copyOf(bytes, 4), 2);
            sendWithFds(Arrays.copyOfRange(bytes, 4, bytes.length), 2);

            assertThatThrownBy(() -> connection.receive(3)).isInstanceOf(BadMessageException.class);
            assertThat(openSockets()).isEqualTo(openBefore);
        }

        @Test
        void throwsNothingButBadMessageForRandomStreams() throws IOException {
            Random random = new Random(20260101);
            for (int i = 0; i < 500; i++) {
                byte[] bytes = HELLO.encode();
                for (int changes = random.nextInt(4); changes >= 0; changes--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                UnixConnection[] pair = UnixConnection.pair();
                try (ControlConnection receiver = new ControlConnection(pair[1])) {
                    pair[0].send(bytes, 0, 1 + random.nextInt(bytes.length), List.of(peer.fd()));
                    pair[0].close();
                    receiver.receive(1).closeFds();
                } catch (BadMessageException expected) {
                    assertThat(expected).hasMessageNotContaining("\n");
                }
            }
            assertThat(openSockets()).isEqualTo(openBefore);
        }

        @Test
        void isNullAfterTheLastMessage() {
            byte[] bytes = HELLO.encode();
            peer.send(bytes, 0, bytes.length, List.of());
            peer.close();

            assertThat(connection.receive(0).message()).isEqualTo(HELLO);
            assertThat(connection.receive(0)).isNull();
        }

        @Test
        void takesMessagesApartThatCameTogetherAndJoinsPieces() {
            byte[] bytes = HELLO.encode();
            byte[] two = Arrays.copyOf(bytes, 2 * bytes.length);
            System.arraycopy(bytes, 0, two, bytes.length, bytes.length);
            for (byte piece : two) {
                peer.send(new byte[]{piece}, 0, 1, List.of());
            }

            assertThat(connection.receive(0).message()).isEqualTo(HELLO);
            assertThat(connection.receive(0).message()).isEqualTo(HELLO);
        }

        @Test
        void givesDescriptorsInOrder(@TempDir Path folder) throws IOException {
            Path path = Files.createFile(folder.resolve("file")).toRealPath();
            try (ControlConnection other = new ControlConnection(peer); Fd file = Fd.open(path, false)) {
                other.send(OK, List.of(file, peer.fd()));
            }

            ControlConnection.Received received = connection.receive(3);

            assertThat(received.fds()).hasSize(2);
            assertThat(target(received.fds().getFirst())).isEqualTo(path);
            received.closeFds();
        }

        @Test
        void wakesWhenAnotherThreadShutsDown() throws InterruptedException {
            List<ControlConnection.Received> results = new ArrayList<>();
            Thread receiver = Thread.ofPlatform().start(() -> results.add(connection.receive(0)));
            connection.shutdown();
            receiver.join();

            assertThat(results).containsExactly((ControlConnection.Received) null);
        }
    }

    @Nested
    class AskForReply {
        @Test
        void throwsTheAgentsOwnWords() {
            agentReplies(ControlMessage.failure(StatusCode.NOT_FOUND, "no such link: link=tap9"), 0);

            ControlException e = catchThrowableOfType(ControlException.class, () -> connection.request(HELLO));

            assertThat(e).hasMessage("no such link: link=tap9");
            assertThat(e.status()).isEqualTo(StatusCode.NOT_FOUND);
        }

        @Test
        void throwsWhenTheAgentIsGone() {
            peer.close();

            assertThatThrownBy(() -> connection.request(HELLO)).isInstanceOf(ControlException.class)
                    .hasMessageContaining("the agent");
        }

        @Test
        void throwsWhenTheAgentIsSilent() {
            assertThatThrownBy(() -> connection.request(HELLO, 0, Duration.ofMillis(20)))
                    .isInstanceOf(ControlException.class).hasMessageContaining("the agent does not answer");
        }

        @Test
        void throwsAndClosesWhenDescriptorsAreMissing() throws IOException {
            agentReplies(OK, 2);

            assertThatThrownBy(() -> connection.request(HELLO, 3, Duration.ofSeconds(30)))
                    .isInstanceOf(ControlException.class).hasMessageContaining("fds=2");
            assertThat(openSockets()).isEqualTo(openBefore);
        }

        @Test
        void throwsWhenTheReplyIsARequest() {
            agentReplies(HELLO, 0);

            assertThatThrownBy(() -> connection.request(HELLO)).isInstanceOf(ControlException.class)
                    .hasMessageContaining("must be STATUS");
        }

        @Test
        void givesTheReply() {
            agentReplies(OK, 0);

            assertThat(connection.request(HELLO).integer(TlvType.AGENT_PID)).isEqualTo(77);
        }

        // The socket keeps the reply until it is asked for.
        private void agentReplies(ControlMessage reply, int fds) {
            sendWithFds(reply.encode(), fds);
        }
    }

    private void sendWithFds(byte[] bytes, int count) {
        List<Fd> fds = Collections.nCopies(count, peer.fd());
        peer.send(bytes, 0, bytes.length, fds);
    }

    private static Path target(Fd fd) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd.number()));
    }

    private static long openSockets() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.filter(fd -> {
                try {
                    return Files.readSymbolicLink(fd).toString().startsWith("socket:");
                } catch (IOException gone) {
                    return false;
                }
            }).count();
        }
    }
}
