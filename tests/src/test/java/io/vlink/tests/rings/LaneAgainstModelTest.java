// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.tests.rings.model.Access;
import io.vlink.tests.rings.model.LaneAction;
import io.vlink.tests.rings.model.LaneModel;
import io.vlink.tests.rings.model.LaneMutation;
import io.vlink.tests.rings.traced.TracedLanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The handshake's model is the code: in every order of actions, the same accesses, words and decisions. */
class LaneAgainstModelTest {
    // From SPEC.md section 6, on purpose not from the constants.
    private static final long HOST_WORD = 0x100;
    private static final long GUEST_WORD = 0x180;
    private static final int LENGTH = 8;
    private static final int EVENTS = 3;
    private static final int SPOILS = 2;

    private final MemorySegment memory = Arena.ofAuto().allocate(TracedLanes.BYTES, 128);
    private final LaneAction[] history = new LaneAction[LENGTH];
    private LaneModel model = new LaneModel(EVENTS, SPOILS, LaneMutation.NONE);
    private long histories;
    private long ups;

    @Test
    void inEveryOrderOfActionsTheRealLanesDoWhatTheModelDoes() {
        everyHistory(model.start(), 0);
        System.out.printf("lanes against the model: histories=%d, of which the link is up at the end of %d%n",
                histories,
                ups);
        assertThat(histories).isGreaterThan(2_000_000);
        assertThat(ups).isGreaterThan(1_000);
    }

    @ParameterizedTest
    @EnumSource(names = {"ACKNOWLEDGEMENT_OF_ANY_EPOCH", "EPOCH_USED_TWICE", "PLAIN_ACKNOWLEDGE", "PLAIN_COMPLETE",
            "PLAIN_START", "GUEST_JOINS_RUNNING_EPOCH", "LOST_ACKNOWLEDGEMENT_NOT_REPEATED", "HOST_IGNORES_DEPARTURE",
            "HOST_IGNORES_ITS_OWN_WORD", "AGREEMENTS_ALIKE", "GUEST_IGNORES_NONCE"})
    void aModelWithAMistakeIsNotTheCode(LaneMutation mistake) {
        model = new LaneModel(EVENTS, SPOILS, mistake);
        assertThatThrownBy(() -> everyHistory(model.start(), 0)).hasMessageContaining("differ");
    }

    private void everyHistory(byte[] state, int length) {
        if (length == LENGTH) {
            histories++;
            replay();
            return;
        }
        for (LaneAction action : LaneAction.values()) {
            if (!action.isOfRings() && model.isPossible(state, action)) {
                byte[] next = state.clone();
                model.run(next, action);
                history[length] = action;
                everyHistory(next, length + 1);
            }
        }
    }

    private void replay() {
        byte[] state = model.start();
        TracedLanes lanes = TracedLanes.over(memory.fill((byte) 0));
        for (LaneAction action : history) {
            List<Access> expected = model.run(state, action);
            lanes.run(action);
            List<Access> made = TracedLanes.takeAccesses();
            check(made.equals(expected), "accesses", made, expected);
            check(word(HOST_WORD) == (state[LaneModel.HOST_WORD] & 0xff), "host words", word(HOST_WORD), state);
            check(word(GUEST_WORD) == (state[LaneModel.GUEST_WORD] & 0xff), "guest words", word(GUEST_WORD), state);
            check(lanes.isHostUp() == LaneModel.isHostUp(state), "host lanes", lanes.isHostUp(), state);
            check(lanes.isGuestUp() == LaneModel.isGuestUp(state), "guest lanes", lanes.isGuestUp(), state);
        }
        ups += lanes.isHostUp() && lanes.isGuestUp() ? 1 : 0;
    }

    /** A real word as the model has it. */
    private long word(long offset) {
        long word = memory.get(ValueLayout.JAVA_LONG, offset);
        return LaneModel.word((int) (word >>> 32), (int) (word >>> 8) & 0xff_ffff, (int) word & 0xff);
    }

    // Not AssertJ: called some million times.
    private void check(boolean same, String what, Object real, Object modelled) {
        if (!same) {
            throw new AssertionError(what + " differ after " + Arrays.toString(history) + ": real=" + real + " model="
                    + (modelled instanceof byte[] state ? model.describe(state) : modelled));
        }
    }
}
