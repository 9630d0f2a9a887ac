// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import java.util.List;
import java.util.stream.Collectors;

/** A {@code link.config} that cannot be used. The message has one line for each problem, in file order. */
public final class LinkConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /**
     * All problems of a file.
     *
     * @param problems at least one, in file order
     */
    public LinkConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** {@return all problems in file order} */
    public List<Problem> problems() {
        return problems;
    }
}
