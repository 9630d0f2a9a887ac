// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

/** Lines on standard error that tell a waiting person what is done. */
final class Progress {
    private final long started = System.nanoTime();

    void say(String line) {
        System.err.printf("[%6.1f s] %s%n", seconds(), line);
    }

    double seconds() {
        return (System.nanoTime() - started) / 1e9;
    }
}
