// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.qemu.RequiresQemu;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only a VM has to kill, at full rate; {@code bin/soak --vm} kills everything in turn, again and again. */
@RequiresQemu
class KillMatrixInAMachineTest {
    private static final long PAGES = 32;

    @Test
    void everythingIsAsBeforeWhicheverPartOfTheMachineWasKilled() {
        try (Lab lab = Lab.create()) {
            lab.keep(HugePageReservation.of(PAGES));
            SoakScene scene = new SoakScene(lab, "tcg", "--page-size", "2M", "--memory", "64M");
            for (Victim victim : List.of(Victim.GUEST_PROGRAM, Victim.GUEST_REBOOT, Victim.QEMU)) {
                Strike strike = scene.strike(victim, true);
                System.out.println(strike);
                assertThat(strike.packets()).isPositive();
            }
        } catch (LabException e) {
            throw new AssertionError(e.getMessage() + "\n" + e.logs(), e);
        }
    }
}
