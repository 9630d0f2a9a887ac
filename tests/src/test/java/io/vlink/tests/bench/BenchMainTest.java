// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wrong usage is one line and status 2, before anything is started or fetched. */
class BenchMainTest {
    private static String refusalOf(String... arguments) {
        StringWriter err = new StringWriter();
        int status = BenchMain.commandLine().setErr(new PrintWriter(err)).execute(arguments);
        assertThat(status).isEqualTo(2);
        assertThat(err.toString().lines()).singleElement().asString().startsWith("bench: ");
        return err.toString();
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThat(refusalOf("--quik")).contains("--quik");
        assertThat(refusalOf("--quick", "twice")).contains("twice");
        assertThat(refusalOf("--only", "echo,nothing")).contains("nothing", "latency");
    }

    @Test
    void refusesNumbersThatAreNone() {
        assertThat(refusalOf("--rounds", "many")).contains("many");
        assertThat(refusalOf("--rounds", "0")).contains("rounds=0");
    }

    @Test
    void refusesOptionsThatContradictEachOther() {
        assertThat(refusalOf("--quick", "--only", "echo")).contains("exclude each other");
        assertThat(refusalOf("--no-vm", "--only", "vm")).contains("nothing to measure");
    }

    @Test
    void refusesAFolderThatCannotBeMade(@TempDir Path folder) throws java.io.IOException {
        Path file = java.nio.file.Files.createFile(folder.resolve("file"));
        assertThat(refusalOf("--plot", file.resolve("plots").toString())).contains("plot=" + file);
    }
}
