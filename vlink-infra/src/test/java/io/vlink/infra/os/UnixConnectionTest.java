// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bytes and descriptors over real sockets. */
@Timeout(30)
class UnixConnectionTest {
    @TempDir
    Path folder;
    private UnixConnection left;
    private UnixConnection right;

    @BeforeEach
    void connect() {
        UnixConnection[] pair = UnixConnection.pair();
        left = pair[0];
        right = pair[1];
    }

    @AfterEach
    void close() {
        left.close();
        right.close();
    }

    @Nested
    class Connect {
        @Test
        void rejectsPathsThatAreTooLongAndSaysWhatHelps() {
            Path path = folder.resolve("x".repeat(108));
            OpenDescriptors.doNotGrowOver(() -> assertThatIllegalArgumentException()
                    .isThrownBy(() -> UnixConnection.connect(path)).withMessageContaining("use a shorter --run-dir"));
        }

        @Test
        void saysWhenNothingIsThere() {
            Path path = folder.resolve("absent");
            OpenDescriptors.doNotGrowOver(() -> assertThatThrownBy(() -> UnixConnection.connect(path))
                    .isInstanceOf(OsException.class).hasMessageStartingWith(
                            "connect failed: ENOENT (No such file or directory): path=" + path + ": nothing is there"));
        }

        @Test
        void tellsAStaleSocketFromAnAbsentOne() throws Exception {
            Path path = folder.resolve("s");
            Path kept = folder.resolve("k");
            try (UnixListener listener = UnixListener.bind(path, 1)) {
                Files.createLink(kept, listener.path());
            }
            OsException failure = catchThrowableOfType(OsException.class, () -> UnixConnection.connect(kept));
            assertThat(failure.errno()).isEqualTo(Errno.ECONNREFUSED);
            assertThat(failure.call()).isEqualTo("connect");
        }
    }

    @Nested
    class HungUp {
        @Test
        void tellsAClosedOtherEndFromASilentOneAndFromOneWithBytesLeft() {
            assertThat(left.hungUp()).isFalse();
            right.send(new byte[1], 0, 1, List.of());
            assertThat(left.hungUp()).isFalse();
            right.close();
            assertThat(left.hungUp()).isTrue();
        }
    }

    @Nested
    class Send {
        @Test
        void rejectsDescriptorsWithoutAByte() {
            assertThatIllegalArgumentException().isThrownBy(() -> left.send(new byte[1], 0, 0, List.of(right.fd())));
        }

        @Test
        void reportsAClosedPeerInsteadOfASignal() {
            right.close();
            assertThatThrownBy(() -> left.send(new byte[1], 0, 1, List.of())).isInstanceOf(OsException.class)
                    .hasMessageContaining("EPIPE").hasMessageContaining("the other end is closed");
        }

        @Test
        void failsOnAClosedDescriptorWithoutHoldingTheOthers() {
            Fd good = Fd.eventFd();
            Fd closed = Fd.eventFd();
            closed.close();
            assertThatIllegalStateException().isThrownBy(() -> left.send(new byte[1], 0, 1, List.of(good, closed)));
            int number = good.number();
            good.close();
            assertThat(Path.of("/proc/self/fd/" + number)).doesNotExist();
        }

        @Test
        void deliversLargeMessagesWhole() throws Exception {
            byte[] sent = new byte[3_000_001];
            new Random(1).nextBytes(sent);
            List<Fd> fds = new ArrayList<>();
            CompletableFuture<byte[]> reader = CompletableFuture.supplyAsync(() -> {
                byte[] received = new byte[sent.length];
                for (int done = 0; done < received.length;) {
                    done += right.receive(received, done, received.length - done, fds, 2);
                }
                return received;
            });
            left.send(sent, 0, sent.length, List.of(left.fd(), left.fd()));
            assertThat(reader.get()).isEqualTo(sent);
            assertThat(fds).hasSize(2).allMatch(Fd::isCloseOnExec);
            fds.forEach(Fd::close);
        }

        @Test
        void stopsAtItsTimeLimit() {
            left.sendTimeout(20);
            OsException failure = catchThrowableOfType(OsException.class,
                    () -> left.send(new byte[8 << 20], 0, 8 << 20, List.of()));
            assertThat(failure.errno()).isEqualTo(Errno.EAGAIN);
        }
    }

