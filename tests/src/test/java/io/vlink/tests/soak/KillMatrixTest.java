// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The kill matrix once, with a guest that is a process; {@code bin/soak} does it for hours, and in a VM. */
class KillMatrixTest {
    @Test
    void everythingIsAsBeforeWhoeverWasKilled() {
        try (Lab lab = Lab.create()) {
            SoakScene scene = new SoakScene(lab, SoakScene.NO_MACHINE, "--no-huge", "--memory", "64M");
            for (Victim victim : Arrays.stream(Victim.values()).filter(one -> !one.needsVm()).toList()) {
                for (boolean fullRate : new boolean[]{false, true}) {
                    Strike strike = scene.strike(victim, fullRate);
                    System.out.println(strike);
                    assertThat(strike.packets()).isPositive();
                }
            }
        } catch (LabException e) {
            throw new AssertionError(e.getMessage() + "\n" + e.logs(), e);
        }
    }
}
