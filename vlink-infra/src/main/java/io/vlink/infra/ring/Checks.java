// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

/**
 * Whether descriptors and the ledger are checked. Always, but for the benchmark that measures what the checks cost: it starts
 * both sides with {@code -Dvlink.checks=off}. Then a faulty or hostile peer can do what it likes with this link's memory, so it
 * is for nothing else. A constant to the compiler.
 */
public final class Checks {
    /** Name of the system property. */
    public static final String PROPERTY = "vlink.checks";
    /** True unless the property is {@code off}. */
    public static final boolean ON = !"off".equals(System.getProperty(PROPERTY));

    private Checks() {
    }
}
