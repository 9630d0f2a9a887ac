// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

/**
 * Where the two processors are. In a virtual machine they may share a cache at one time and be far apart at another, which makes
 * all that passes between them several times slower; nothing tells, but a cache line that is bounced does. One thread.
 */
final class Placement {
    private final LineBounce line;

    Placement(Cores cores) {
        line = new LineBounce(cores, false);
        line.run(); // compiles it
    }

    /** {@return what a bare cache line takes there and back now, in nanoseconds} */
    double lineNanos() {
        return line.probe();
    }
}
