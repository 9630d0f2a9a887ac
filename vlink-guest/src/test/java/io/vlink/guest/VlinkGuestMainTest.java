// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What can be said of a command line without a device. */
class VlinkGuestMainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String line) {
        CommandLine program = VlinkGuestMain.commandLine();
        return program.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(line.split(" "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            echo --count=0         | count must be at least 1: count=0
            echo --duration=0      | duration must be more than 0: duration=0
            echo --channel=0       | channel must be 1 or more: channel=0
            echo --forward=flood   | forward must be macswap, io or drop: forward=flood
            pktgen --count=0       | count must be at least 1: count=0
            pktgen --size=63       | size must be 64 to 65539 bytes: size=63
            torment --duration=0s  | duration must be more than 0: duration=0
            torment --attack=x     | no such attack: attack=x: see --attack list
            torment --attack=reset --echo=a | this attack disturbs the links that echo: attack=reset
            echo --link=a --link=b --link=a | link must be given once: link=a: leave one out
            pktgen --link=a --link=a | link must be given once: link=a: leave one out
            info --device=zz       | device must be a PCI address, such as 0000:00:04.0: device=zz
            bind --device=         | device must be a PCI address, such as 0000:00:04.0: device=
            echo --device=00:4.0   | device must be a PCI address, such as 0000:00:04.0: device=00:4.0
            echo --vfio-user=      | vfio-user must be a path, and not empty: vfio-user=
            info --device=00:04.0 --vfio-user=/b | --device and --vfio-user exclude each other: leave one out
            bind --vfio-user=/b    | there is nothing to bind in vfio-user=/b: leave --vfio-user out
            """)
    void wrongUsageIsOneLineAndStatusTwo(String line, String complaint) {
        assertThat(run(line)).isEqualTo(2);
        assertThat(err.toString()).isEqualTo(
                "vlink-guest: " + complaint + " (see vlink-guest " + line.substring(0, line.indexOf(' '))
                        + " --help)\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void namesItsCommands() {
        assertThat(run("play")).isEqualTo(2);
        assertThat(err.toString()).isEqualTo(
                "vlink-guest: unknown command: command=play: use one of bind,echo,info,pktgen,torment (see vlink-guest --help)\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "echo --help", "pktgen --help", "torment --help"})
    void helpTellsTheExitStatus(String line) {
        assertThat(run(line)).isZero();
        assertThat(out.toString()).contains("Exit status: 0 ").contains(" 2 wrong usage.");
    }
}
