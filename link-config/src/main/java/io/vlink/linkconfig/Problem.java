// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import java.util.Comparator;

/**
 * One thing that is wrong with a {@code link.config}.
 *
 * @param file    name of the file, as the user gave it
 * @param line    from 1; also 1 when the whole file is meant
 * @param column  from 1, in characters (a tab is one); also 1 when the whole line or file is meant
 * @param message what is wrong, and what would be right; one line
 */
public record Problem(String file, int line, int column, String message) {
    static final Comparator<Problem> IN_FILE_ORDER = Comparator.comparingInt(Problem::line)
            .thenComparingInt(Problem::column);

    /** {@return {@code file:line:column: message}, which editors and terminals can follow} */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + message;
    }
}