    @Nested
    class Receive {
        private final byte[] bytes = new byte[8];
        private final List<Fd> fds = new ArrayList<>();

        @Test
        void closesEveryDescriptorWhenMoreCameThanAllowed() {
            try (Fd event = Fd.eventFd()) {
                for (int allowed = 0; allowed < 3; allowed++) {
                    int maxFds = allowed;
                    OpenDescriptors.doNotGrowOver(() -> {
                        left.send(bytes, 0, 1, List.of(event, event, event));
                        OsException failure = catchThrowableOfType(OsException.class,
                                () -> right.receive(bytes, 0, 8, fds, maxFds));
                        assertThat(failure.errno()).isEqualTo(Errno.EMSGSIZE);
                    });
                }
                assertThat(fds).isEmpty();
                left.send(bytes, 0, 1, List.of(event, event, event));
                assertThat(right.receive(bytes, 0, 8, fds, 3)).isEqualTo(1);
                assertThat(fds).hasSize(3);
                fds.forEach(Fd::close);
            }
        }

        @Test
        void rejectsAnEmptyRangeBecauseItWouldLookLikeTheEnd() {
            assertThatIllegalArgumentException().isThrownBy(() -> right.receive(bytes, 0, 0, fds, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> right.receive(bytes, 0, 1, fds, 254));
        }

        @Test
        void stopsAtItsTimeLimit() {
            right.receiveTimeout(20);
            OsException failure = catchThrowableOfType(OsException.class, () -> right.receive(bytes, 0, 8, fds, 0));
            assertThat(failure.errno()).isEqualTo(Errno.EAGAIN);
        }

        @Test
        void seesTheEndOfTheStream() {
            assertThat(right.readable(0)).isFalse();
            left.close();
            assertThat(right.readable(-1)).isTrue();
            assertThat(right.receive(bytes, 0, 8, fds, 0)).isZero();
        }

        @Test
        void wakesWhenAnotherThreadShutsDown() throws Exception {
            CompletableFuture<Integer> reader = CompletableFuture.supplyAsync(() -> right.receive(bytes, 0, 8, fds, 0));
            right.shutdown();
            assertThat(reader.get()).isZero();
        }

        @Test
        void wakesWhenAnotherThreadClosesAndFreesTheNumberOnlyThen() throws Exception {
            int number = right.fd().number();
            CompletableFuture<Boolean> reader = CompletableFuture.supplyAsync(() -> right.readable(-1));
            right.close();
            try {
                assertThat(reader.get()).isTrue();
            } catch (java.util.concurrent.ExecutionException closedBeforeItStarted) {
                assertThat(closedBeforeItStarted).hasCauseInstanceOf(IllegalStateException.class);
            }
            assertThat(Path.of("/proc/self/fd/" + number)).doesNotExist();
            right.shutdown();
        }
    }

    @Test
    void carriesSharedMemoryToWhoeverConnects() {
        Path path = folder.resolve("s");
        try (UnixListener listener = UnixListener.bind(path, 4);
                UnixConnection client = UnixConnection.connect(path);
                UnixConnection server = listener.accept();
                SharedMemory memory = SharedMemory.create("test", 1 << 20, PageSize.ORDINARY);
                Mapping mine = memory.map(Protection.READ_WRITE)) {
            client.send("hello".getBytes(UTF_8), 0, 5, List.of(memory.fd()));
            byte[] bytes = new byte[16];
            List<Fd> fds = new ArrayList<>();
            assertThat(server.receive(bytes, 0, 16, fds, 1)).isEqualTo(5);
            assertThat(new String(bytes, 0, 5, UTF_8)).isEqualTo("hello");
            assertThat(server.peer().pid()).isEqualTo((int) ProcessHandle.current().pid());
            try (SharedMemory adopted = SharedMemory.adopt(fds.getFirst());
                    Mapping theirs = adopted.map(Protection.READ_ONLY)) {
                mine.segment().set(ValueLayout.JAVA_LONG, 4_096, 42);
                assertThat(theirs.segment().get(ValueLayout.JAVA_LONG, 4_096)).isEqualTo(42);
                assertThat(adopted.bytes()).isEqualTo(1 << 20);
                assertThat(adopted.pageSize()).isEqualTo(PageSize.ORDINARY);
            }
        }
        assertThat(path).doesNotExist();
    }
}
