// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.pci.Limits;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What a line of {@code link.config} may say after its three fields, as {@code key=number}. */
enum LinkOption {
    /** Descriptors in each ring. */
    QUEUE_SIZE("queue_size", Limits.DEFAULT_QUEUE_SIZE, 1_024),
    /** Largest payload of a frame, in bytes. */
    MTU("mtu", Limits.DEFAULT_MTU, 9_000);

    private final String key;
    private final int unsaid;
    private final int example;

    LinkOption(String key, int unsaid, int example) {
        this.key = key;
        this.unsaid = unsaid;
        this.example = example;
    }

    /**
     * The option of a key.
     *
     * @param key as in the file
     * @return the option, or null if there is none
     */
    static LinkOption of(String key) {
        return Arrays.stream(values()).filter(option -> option.key.equals(key)).findFirst().orElse(null);
    }

    /** {@return all keys, for messages} */
    static String keys() {
        return Arrays.stream(values()).map(LinkOption::key).collect(Collectors.joining(", "));
    }

    /** {@return the key in the file} */
    String key() {
        return key;
    }

    /** {@return what holds when a line does not say} */
    int unsaid() {
        return unsaid;
    }

    /** {@return a right value, for messages} */
    String example() {
        return Integer.toString(example);
    }

    /**
     * Checks a value.
     *
     * @param value from the file
     * @return the same number
     * @throws IllegalArgumentException if it breaks the option's rule, which the message names
     */
    int check(int value) {
        return switch (this) {
            case QUEUE_SIZE -> RingLayout.checkQueueSize(value);
            case MTU -> LinkDefinition.checkMtu(value);
        };
    }
}
