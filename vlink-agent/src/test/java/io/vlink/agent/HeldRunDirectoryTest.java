// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.UnixListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalInt;
import java.util.Set;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeldRunDirectoryTest {
    private final POSIX posix = POSIXFactory.getNativePOSIX();

    @TempDir
    private Path folder;

    private HeldRunDirectory take(Path path) {
        return HeldRunDirectory.take(new RunDirectory(path), access("", null));
    }

    private SocketAccess access(String mode, String group) {
        OptionalInt asked = mode.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(mode, 8));
        return SocketAccess.of(asked, null, group, AllowedPeers.NONE);
    }

    @Test
    void refusesAPathThatIsTooLongForItsSockets() {
        Path path = folder.resolve("x".repeat(100));
        assertThatThrownBy(() -> take(path)).isInstanceOf(StartException.class)
                .hasMessageContainingAll("too long", "limit=107", "--run-dir");
        assertThat(path).doesNotExist();
    }

    @Test
    void refusesAFileInItsPlace() throws IOException {
        Path path = Files.createFile(folder.resolve("run"));
        assertThatThrownBy(() -> take(path)).isInstanceOf(StartException.class).hasMessageContaining("not a directory");
        assertThat(path).isRegularFile();
    }

    @ParameterizedTest
    @CsvSource({"/proc/foo,/proc/foo reason=\"no such file or directory\": choose another with --run-dir",
            "/proc/foo/bar,/proc/foo/bar reason=\"no such file or directory: /proc/foo\": choose another with --run-dir"})
    void saysWhyItCannotBeMade(String path, String message) {
        assertThatThrownBy(() -> take(Path.of(path))).isInstanceOf(StartException.class)
                .hasMessage("run directory cannot be used: run_dir=" + message);
    }

    @Test
    void refusesADirectoryInWhichAnybodyMayReplaceSockets() throws IOException {
        Path path = Files.createDirectory(folder.resolve("run"));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> take(path)).hasMessageContainingAll("writable for everybody", "chmod o-w");
        assertThat(path).isEmptyDirectory();
    }

    @Test
    void refusesADirectoryThatAnotherHolds() {
        Path path = folder.resolve("run");
        try (HeldRunDirectory held = take(path)) {
            assertThat(held.directory().lockFile()).exists();
            assertThatThrownBy(() -> take(path))
                    .hasMessage("run_dir=" + path + " is in use by pid=" + ProcessHandle.current().pid()
                            + ": stop that agent, or choose another with --run-dir");
            assertThat(held.directory().lockFile()).exists();
        }
    }

    @Test
    void removesWhatItMadeAndNothingElse() throws IOException {
        Path path = folder.resolve("a/b");
        take(path).close();
        assertThat(folder).isEmptyDirectory();
        Files.createDirectories(path);
        Files.writeString(path.resolve("notes"), "mine");
        take(path).close();
        assertThat(path).isDirectoryContaining(file -> file.endsWith("notes"));
        assertThat(path.resolve("agent.lock")).doesNotExist();
    }

    @Test
    void recognisesWhatACrashLeftAndRemovesOnlySockets() throws IOException {
        Path path = Files.createDirectory(folder.resolve("run"));
        Files.writeString(path.resolve("agent.lock"), "99999999");
        Path kept = Files.writeString(path.resolve("notes.sock"), "a file, whatever its name");
        UnixListener crashed = UnixListener.bind(path.resolve("vm1.sock"), 1, Set.of());
        UnixListener adopted = UnixListener.bind(path.resolve("vm2.sock"), 1, Set.of());
        try (HeldRunDirectory held = take(path)) {
            held.removeLeftovers(Set.of(path.resolve("vm2.sock")));
            assertThat(path.resolve("vm1.sock")).doesNotExist();
            assertThat(path.resolve("vm2.sock")).exists();
            assertThat(kept).isRegularFile();
            assertThat(Files.readString(held.directory().lockFile()).strip())
                    .isEqualTo(Long.toString(ProcessHandle.current().pid()));
        } finally {
            crashed.close();
            adopted.close();
        }
        assertThat(path).as("made by somebody else").isDirectory();
    }

    @Test
    void removesTheDirectoriesThatACrashedAgentMadeAndNoOthers() throws IOException {
        Path path = Files.createDirectories(folder.resolve("a/run"));
        Path stranger = Files.createDirectory(folder.resolve("stranger"));
        Files.writeString(path.resolve("agent.lock"), "99999999   \n" + folder.resolve("a") + "\n" + path + "\n"
                + stranger + "\n" + folder.resolve("absent") + "\n");
        HeldRunDirectory second = take(path);
        assertThat(Files.readString(path.resolve("agent.lock"))).contains("\n" + path + "\n");
        second.close();
        assertThat(folder.resolve("a")).doesNotExist();
        assertThat(stranger).isDirectory();
    }

    @Test
    void leavesEverythingToTheNextIfItIsToldSo() {
        Path path = folder.resolve("a/run");
        HeldRunDirectory first = take(path);
        first.leave();
        first.close();
        assertThat(path.resolve("agent.lock")).exists();
        take(path).close();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void regressionAFullDirectoryEndsNeitherTheAgentToReplaceNorWhatAKeeperHas() throws IOException {
        Path path = Files.createDirectory(folder.resolve("run"));
        Path probe = path.resolve("agent.room");
        try (UnixListener keeper = UnixListener.bind(path.resolve("keeper.sock"), 1, Set.of())) {
            HeldRunDirectory running = take(path);
            Files.createSymbolicLink(probe, Path.of("/dev/full"));
            assertThatThrownBy(() -> AgentReplacement.endAgent(running.directory()))
                    .isInstanceOf(StartException.class).hasMessageContainingAll("run directory is full", "No space");
            running.leave();
            Files.createSymbolicLink(probe, Path.of("/dev/full"));
            assertThatThrownBy(() -> take(path)).hasMessageContaining("run directory is full");
            assertThat(path.resolve("agent.lock")).exists();
            assertThat(keeper.path()).exists();
        }
    }

    @Test
    void letsThoseWhoMayUseTheSocketsPass() {
        String group = posix.getgrgid(posix.getgid()).getName();
        assertThat(access("", null).directoryMode(false)).isEqualTo(0700);
        assertThat(access("", group).directoryMode(false)).isEqualTo(0710);
        assertThat(access("666", null).directoryMode(false)).isEqualTo(0701);
        assertThat(access("", group).directoryMode(true)).isEqualTo(0755);
    }
}
