// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.LabException;
import java.time.Duration;

/** Waiting while others are measured. */
final class Pause {
    private Pause() {
    }

    static void seconds(double seconds) {
        try {
            Thread.sleep(Duration.ofNanos((long) (seconds * 1e9)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", "");
        }
    }
}
