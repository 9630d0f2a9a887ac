// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.ProgramProcess;
import io.vlink.agent.keeper.RawKeeperClient.Header;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real keepers, in processes of their own. */
@Timeout(120)
class KeeperClientTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Path folder;
    private RunDirectory directory;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory("vlk");
        directory = new RunDirectory(folder);
    }

    @AfterEach
    void endKeeper() throws IOException {
        KeeperSearch.endLeftOver(directory);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private KeeperClient open() {
        return KeeperClient.open(directory, LONG);
    }

    /** Whether every thread of a process is in state T, see proc_pid_stat(5). */
    private static boolean isStopped(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads.toList()) {
                String stat = Files.readString(thread.resolve("stat"));
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ProcessHandle process(long pid) {
        return ProcessHandle.of(pid).orElseThrow();
    }

    private static List<String> keys(List<Kept> all) {
        List<String> keys = all.stream().map(Kept::key).toList();
        all.forEach(Kept::close);
        return keys;
    }

    /** An agent that puts what the test asks for, and waits for its end. */
    static final class Putter {
        private Putter() {
        }

        /** Runs it; the arguments are the run directory, and a socket to connect to. */
        public static void main(String[] arguments) throws InterruptedException {
            KeeperClient store = KeeperClient.open(new RunDirectory(Path.of(arguments[0])), LONG);
            UnixConnection connection = UnixConnection.connect(Path.of(arguments[1]));
            UnixListener listener = UnixListener.bind(Path.of(arguments[0], "vm1.sock"), 4);
            store.put("first", bytes("draft"), List.of());
            store.put("second", new byte[FdStore.MAX_STATE_BYTES], List.of(listener.fd()));
            store.put("gone", bytes("never mind"), List.of(listener.fd()));
            store.put("first", bytes("state"), List.of(connection.fd()));
            store.remove("gone");
            System.out.println("put keeper=" + store.pid());
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    @Test
    void refusesWhatPassesALimitAndKeepsNothingOfIt() {
        try (Fd fd = Fd.eventFd()) {
            KeeperClient store = open();
            assertThatIllegalArgumentException().isThrownBy(() -> store.put("", bytes(""), List.of()));
            assertThatIllegalArgumentException().isThrownBy(() -> store.put("k".repeat(129), bytes(""), List.of()))
                    .withMessageContaining("key_bytes=129");
            assertThatIllegalArgumentException().isThrownBy(() -> store.put("k", new byte[65_537], List.of()))
                    .withMessageContaining("state_bytes=65537");
            List<Fd> many = IntStream.range(0, 254).mapToObj(i -> fd).toList();
            assertThatIllegalArgumentException().isThrownBy(() -> store.put("k", bytes(""), many))
                    .withMessageContaining("fds=254");
            store.put("k", bytes(""), many.subList(0, 253));
            assertThat(keys(store.fetchAll())).containsExactly("k");
            store.end();
            assertThatIllegalStateException().isThrownBy(() -> store.put("k", bytes(""), List.of()));
            assertThatIllegalStateException().isThrownBy(store::fetchAll);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void givesTheNextAgentWhatAKilledOnePutLast() throws Exception {
        try (UnixListener guest = UnixListener.bind(folder.resolve("guest"), 1);
                ProgramProcess killed = ProgramProcess.start(folder, Map.of(), Putter.class, folder.toString(),
                        guest.path().toString());
                UnixConnection connected = guest.accept()) {
            killed.awaitOutput("put keeper=");
            killed.signal("KILL");
            killed.awaitExit(LIMIT);
            assertThat(connected.hungUp()).isFalse();
            connected.send(bytes("while no agent lives"), 0, 20, List.of());

            KeeperClient next = open();
            assertThat(killed.output()).isEqualTo("put keeper=" + next.pid() + "\n");
            List<Kept> all = next.fetchAll();
            assertThat(all).extracting(Kept::key).containsExactly("first", "second");
            assertThat(all.getFirst().state()).isEqualTo(bytes("state"));
            byte[] waited = new byte[20];
            assertThat(all.getFirst().fds().getFirst().read(waited)).isEqualTo(20);
            assertThat(waited).isEqualTo(bytes("while no agent lives"));
            try (UnixListener listener = UnixListener.adopt(all.getLast().fds().getFirst().duplicate())) {
                assertThat(listener.path()).isEqualTo(folder.resolve("vm1.sock"));
                UnixConnection.connect(listener.path()).close();
                listener.accept().close();
            }
            all.forEach(Kept::close);
            ProcessHandle keeper = process(next.pid());
            next.end();
            await().atMost(LIMIT).until(() -> !keeper.isAlive());
            assertThat(connected.hungUp()).as("nobody holds it any more").isTrue();
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).allMatch(file -> file.toString().endsWith(".log")).noneMatch(
                    KeeperFiles.log(directory)::equals);
        }
    }

    @Test
    void replacesAKeeperThatIsKilledAndHandsEverythingOver() {
        try (Fd counter = Fd.eventFd()) {
            KeeperClient store = open();
            store.put("a", bytes("1"), List.of(counter));
            store.put("b", bytes("2"), List.of());
            int first = store.pid();
            process(first).destroyForcibly();
            await().atMost(LIMIT).until(() -> store.pid() > 0 && store.pid() != first);
            store.put("c", bytes("3"), List.of());
            int second = store.pid();
            process(second).destroyForcibly();
            store.remove("b");
            store.put("d", bytes("4"), List.of());
            assertThat(store.pid()).as("the call itself found out").isPositive().isNotEqualTo(second);
            store.close();

            KeeperClient next = open();
            assertThat(keys(next.fetchAll())).containsExactly("a", "c", "d");
            next.end();
        }
    }

    @Test
    void replacesAKeeperThatDoesNotAnswer() throws Exception {
        KeeperClient store = open();
        store.put("a", bytes("1"), List.of());
        int stopped = store.pid();
        new ProcessBuilder("sh", "-c", "kill -s STOP " + stopped).start().waitFor();
        // The signal stops one thread after the other, and until then a keeper may still answer.
        await().atMost(LIMIT).until(() -> isStopped(stopped));
        store.put("b", bytes("2"), List.of());
        assertThat(store.pid()).isPositive().isNotEqualTo(stopped);
        await().atMost(LIMIT).until(() -> ProcessHandle.of(stopped).filter(ProcessHandle::isAlive).isEmpty());
        store.close();
        KeeperClient next = open();
        assertThat(keys(next.fetchAll())).containsExactly("a", "b");
        next.end();
    }

    @Test
    void regressionKeepsNothingOldUnderTheKeyOfARefusedEntryAndTriesSmallOnesBehindLargeOnes() {
        byte[] full = new byte[FdStore.MAX_STATE_BYTES];
        KeeperClient store = open();
        store.put("changed", bytes("1"), List.of());
        store.put("kept", bytes("1"), List.of());
        // The keeper has room for 64 of the largest, all in all.
        IntStream.range(0, 63).forEach(i -> store.put("large" + i, full, List.of()));
        store.put("too large", full, List.of());
        store.put("changed", full, List.of());
        store.put("filling", new byte[full.length - 1], List.of());
        store.put("small", bytes("refused at first"), List.of());
        store.remove("filling");
        store.close();

        KeeperClient next = open();
        assertThat(keys(next.fetchAll())).contains("kept", "large0", "large62", "small").hasSize(65)
                .doesNotContain("changed", "too large", "filling");
        next.end();
    }

    @Test
    void hasExactlyOneKeeperHoweverManyAreStartedAtOnce() throws Exception {
        List<Process> racing = IntStream.range(0, 3).mapToObj(i -> KeeperProcess.start(directory)).toList();
        KeeperClient store = open(); // where it finds none yet it starts one of its own, and that one may win
        for (Process process : racing) {
            if (process.pid() != store.pid()) {
                assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isEqualTo(KeeperMain.ANOTHER_IS_HERE);
            }
        }
        assertThat(ProcessHandle.of(store.pid())).as("the one that is left")
                .matches(left -> left.orElseThrow().isAlive());
        store.end();
    }

    @Test
    void leavesNoDescriptorOpenOverAThousandPutsRemovalsAndBrokenMessages() {
        KeeperClient store = open();
        store.put("kept", bytes(""), List.of());
        int keeper = store.pid();
        long before = openFds(keeper);
        try (Fd counter = Fd.eventFd()) {
            for (int i = 0; i < 1_000; i++) {
                store.put("k" + i % 7, bytes("state"), List.of(counter, counter, counter));
                store.remove("k" + (i + 3) % 7);
            }
            IntStream.range(0, 7).forEach(i -> store.remove("k" + i));
            store.close();
            byte[] broken = new Header(0x706b6c76, 1, RawKeeperClient.PUT, 9, 1, 1).with("k", bytes("cut off"));
            for (int i = 0; i < 1_000; i++) {
                try (RawKeeperClient bad = new RawKeeperClient(KeeperFiles.socket(directory))) {
                    // It refuses one that comes before it has noticed the end of the one before.
                    bad.sendAsFarAsItReads(RawKeeperClient.hello(LONG.toMillis()));
                    bad.receive();
                    bad.sendAsFarAsItReads(broken, counter);
                }
            }
        }
        KeeperClient next = open();
        assertThat(next.pid()).isEqualTo(keeper);
        assertThat(keys(next.fetchAll())).containsExactly("kept");
        await().atMost(LIMIT).untilAsserted(() -> assertThat(openFds(keeper)).isEqualTo(before));
        next.end();
    }

    @Test
    void leavesAKeeperOfAnotherVersionAlone() throws Exception {
        Thread answering;
        try (UnixListener other = UnixListener.bind(KeeperFiles.socket(directory), 4)) {
            answering = Thread.ofPlatform().daemon().start(() -> {
                for (UnixConnection next = other.accept(); next != null; next = other.accept()) {
                    byte[] reply = new Header(0x706b6c76, 2, RawKeeperClient.OK, 0, 0, 0).with("", bytes(""));
                    next.send(reply, 0, reply.length, List.of());
                    next.close();
                }
            });
            assertThatExceptionOfType(KeeperException.class).isThrownBy(this::open)
                    .withMessageContaining("version=2 expected=1").withMessageContaining("--keeper=no");
        }
        answering.join();
    }

    private static long openFds(int pid) {
        try (Stream<Path> fds = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return fds.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
