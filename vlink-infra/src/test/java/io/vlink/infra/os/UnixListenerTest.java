// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Listening at real paths. */
@Timeout(90)
class UnixListenerTest {
    @TempDir
    Path folder;

    @Test
    void rejectsPathsThatAreTooLongAndSaysWhatHelps() {
        Path path = folder.resolve("x".repeat(108));
        OpenDescriptors
                .doNotGrowOver(() -> assertThatIllegalArgumentException().isThrownBy(() -> UnixListener.bind(path, 1))
                        .withMessageContaining("1 to 107 bytes").withMessageContaining("use a shorter --run-dir"));
    }

    @Test
    void leavesAPathThatExistsAlone() throws Exception {
        Path path = Files.writeString(folder.resolve("taken"), "mine");
        OpenDescriptors.doNotGrowOver(() -> {
            OsException failure = catchThrowableOfType(OsException.class, () -> UnixListener.bind(path, 1));
            assertThat(failure.errno()).isEqualTo(Errno.EADDRINUSE);
        });
        assertThat(path).hasContent("mine");
    }

    @Test
    void saysThatTheFolderIsMissing() {
        OsException failure = catchThrowableOfType(OsException.class,
                () -> UnixListener.bind(folder.resolve("absent/s"), 1));
        assertThat(failure).hasMessageContaining("ENOENT").hasMessageContaining("create the folder first");
    }

    @Test
    void setsPermissions() throws Exception {
        Path path = folder.resolve("s");
        try (UnixListener listener = UnixListener.bind(path, 1, PosixFilePermissions.fromString("rw-rw----"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(listener.path())))
                    .isEqualTo("rw-rw----");
        }
    }

    @Test
    void closeWakesABlockedAcceptAndRemovesThePath() throws Exception {
        Path path = folder.resolve("s");
        UnixListener listener = UnixListener.bind(path, 1);
        CompletableFuture<UnixConnection> accept = CompletableFuture.supplyAsync(listener::accept);
        listener.close();
        assertThat(accept.get()).isNull();
        assertThat(listener.accept()).isNull();
        assertThat(path).doesNotExist();
        listener.close();
    }

    @Test
    void closeLeavesASuccessorsSocketAlone() throws Exception {
        Path path = folder.resolve("s");
        UnixListener old = UnixListener.bind(path, 1);
        Files.delete(path);
        try (UnixListener successor = UnixListener.bind(path, 1)) {
            old.close();
            assertThat(successor.path()).exists();
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void doesNotAdoptWhatDoesNotListenAtAPath() {
        UnixConnection[] pair = UnixConnection.pair();
        try (Fd counter = Fd.eventFd(); UnixConnection left = pair[0]; UnixConnection right = pair[1]) {
            for (Fd fd : List.of(counter, left.fd(), right.fd())) {
                OsException failure = catchThrowableOfType(OsException.class, () -> UnixListener.adopt(fd));
                assertThat(failure).hasMessageContaining("does not listen at a path");
                assertThat(fd.isOpen()).isTrue();
            }
        }
    }

    @Test
    void adoptsASocketThatListensWithThoseWhoWaitAtIt() {
        Path path = folder.resolve("s");
        Fd kept;
        try (UnixListener dead = UnixListener.bind(path, 4)) {
            kept = dead.fd().duplicate();
            UnixConnection.connect(path).close();
            dead.fd().close();
        }
        try (UnixListener heir = UnixListener.adopt(kept); UnixConnection waited = heir.accept()) {
            assertThat(heir.path()).isEqualTo(path).exists();
            assertThat(waited.hungUp()).isTrue();
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void waitsWhileDescriptorsAreShortAndGoesOnAfterwards() throws Exception {
        ChildJvm child = ChildJvm.run(folder, "ulimit -n 100", ShortOfDescriptors.class,
                folder.resolve("s").toString());
        assertThat(child.output()).contains("accepted after the shortage").contains("busy=false");
        assertThat(child.exit()).isZero();
    }

    /** Opens descriptors up to the limit, and only closes one after accept has waited a while. */
    static final class ShortOfDescriptors {
        private ShortOfDescriptors() {
        }

        public static void main(String[] arguments) throws Exception {
            Path path = Path.of(arguments[0]);
            try (UnixListener listener = UnixListener.bind(path, 1)) {
                loadClasses(listener);
                try (UnixConnection waiting = UnixConnection.connect(path)) {
                    assertThat(waiting.fd().isOpen()).isTrue();
                    System.out.println(acceptThroughAShortage(listener));
                }
            }
        }

        /** Everything that accept needs, while files can still be opened. */
        private static void loadClasses(UnixListener listener) {
            LoggerFactory.getLogger(ShortOfDescriptors.class).warn("classes are loaded: {}",
                    new OsException("eventfd", Errno.EMFILE, "", "").getMessage());
            try (UnixConnection client = UnixConnection.connect(listener.path());
                    UnixConnection server = listener.accept()) {
                assertThat(client.readable(0)).isFalse();
                assertThat(server.readable(0)).isFalse();
            }
        }

        private static String acceptThroughAShortage(UnixListener listener) throws InterruptedException {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            AtomicLong cpuNanos = new AtomicLong();
            Thread acceptor = new Thread(() -> {
                listener.accept().close();
                cpuNanos.set(threads.getCurrentThreadCpuTime());
            });
            List<Fd> hoard = new ArrayList<>();
            try {
                while (true) {
                    hoard.add(Fd.eventFd());
                }
            } catch (OsException full) {
                System.out.println(full.getMessage());
            }
            acceptor.start();
            acceptor.join(700);
            boolean tooEarly = !acceptor.isAlive();
            hoard.forEach(Fd::close);
            acceptor.join();
            return (tooEarly ? "accepted too early" : "accepted after the shortage") + " busy="
                    + (cpuNanos.get() > 300_000_000L);
        }
    }
}
