// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Locale;

/** The ratios that are always reported, named as in the JSON, and what each must reach. */
enum Goal {
    // spotless:off
    //                  value  floor  label
    /** Rate over that of a vhost-user and virtio-user pair. */
    vhostUser          (4.0,   true,  "vlink / vhost-user pair"),
    /** Rate over that of a memif pair. */
    memif              (5.0,   true,  "vlink / memif pair"),
    /** Rate with every check over that with none. */
    checksOnOff        (0.90,  true,  "checks on / off"),
    /** Round trip of one packet over that of a bare cache line and its descriptor line. */
    oneInFlightToBounce(2.0,   false, "one packet / bare cache lines"),
    /** Cost of a packet over 16 links over that over one. */
    links16To1         (1.3,   false, "cost of a packet, 16 links / 1"),
    /** Rate in a real VM over that of its virtio-net device. */
    vmToVirtioNet      (10.0,  true,  "in a VM: vlink / virtio-net");
    // spotless:on

    private final double value;
    private final boolean floor;
    private final String label;

    Goal(double value, boolean floor, String label) {
        this.value = value;
        this.floor = floor;
        this.label = label;
    }

    double value() {
        return value;
    }

    /** {@return whether more is better} */
    boolean isFloor() {
        return floor;
    }

    String label() {
        return label;
    }

    boolean isReachedBy(double ratio) {
        return floor ? ratio >= value : ratio <= value;
    }

    /** {@return the goal in words, such as {@code at least 4.0}} */
    String text() {
        return String.format(Locale.ROOT, "%s %.2g", floor ? "at least" : "at most", value);
    }
}
