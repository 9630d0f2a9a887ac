// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.os.Cpu;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class LcoresTest {
    /** A program with the options and nothing else. */
    @Command
    private static final class Program implements Runnable {
        @Mixin
        private WorkerOptions workers;
        private Lcores lcores;

        @Override
        public void run() {
            lcores = workers.lcores();
        }
    }

    private final int first = Cpu.allowed().nextSetBit(0);

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "0,", "-1", "1-", "2-1", "a", "0 1", "0--1", "99999", "0-8192", "0x3"})
    void refusesWhatIsNoList(String text) {
        assertThatThrownBy(() -> Lcores.ofList(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lcores must be numbers and ranges such as 0,2-3: lcores=" + text);
    }

    @Test
    void refusesAProcessorThatIsNamedTwice() {
        assertThatThrownBy(() -> Lcores.ofList("7,3-9")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lcores must name each processor once: lcores=7,3-9 lcore=7");
    }

    @Test
    void refusesAProcessorThatDoesNotExistAndSaysWhichDo() {
        assertThatThrownBy(() -> Lcores.ofList(first + ",4095")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lcore must be one that this process may use: lcores=" + first + ",4095 lcore=4095 allowed="
                        + Cpu.allowed());
        String mask = "0x1" + "0".repeat(1_000);
        assertThatThrownBy(() -> Lcores.ofMask(mask)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pmd-cpu-mask=" + mask + " lcore=4000 allowed=");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0    | pmd-cpu-mask must name a processor: pmd-cpu-mask=0: 0x1 is processor 0
            0x0  | pmd-cpu-mask must name a processor: pmd-cpu-mask=0x0: 0x1 is processor 0
            0x   | pmd-cpu-mask must be a hexadecimal number such as 0x5, bit n for lcore n: pmd-cpu-mask=0x
            -1   | pmd-cpu-mask must be a hexadecimal number such as 0x5, bit n for lcore n: pmd-cpu-mask=-1
            0xfg | pmd-cpu-mask must be a hexadecimal number such as 0x5, bit n for lcore n: pmd-cpu-mask=0xfg
            """)
    void refusesWhatIsNoMaskOrAnEmptyOne(String text, String complaint) {
        assertThatThrownBy(() -> Lcores.ofMask(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage(complaint);
    }

    @Test
    void listAndMaskExcludeEachOtherOnACommandLine() {
        CommandLine command = new CommandLine(new Program());
        StringBuilder complaint = new StringBuilder();
        command.setParameterExceptionHandler((wrong, given) -> {
            complaint.append(wrong.getMessage());
            return CommandLine.ExitCode.USAGE;
        });
        assertThat(command.execute("--lcores=" + first, "--pmd-cpu-mask=0x1")).isEqualTo(2);
        assertThat(complaint).hasToString("--lcores and --pmd-cpu-mask exclude each other: leave one out");
        complaint.setLength(0);
        assertThat(command.execute("--idle=doze")).isEqualTo(2);
        assertThat(complaint).asString().contains("idle must be spin|yield|park|auto").contains("idle=doze")
                .doesNotContain("\n");
    }

    @Test
    void readsListsAndMasks() {
        Program program = new Program();
        assertThat(new CommandLine(program).execute()).isZero();
        assertThat(program.lcores).isEqualTo(Lcores.ANY);
        assertThat(Lcores.ofList(Integer.toString(first)).cores()).containsExactly(first);
        assertThat(Lcores.ofMask(Long.toHexString(1L << first)).cores()).containsExactly(first);
        assertThat(Lcores.ofMask("0X" + Long.toHexString(1L << first)).workerName(0)).isEqualTo("lcore-" + first);
        assertThat(Lcores.ANY.workers()).isEqualTo(1);
        assertThat(Lcores.ANY.workerName(0)).isEqualTo("worker-0");
    }
}
