// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class EndOfThreadTest {
    @Test
    void isAwaitedByACallerThatIsInterruptedWhichItLearnsAfterwards() {
        Thread caller = Thread.currentThread();
        Thread busy = Thread.ofPlatform().start(() -> {
            caller.interrupt();
            long end = System.nanoTime() + 50_000_000;
            while (System.nanoTime() - end < 0) {
                LockSupport.parkNanos(1_000_000);
            }
        });
        EndOfThread.await(busy);
        assertThat(busy.isAlive()).isFalse();
        assertThat(Thread.interrupted()).as("interrupted afterwards").isTrue();
    }
}
