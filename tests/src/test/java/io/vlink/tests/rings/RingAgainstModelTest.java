// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.tests.rings.model.Access;
import io.vlink.tests.rings.model.RingModel;
import io.vlink.tests.rings.model.RingMutation;
import io.vlink.tests.rings.traced.TracedRing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The model is the code: in every order of their bursts, the real rings make the accesses that the model makes, with the same
 * ordering, and come to the same results and positions. What plain accesses stand between two ordered ones is compared without
 * their order, which the model leaves open too.
 */
class RingAgainstModelTest {
    private static final int SLOTS = RealRing.MIN_QUEUE_SIZE;
    // One, some, all, more than all.
    private static final int[] BURSTS = {1, 3, SLOTS, SLOTS + 1};
    private static final int SHORT = 5;
    private static final int FULL = 6;

    private final MemorySegment memory = Arena.ofAuto().allocate(RingLayout.bytes(SLOTS), 128);
    private int[] history = new int[SHORT];
    private RingModel model = modelWith(RingMutation.NONE);
    private long start = RingModel.START;
    private long steps;

    private static RingModel modelWith(RingMutation mutation) {
        return new RingModel(SLOTS, 99, SLOTS + 1, 1, mutation);
    }

    @Test
    void inEveryOrderOfSixBurstsTheRealRingsDoWhatTheModelDoes() {
        history = new int[FULL];
        everyHistory(0);
        assertThat(steps).isEqualTo(FULL * (long) Math.pow(2 * BURSTS.length, FULL));
    }

    @ParameterizedTest
    @ValueSource(longs = {(1L << 32) - 4, -4L})
    void alsoWhereThirtyTwoAndSixtyFourBitsOverflow(long firstPosition) {
        start = firstPosition;
        everyHistory(0);
        assertThat(steps).isEqualTo(SHORT * (long) Math.pow(2 * BURSTS.length, SHORT));
    }

    @ParameterizedTest
    @EnumSource(names = {"PUBLISH_BEFORE_WRITE", "PLAIN_PUBLISH", "RELEASE_BEFORE_READ", "PLAIN_RELEASE",
            "PUBLISH_HELD_BACK"})
    void aModelWithAMistakeIsNotTheCode(RingMutation mistake) {
        model = modelWith(mistake);
        assertThatThrownBy(() -> everyHistory(0)).isInstanceOf(AssertionError.class).hasMessageContaining("differ");
    }

    /** Steps below 4 offer a burst, the others poll one. */
    private void everyHistory(int length) {
        if (length == history.length) {
            replay();
            return;
        }
        for (int step = 0; step < 2 * BURSTS.length; step++) {
            history[length] = step;
            everyHistory(length + 1);
        }
    }

    private void replay() {
        byte[] state = model.start();
        TracedRing ring = TracedRing.over(memory.fill((byte) 0), SLOTS, start);
        TracedRing.takeAccesses();
        int lastBurst = 0;
        for (int step : history) {
            steps++;
            boolean offers = step < BURSTS.length;
            int burst = BURSTS[step % BURSTS.length];
            int before = offers ? model.produced(state) : model.consumed(state);
            List<Access> expected = offers ? model.offer(state, burst) : model.poll(state, burst);
            int result = offers ? ring.offer(burst) : ring.poll(burst);
            List<Access> made = TracedRing.takeAccesses();
            made = offers ? made : withoutLookAhead(made, before, lastBurst);
            lastBurst = offers || result == 0 ? lastBurst : result;
            int after = offers ? model.produced(state) : model.consumed(state);
            check(result == (after - before & 0xff), "result", result, after - before & 0xff);
            check(normal(made).equals(normal(expected)), "accesses", made, expected);
            check((ring.produced() & 0xff) == model.produced(state), "produced", ring.produced(), state);
            check((ring.consumed() & 0xff) == model.consumed(state), "consumed", ring.consumed(), state);
            check((word(RingLayout.PRODUCER_OFFSET) & 0xff) == (state[RingModel.PRODUCER_CELL] & 0xff), "producer word",
                    word(RingLayout.PRODUCER_OFFSET), state);
            check((word(RingLayout.CONSUMER_OFFSET) & 0xff) == (state[RingModel.CONSUMER_CELL] & 0xff), "consumer word",
                    word(RingLayout.CONSUMER_OFFSET), state);
        }
    }

    /**
     * A consumer that knows of no descriptor, and last got no more than one, asks for the next slot's line before it reads the
     * position, and drops what it gets: exactly this one load is in no model, because nothing comes of it.
     */
    private List<Access> withoutLookAhead(List<Access> made, int consumed, int lastBurst) {
        boolean looks = lastBurst <= 1 && made.stream().anyMatch(each -> each.kind() == Access.Kind.ACQUIRE);
        if (!looks) {
            return made;
        }
        check(made.get(0).equals(new Access(Access.Kind.LOAD, model.metaCell(consumed)))
                && made.get(1).kind() == Access.Kind.ACQUIRE, "look-ahead", made, consumed);
        return made.subList(1, made.size());
    }

    private long word(long offset) {
        return memory.get(SharedWord.LONG, offset);
    }

    /** Sorts the plain accesses between two ordered ones. */
    private static List<Access> normal(List<Access> accesses) {
        List<Access> normal = new ArrayList<>(accesses);
        int from = 0;
        for (int i = 0; i <= normal.size(); i++) {
            if (i == normal.size() || normal.get(i).kind() == Access.Kind.ACQUIRE
                    || normal.get(i).kind() == Access.Kind.RELEASE) {
                normal.subList(from, i).sort(Comparator.comparing(Access::kind).thenComparingInt(Access::cell));
                from = i + 1;
            }
        }
        return normal;
    }

    // Not AssertJ: called some million times.
    private void check(boolean same, String what, Object real, Object modelled) {
        if (!same) {
            Object shown = modelled instanceof byte[] state ? model.describe(state) : modelled;
            throw new AssertionError(what + " differ after bursts " + Arrays.toString(history)
                    + ": real=" + real + " model=" + shown);
        }
    }
}
