// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.torment;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.Lab;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A hostile guest on one link, every packet checked on a second link of the same guest and on a third of another one. */
class TormentTest {
    private static final List<Long> SEEDS = List.of(1L, 20_261_121L);
    private static final long SECONDS = 5;

    private final Lab lab = Lab.create();

    @AfterEach
    void tearDown() {
        lab.close();
    }

    @Test
    void aHostileGuestSpoilsItsOwnLinkAndNothingElse() {
        TormentLab torment = new TormentLab(lab);
        for (long seed : SEEDS) {
            Map<String, Object> result = torment.run(seed, SECONDS);

            assertThat((List<?>) result.get("failures")).as("seed=%s %s", seed, result).isEmpty();
            Map<?, ?> done = (Map<?, ?>) result.get("torment");
            assertThat((Long) done.get("hostile")).as("%s", done).isGreaterThan(10_000);
            assertThat(done.get("recoveries")).isEqualTo(done.get("epochs"));
        }
    }
}
