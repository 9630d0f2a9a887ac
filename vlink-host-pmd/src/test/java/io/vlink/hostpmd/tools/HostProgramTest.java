// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.TestAgent;
import io.vlink.hostpmd.TestLink;
import io.vlink.spec.control.Request;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input of every host program: one line, a status, nothing half attached. */
@Timeout(60)
class HostProgramTest {
    private static final String VDEV = "--vdev=eth_vlink0,link=tap123";

    @TempDir
    private Path runDir;

    private ProgramRun programs;

    @BeforeEach
    void setUp() {
        programs = new ProgramRun(runDir);
    }

    private int run(String program, String... options) {
        return programs.run(program.equals("pktgen") ? new PktgenMain() : new EchoMain(), options);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --vdev=eth_vlink1,link=x,mode=rr | mode must be bond or mq: mode=rr
            --vdev=eth_vlink1,link=x,queues=3 | vdev keys are link and mode
            --vdev=eth_vlink1,link=tap123 | two --vdev must not name the same link: link=tap123
            --vdev=eth_vlink0,link=tap124 | two --vdev must not have the same number: vdev=eth_vlink0
            --lcores=4095               | lcore must be one that this process may use: lcores=4095 lcore=4095 allowed=
            --lcores=0,0                | lcores must name each processor once: lcores=0,0 lcore=0
            --lcores=two                | lcores must be numbers and ranges such as 0,2-3: lcores=two
            --pmd-cpu-mask=0            | pmd-cpu-mask must name a processor: pmd-cpu-mask=0
            --pmd-cpu-mask=0x8000000000000000 | lcore must be one that this process may use: pmd-cpu-mask=0x8
            --pmd-cpu-mask=cores        | pmd-cpu-mask must be a hexadecimal number such as 0x5
            --lcores=0 --pmd-cpu-mask=1 | --lcores and --pmd-cpu-mask exclude each other: leave one out
            --idle=sleep                | idle must be spin|yield|park|auto
            --burst=0                   | burst must be 1 to
            --tx-policy=keep            | tx-policy must be drop or retry: tx-policy=keep
            --tx-policy=drop --retry-num=2 | retry-num must come with --tx-policy=retry: retry-num=2
            --retry-num=0               | retry-num must be at least 1, or left out for no limit: retry-num=0
            --retry-delay=-1            | retry-delay must be 0 to 1000000 microseconds: retry-delay=-1
            --count=many                | count must be a whole number up to 9223372036854775807: count=many
            --count=0                   | count must be at least 1: count=0
            --duration=0                | duration must be more than 0: duration=0
            --duration=NaN              | duration must be a time such as 30, 30s, 10m or 1h, seconds without a unit: duration=NaN
            --duration=300000h              | duration must be less than 1000000000 seconds: duration=1080000000
            --speed=9                   | unknown option: option=--speed=9: leave it out
            """)
    void wrongUsageIsOneLineAndStatusTwoBeforeTheAgentHearsOfIt(String options, String complaint) {
        try (TestLink link = new TestLink(2, 64); TestAgent agent = new TestAgent(runDir, link)) {
            for (String program : List.of("vlink-echo", "pktgen")) {
                assertThat(run(program, (VDEV + " " + options).split(" "))).isEqualTo(2);
                assertThat(programs.takeErrors()).startsWith(program + ": " + complaint)
                        .endsWith(" (see " + program + " --help)").doesNotContain("\n");
            }
            assertThat(programs.out()).isEmpty();
            assertThat(agent.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vlink-echo", "pktgen"})
    void aLinkMustBeNamed(String program) {
        assertThat(run(program)).isEqualTo(2);
        assertThat(programs.takeErrors()).startsWith(program + ": option is missing: option=--vdev: write --vdev=VDEV")
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vlink-echo", "pktgen"})
    void helpTellsTheExitStatus(String program) {
        assertThat(run(program, "--help")).isZero();
        assertThat(programs.out()).contains("Exit status: 0 ").contains(" 2 wrong usage.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vlink-echo", "pktgen"})
    void withoutAnAgentItSaysWhatToStart(String program) {
        assertThat(run(program, VDEV)).isEqualTo(1);
        assertThat(programs.takeErrors()).startsWith(program + ": no agent: run_dir=" + runDir)
                .contains("start bin/virt_compute").doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vlink-echo", "pktgen"})
    void oneLinkThatIsRefusedLeavesNoneAttached(String program) {
        try (TestLink link = new TestLink(2, 64); TestAgent agent = new TestAgent(runDir, link)) {
            Traces before = Traces.of(link);
            assertThat(run(program, VDEV, "--vdev=eth_vlink1,link=other")).isEqualTo(1);
            assertThat(programs.takeErrors()).isEqualTo(program + ": no such link: link=other known=tap123");
            assertThat(agent.requests()).containsExactly(Request.ATTACH_LINK, Request.ATTACH_LINK, Request.DETACH_LINK);
            assertThat(Traces.of(link)).isEqualTo(before);
        }
    }

    @Test
    void whatDoesNotFitTheLinkLeavesItAsItWasAndInItsEpoch() {
        try (TestLink link = new TestLink(2, 64); TestAgent agent = new TestAgent(runDir, link)) {
            assertThat(run("pktgen", VDEV, "--timeout=0.05")).as("an epoch has been").isEqualTo(1);
            programs.takeErrors();
            Traces before = Traces.of(link);
            String[] wrong = {"--queue=2", "--size=1519", "--window=129", "--burst=65"};
            for (String option : wrong) {
                assertThat(run("pktgen", VDEV, option)).as(option).isEqualTo(1);
                assertThat(programs.takeErrors()).as(option).startsWith("pktgen: ").doesNotContain("\n");
                assertThat(Traces.of(link)).as(option).isEqualTo(before);
            }
            assertThat(agent.requests()).hasSize(2 * wrong.length + 2).last().isEqualTo(Request.DETACH_LINK);
            assertThat(run("pktgen", VDEV, "--timeout=0.05")).as("the next one finds the link free").isEqualTo(1);
            assertThat(programs.takeErrors()).startsWith("pktgen: link=tap123 is down: ");
        }
    }
}
