// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Both lanes over one control channel: starts, stops, deaths and lies. */
class LaneHandshakeTest {
    // From SPEC.md sections 6 and 7, on purpose not from the constants.
    private static final long HOST_WORD = 0x100;
    private static final long GUEST_WORD = 0x180;
    // From appendix A.
    private static final long RECORDED_WORD = 0x280;

    private final MemorySegment control = Arena.ofAuto().allocate(4_096, 128);
    private final MemorySegment record = Arena.ofAuto().allocate(4_096, 128);

    private static void bringUp(HostLane host, GuestLane guest) {
        assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(guest.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        guest.agree();
        assertThat(guest.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(host.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        assertThat(guest.isUp()).isFalse();
        host.agree();
        assertThat(guest.poll()).isEqualTo(LaneEvent.UP);
        assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(host.isUp() && guest.isUp()).isTrue();
        assertThat(guest.epoch()).isEqualTo(host.epoch());
    }

    @Test
    void theLinkComesUpWhicheverSideStartsFirst() {
        HostLane host = new HostLane(control, record);
        bringUp(host, new GuestLane(control));

        MemorySegment other = Arena.ofAuto().allocate(4_096, 128);
        GuestLane early = new GuestLane(other);
        assertThat(early.poll()).isEqualTo(LaneEvent.NONE);
        bringUp(new HostLane(other, Arena.ofAuto().allocate(4_096, 128)), early);
    }

    @Test
    void wordsInMemoryAreTheOnesOfTheSpecification() {
        HostLane host = new HostLane(control, record);
        assertThat(control.get(ValueLayout.JAVA_LONG, HOST_WORD)).isEqualTo(1L << 32 | 1);
        GuestLane guest = new GuestLane(control, () -> 0x77fedcba);
        assertThat(control.get(ValueLayout.JAVA_LONG, GUEST_WORD)).isEqualTo(1L);
        bringUp(host, guest);
        assertThat(control.get(ValueLayout.JAVA_LONG, HOST_WORD)).isEqualTo(0x1_fedcba02L);
        assertThat(control.get(ValueLayout.JAVA_LONG, GUEST_WORD)).isEqualTo(0x1_fedcba02L);
        assertThat(record.get(ValueLayout.JAVA_LONG, RECORDED_WORD)).isEqualTo(0x1_fedcba02L);
        guest.detach();
        assertThat(control.get(ValueLayout.JAVA_LONG, GUEST_WORD)).isZero();
    }

    @Test
    void aGuestThatDiedAndCameBackGetsANewEpoch() {
        HostLane host = new HostLane(control, record);
        bringUp(host, new GuestLane(control));
        int before = host.epoch();
        GuestLane successor = new GuestLane(control);
        assertThat(successor.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(host.poll()).isEqualTo(LaneEvent.DOWN);
        bringUp(host, successor);
        assertThat(host.epoch()).isEqualTo(before + 1);
    }

    @Test
    void aDriverThatDiedAndCameBackNeverUsesAnEpochTwice() {
        HostLane dead = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        bringUp(dead, guest);
        HostLane successor = new HostLane(control, record);
        assertThat(successor.epoch()).isEqualTo(dead.epoch() + 1);
        assertThat(successor.poll()).as("the old acknowledgement is not taken for the new one")
                .isEqualTo(LaneEvent.NONE);
        assertThat(guest.poll()).isEqualTo(LaneEvent.DOWN);
        bringUp(successor, guest);
    }

    @Test
    void aDetachedHostTakesTheGuestDownAndTheNextBringsItUp() {
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        bringUp(host, guest);
        host.detach();
        assertThat(guest.poll()).isEqualTo(LaneEvent.DOWN);
        assertThat(guest.poll()).isEqualTo(LaneEvent.NONE);
        bringUp(new HostLane(control, record), guest);
    }

    @Test
    void aGuestResetByTheAgentEndsTheEpoch() {
        HostLane host = new HostLane(control, record);
        bringUp(host, new GuestLane(control));
        control.set(ValueLayout.JAVA_LONG, GUEST_WORD, 0L);
        assertThat(host.poll()).isEqualTo(LaneEvent.DOWN);
        assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
    }

    @Test
    void aWordThatIsNoStateIsNoAcknowledgement() {
        HostLane host = new HostLane(control, record);
        for (long word : new long[]{-1L, 1L << 32 | 3, 2L, 1L << 33 | 2, Long.MIN_VALUE, 1L << 32}) {
            control.set(ValueLayout.JAVA_LONG, GUEST_WORD, word);
            assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
            assertThat(host.isUp()).isFalse();
        }
    }

    @Test
    void whateverAGuestWritesOverTheHostsWordTheNextEpochIsTheHostsOwnNext() {
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        bringUp(host, guest);
        for (long spoilt : new long[]{99L << 32 | 1, 99L << 32 | 2, 0L, -1L, 1L << 63, 1}) {
            int before = host.epoch();
            control.set(ValueLayout.JAVA_LONG, HOST_WORD, spoilt);
            assertThat(host.poll()).as("own word 0x%x", spoilt).isEqualTo(LaneEvent.DOWN);
            assertThat(guest.poll()).isEqualTo(LaneEvent.DOWN);
            bringUp(host, guest);
            assertThat(host.epoch()).isEqualTo(before + 1);
        }
    }

    @Test
    void regressionAnEpochThatASuccessorAcknowledgesOverASpoiltWordIsNotTakenForTheOneThatRuns() {
        HostLane host = new HostLane(control, record);
        bringUp(host, new GuestLane(control));
        control.set(ValueLayout.JAVA_LONG, HOST_WORD, (long) host.epoch() << 32 | 1);
        GuestLane successor = new GuestLane(control);
        assertThat(successor.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        successor.agree();
        assertThat(host.poll()).isEqualTo(LaneEvent.DOWN);
        bringUp(host, successor);
    }

    @Test
    void regressionASecondAgreementToAnEpochThatTheHostIsJustBeginningGetsAnotherEpoch() {
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        assertThat(guest.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        guest.agree();
        assertThat(host.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        GuestLane successor = new GuestLane(control);
        assertThat(successor.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        host.agree();
        successor.agree();
        assertThat(successor.poll()).as("what runs was agreed to by another").isEqualTo(LaneEvent.NONE);
        assertThat(successor.isUp()).isFalse();
        assertThat(host.poll()).isEqualTo(LaneEvent.DOWN);
        bringUp(host, successor);
        assertThat(host.epoch()).isEqualTo(2);
    }

    @Test
    void theHostRunsWhatWasAgreedToLast() {
        HostLane host = new HostLane(control, record);
        GuestLane dead = new GuestLane(control);
        assertThat(dead.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        dead.agree();
        assertThat(host.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        bringUp(host, new GuestLane(control));
        assertThat(host.epoch()).isEqualTo(1);
    }

    @Test
    void aGuestDrawsAnotherNonceForEachAgreementAndKeepsItWhenItRepeatsOne() {
        Set<Long> words = new HashSet<>();
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        for (int i = 0; i < 4; i++) {
            bringUp(host, guest);
            words.add(host.word() << 32);
            assertThat(guest.word()).isEqualTo(host.word());
            guest.repeat();
            assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
            host = new HostLane(control, record);
            assertThat(guest.poll()).isEqualTo(LaneEvent.DOWN);
        }
        assertThat(words).hasSize(4); // two of them alike: once in some million runs
    }

    @Test
    void whatTheAgentSaysInTheDriversPlaceIsLeftStandingAndTheSameEpochRunsOnAfterwards() {
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        bringUp(host, guest);
        sayAsTheAgent((long) host.epoch() << 32);
        assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(guest.poll()).isEqualTo(LaneEvent.DOWN);
        host.repeat();
        assertThat(guest.poll()).isEqualTo(LaneEvent.UP);
        assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
    }

    @Test
    void aWordSpoiltWhileTheAgentHasLostTheDriverCostsTheEpochHoweverItIsFound() {
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        bringUp(host, guest);
        sayAsTheAgent((long) host.epoch() << 32);
        control.set(ValueLayout.JAVA_LONG, HOST_WORD, (long) host.epoch() << 32 | 1);
        host.repeat();
        assertThat(host.isUp()).isFalse();
        assertThat(guest.poll()).isEqualTo(LaneEvent.DOWN);
        bringUp(host, guest);
    }

    private void sayAsTheAgent(long word) {
        record.set(ValueLayout.JAVA_LONG, RECORDED_WORD, word);
        control.set(ValueLayout.JAVA_LONG, HOST_WORD, word);
    }

    @Test
    void aGuestThatFindsAnEpochItNeverAgreedToAsksForAnother() {
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        bringUp(host, guest);
        control.set(ValueLayout.JAVA_LONG, HOST_WORD, 99L << 32 | 2);
        assertThat(guest.poll()).isEqualTo(LaneEvent.DOWN);
        assertThat(guest.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(control.get(ValueLayout.JAVA_LONG, GUEST_WORD)).isEqualTo(1L);
        assertThat(host.poll()).isEqualTo(LaneEvent.DOWN);
        bringUp(host, guest);
    }

    @Test
    void regressionAResetBetweenAcknowledgementAndTheHostsLookDoesNotStallTheHandshake() {
        HostLane host = new HostLane(control, record);
        GuestLane guest = new GuestLane(control);
        assertThat(guest.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        guest.agree();
        control.set(ValueLayout.JAVA_LONG, GUEST_WORD, 0L);
        assertThat(host.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(guest.poll()).isEqualTo(LaneEvent.NONE);
        assertThat(host.poll()).isEqualTo(LaneEvent.RESET_RINGS);
        host.agree();
        assertThat(guest.poll()).isEqualTo(LaneEvent.UP);
    }
}
