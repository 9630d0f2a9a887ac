// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

/** Which way packets go. */
enum Flow {
    /** There and back. */
    ECHO("echo"),
    /** From the host to the guest. */
    TO_GUEST("host to guest"),
    /** From the guest to the host. */
    TO_HOST("guest to host");

    private final String label;

    Flow(String label) {
        this.label = label;
    }

    /** {@return its name in tables and JSON} */
    String label() {
        return label;
    }
}
