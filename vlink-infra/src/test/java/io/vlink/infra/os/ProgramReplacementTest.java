// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Failures in this process, where nothing must change; success in a child. */
@Timeout(90)
class ProgramReplacementTest {
    private static final int SIGPIPE = 13;

    @TempDir
    Path folder;

    @Test
    void rejectsArgumentsThatNoProgramCanGet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProgramReplacement.exec("/bin/true", List.of(), Map.of(), List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProgramReplacement.exec("/bin/true", List.of("true", "a\0b"), Map.of(), List.of()));
    }

    @Test
    void saysWhereItLookedForAProgramThatIsAbsent() {
        assertThatThrownBy(() -> ProgramReplacement.exec("vlink-absent", List.of("x"), Map.of("PATH", "/bin:/usr/bin"),
                List.of())).isInstanceOf(OsException.class).hasMessageContaining("ENOENT")
                .hasMessageContaining("not found in PATH=/bin:/usr/bin");
    }

    @Test
    void goesOnUnchangedWhenTheProgramCannotRun() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "no program");
        try (Fd kept = Fd.eventFd()) {
            assertThatThrownBy(() -> ProgramReplacement.exec(text.toString(), List.of("x"), Map.of(), List.of(kept)))
                    .isInstanceOf(OsException.class).hasMessageContaining("execve failed: EACCES");
            assertThat(kept.isCloseOnExec()).isTrue();
        }
    }

    @Test
    void handsOverEnvironmentSignalsAndOnlyTheKeptDescriptors() throws Exception {
        ChildJvm child = ChildJvm.run(folder, "exec 7</dev/null", BecomesAShell.class);
        assertThat(child.exit()).as(child.output()).isZero();
        List<String> lines = child.output().lines().toList();
        String kept = lines.getFirst().replace("kept=", "");
        assertThat(lines).containsSubsequence("name=shell greeting=hello world", "fds= 0 1 2 " + kept,
                "SigBlk:\t0000000000000000");
        assertThat(isIgnored(lines.getLast(), SIGPIPE)).isFalse();
    }

    private static boolean isIgnored(String sigIgn, int signal) {
        return (Long.parseUnsignedLong(sigIgn.replaceAll(".*\\s", ""), 16) >> (signal - 1) & 1) == 1;
    }

    /** Becomes a shell that tells what it inherited. */
    static final class BecomesAShell {
        private static final String SCRIPT = """
                echo "name=$0 greeting=$1"
                fds=
                for number in $(seq 0 99); do
                    if [ -e /proc/$$/fd/$number ]; then fds="$fds $number"; fi
                done
                echo "fds=$fds"
                exec grep -E 'SigBlk|SigIgn' /proc/self/status
                """;

        private BecomesAShell() {
        }

        public static void main(String[] arguments) {
            Fd kept = Fd.eventFd();
            Fd notKept = Fd.eventFd();
            System.out.println("kept=" + kept.number());
            assertThat(notKept.isOpen()).isTrue();
            ProgramReplacement.exec("bash", List.of("shell", "-c", SCRIPT, "shell", "hello world"),
                    Map.of("PATH", "/usr/bin:/bin"), List.of(kept));
        }
    }
}
