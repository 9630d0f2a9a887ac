// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import java.time.Duration;
import java.util.List;

/**
 * What is to be done.
 *
 * @param seed     the same seed draws the same attacks and values; what the host lends, and when, is the host's
 * @param duration how long, about
 * @param attacks  those to be used, at least one
 */
public record TormentPlan(long seed, Duration duration, List<Attack> attacks) {
    /** Copies the list. */
    public TormentPlan {
        if (attacks.isEmpty()) {
            throw new IllegalArgumentException("at least one attack is needed: attacks=");
        }
        attacks = List.copyOf(attacks);
    }
}
