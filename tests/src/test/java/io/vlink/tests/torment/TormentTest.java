// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.torment;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.Lab;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A hostile guest on one link, every packet checked on a second link of the same guest and on a third of another one. */
class TormentTest {
    private static final long SECONDS = 5;

    private final Lab lab = Lab.create();

    @AfterEach
    void tearDown() {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20_261_121})
    void aHostileGuestSpoilsItsOwnLinkAndNothingElse(long seed) {
        Map<String, Object> result = new TormentLab(lab, seed).run(SECONDS);

        assertThat((List<?>) result.get("failures")).as("seed=%s %s", seed, result).isEmpty();
        Map<?, ?> done = (Map<?, ?>) result.get("torment");
        assertThat((Long) done.get("descriptors_and_messages")).as("%s", done).isGreaterThan(10_000);
        Map<?, ?> attacks = (Map<?, ?>) done.get("attacks");
        // The first rounds are each attack once: on a machine with much to do the end may come before all have been.
        assertThat(attacks.values().stream().filter(Long.valueOf(0)::equals)).as("%s", done)
                .hasSize((int) Math.max(0, attacks.size() - (Long) done.get("rounds")));
        assertThat(done.get("stopped")).isEqualTo("signal");
        Map<?, ?> resets = (Map<?, ?>) result.get("resets");
        assertThat((Long) resets.get("resets")).as("%s", resets).isPositive();
    }
}
