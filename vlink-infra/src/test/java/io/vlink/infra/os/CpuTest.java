// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Real pinning, on threads that end with their test. */
class CpuTest {
    @Test
    void rejectsProcessorsThatAreNotAllowedAndListsTheOthers() {
        for (int core : new int[]{-1, 100_000, Cpu.allowed().length()}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Cpu.pin(core)).withMessageContaining("lcore=" + core)
                    .withMessageContaining("allowed=" + Cpu.allowed());
        }
    }

    @Test
    void rejectsVirtualThreads() {
        assertThatThrownBy(() -> {
            CompletableFuture<Void> result = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    Cpu.pin(Cpu.allowed().nextSetBit(0));
                    result.complete(null);
                } catch (RuntimeException failure) {
                    result.completeExceptionally(failure);
                }
            });
            result.get();
        }).hasRootCauseInstanceOf(IllegalStateException.class).hasStackTraceContaining("virtual thread");
    }

    @Test
    void tiesTheCallingThreadAndNoOther() throws Exception {
        int before = Cpu.count();
        int last = Cpu.allowed().length() - 1;
        CompletableFuture<Integer> ranOn = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            Cpu.pin(last);
            ranOn.complete(Cpu.current());
        });
        thread.start();
        assertThat(ranOn.get()).isEqualTo(last);
        thread.join();
        assertThat(Cpu.count()).isEqualTo(before).isEqualTo(Cpu.allowed().cardinality());
    }
}
