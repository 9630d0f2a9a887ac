// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * On a processor with AVX-512 the JVM's copying routines use masked stores, and what these wrote is read late
 * (docs/benchmarks/data-path.md): all that moves packets is started without them.
 */
class CopyingRoutinesTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String FLAG = "UseAVX";

    private final Lab lab = Lab.create();

    @BeforeEach
    void needsAvx512() throws IOException {
        assumeTrue(Files.readString(Path.of("/proc/cpuinfo")).contains(" avx512bw "),
                "this processor has no AVX-512: the JVM has no such routines here");
        lab.putEnvironment("VLINK_JAVA_OPTS", "-XX:+PrintFlagsFinal");
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private void startsWithoutMaskedStores(String program) {
        ManagedProcess process = lab.start("flags", List.of(program, "--version"));
        assertThat(process.awaitExit(LIMIT)).as(process.tail(5)).isZero();
        assertThat(process.outputLines()).filteredOn(line -> line.matches("\\s*int " + FLAG + "\\s.*"))
                .singleElement().asString().matches("\\s*int " + FLAG + "\\s+= 2\\s.*command line.*");
    }

    @Test
    void theHostsProgramsCopyWithPlainStores() {
        startsWithoutMaskedStores(lab.program("pktgen"));
    }

    @Test
    void theGuestsProgramCopiesWithPlainStores() {
        startsWithoutMaskedStores(lab.program("vlink-guest"));
    }

    @Test
    void theGuestsProgramDoesSoFromItsArchiveToo() throws IOException {
        Path program = lab.home().resolve("vlink-guest/target/guest-tar/vlink-guest/bin/vlink-guest");
        Path source = lab.home().resolve("vlink-guest/src/main/package/vlink-guest");
        assumeTrue(Files.isExecutable(program) && Files.mismatch(program, source) == -1,
                "the archive for guests is missing, or older than its launcher: mvn package makes it");
        startsWithoutMaskedStores(program.toString());
    }
}
