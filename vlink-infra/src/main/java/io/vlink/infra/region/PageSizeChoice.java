// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.region;

import java.util.Locale;

/** What pages a user wants a region to be made of. */
public enum PageSizeChoice {
    /** Pages of 1 GiB if enough of them are free and they fit the size, else pages of 2 MiB; never ordinary ones. */
    AUTO("auto"),
    /** Hugepages of 1 GiB. */
    HUGE_1G("1G"),
    /** Hugepages of 2 MiB. */
    HUGE_2M("2M"),
    /** Ordinary memory, {@code --no-huge}: slower, for development. */
    ORDINARY("ordinary");

    private final String text;

    PageSizeChoice(String text) {
        this.text = text;
    }

    /** How the command line writes it. */
    public String text() {
        return text;
    }

    /**
     * The choice that {@code auto}, {@code 1G} or {@code 2M} stands for, upper and lower case alike.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static PageSizeChoice parse(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "auto" -> AUTO;
            case "1g" -> HUGE_1G;
            case "2m" -> HUGE_2M;
            default -> throw new IllegalArgumentException("page size must be auto, 1G or 2M: page-size=" + text);
        };
    }
}
