// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.linkconfig.LinkConfig;
import io.vlink.linkconfig.LinkDefinition;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Judges numbers as they may stand in shared memory: 2 data channels with rings of 64. */
class LinkLawTest {
    private static final long RUNNING = 0x7_12345602L;
    private static final long ASKED_FOR = 8L << 32 | 1;
    private static final long LEFT = 7L << 32;
    private static final LinkReading.Direction QUIET = direction(0, 0, 0, 0, 0);
    private static final LinkReading.Direction LOST_ONE = direction(9, 8, 0, 9, 9);

    private static LinkReading.Direction direction(long sent, long received, long dropped, long produced,
            long consumed) {
        return new LinkReading.Direction(sent, received, dropped, produced, consumed);
    }

    private static LinkDefinition link(String options) {
        return LinkConfig.parseLines("test", List.of("a 52:54:00:00:00:01 3 queue_size=64 " + options)).links()
                .getFirst();
    }

    private static LinkLaw.Direction judge(String options, long hostLane, long guestLane, LinkReading.Direction first,
            LinkReading.Direction second) {
        return LinkLaw.of(link(options), new LinkReading(hostLane, guestLane, true, first, QUIET),
                new LinkReading(hostLane, guestLane, true, second, QUIET)).hostToGuest();
    }

    private static LinkLaw.Verdict atRest(LinkReading.Direction numbers) {
        return judge("", RUNNING, RUNNING, numbers, numbers).verdict();
    }

    @Nested
    class AtRest {
        @ParameterizedTest
        @CsvSource({"9, 8, 0, 9, 9", "9, 10, 0, 9, 9", "0, 0, 1, 0, 0", "9, 8, 1, 9, 8", "0, -1, 0, 0, 0",
                "0, -9223372036854775808, 0, 0, 0", "9223372036854775807, -1, 0, 9, 9",
                "1000, 0, 0, 1000, 0", "-5, 0, 0, 0, 5"})
        void isBrokenByOnePacketAndByRingsThatHoldTheImpossible(long sent, long received, long dropped, long produced,
                long consumed) {
            assertThat(atRest(direction(sent, received, dropped, produced, consumed)))
                    .isEqualTo(LinkLaw.Verdict.BROKEN);
        }

        @ParameterizedTest
        @CsvSource({"0, 0, 0, 0, 0", "9, 8, 1, 9, 9", "200, 70, 2, 200, 72"})
        void holdsWhenItIsExact(long sent, long received, long dropped, long produced, long consumed) {
            LinkReading.Direction numbers = direction(sent, received, dropped, produced, consumed);
            LinkLaw.Direction law = judge("", RUNNING, RUNNING, numbers, numbers);
            assertThat(law.verdict()).isEqualTo(LinkLaw.Verdict.HOLDS);
            assertThat(law.tolerance()).isZero();
            assertThat(law.inFlight()).isEqualTo(produced - consumed);
        }

        @Test
        void letsChainsBeFewerPacketsThanDescriptorsButNotMore() {
            LinkReading.Direction chains = direction(9, 8, 0, 45, 40);
            LinkReading.Direction none = direction(19, 8, 0, 45, 40);
            assertThat(judge("mtu=9000", RUNNING, RUNNING, chains, chains).inFlight()).isEqualTo(1);
            assertThat(judge("mtu=9000", RUNNING, RUNNING, chains, chains).verdict()).isEqualTo(LinkLaw.Verdict.HOLDS);
            assertThat(judge("mtu=9000", RUNNING, RUNNING, none, none).verdict()).isEqualTo(LinkLaw.Verdict.BROKEN);
        }
    }

    @Nested
    class WhileItMoves {
        @Test
        void isBrokenByMoreThanWhatMovedAndABurstOfEachChannel() {
            LinkReading.Direction first = direction(1_000, 860, 0, 1_000, 1_000);
            assertThat(judge("", RUNNING, RUNNING, first, direction(1_011, 860, 0, 1_000, 1_000)).verdict())
                    .as("140 missing, 11 + 128 allowed").isEqualTo(LinkLaw.Verdict.BROKEN);
            assertThat(judge("", RUNNING, RUNNING, first, direction(1_012, 860, 0, 1_000, 1_000)).verdict())
                    .isEqualTo(LinkLaw.Verdict.HOLDS);
        }

        @Test
        void isBrokenByACounterThatGoesBack() {
            LinkReading.Direction first = direction(9, 9, 0, 9, 9);
            assertThat(judge("", RUNNING, RUNNING, first, direction(9, 8, 0, 10, 9)).verdict())
                    .isEqualTo(LinkLaw.Verdict.BROKEN);
        }
    }

    @Nested
    class Epochs {
        @Test
        void sayNothingWhileOneIsAgreedUponOrHasChanged() {
            assertThat(judge("", ASKED_FOR, RUNNING, LOST_ONE, LOST_ONE).verdict()).isEqualTo(LinkLaw.Verdict.UNKNOWN);
            LinkLaw changed = LinkLaw.of(link(""), new LinkReading(RUNNING, RUNNING, true, LOST_ONE, QUIET),
                    new LinkReading(RUNNING, LEFT, true, LOST_ONE, QUIET));
            assertThat(changed.hostToGuest().verdict()).isEqualTo(LinkLaw.Verdict.UNKNOWN);
        }

        @Test
        void sayNothingOfOneThatTheHostStartedAndLeftBeforeItBegan() {
            LinkReading left = new LinkReading(LEFT, RUNNING, false, LOST_ONE, QUIET);
            assertThat(LinkLaw.of(link(""), left, left).hostToGuest().verdict()).isEqualTo(LinkLaw.Verdict.UNKNOWN);
        }

        @Test
        void forgiveWhoeverWasKilledWithinABurst() {
            LinkLaw.Direction law = judge("", LEFT, RUNNING, LOST_ONE, LOST_ONE);
            assertThat(law.verdict()).isEqualTo(LinkLaw.Verdict.HOLDS);
            assertThat(law.difference()).isEqualTo(1);
        }
    }
}
