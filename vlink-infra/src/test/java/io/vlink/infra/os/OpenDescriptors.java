// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Whether something leaves descriptors open, as {@code /proc/self/fd} shows. */
public final class OpenDescriptors {
    private static final int REPETITIONS = 30;

    private OpenDescriptors() {
    }

    /** Runs it many times, and fails if each run left a descriptor. The JVM itself may open a few meanwhile. */
    public static void doNotGrowOver(Runnable action) {
        action.run();
        long before = count();
        for (int i = 0; i < REPETITIONS; i++) {
            action.run();
        }
        assertThat(count()).as("open descriptors after %d runs", REPETITIONS).isLessThan(before + REPETITIONS / 2);
    }

    private static long count() {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
