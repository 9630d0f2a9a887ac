// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import java.util.concurrent.TimeUnit;

/**
 * How many lines of one kind somebody else may cause in a log or on a terminal: {@value #LINES} in {@value #SECONDS} seconds. The
 * rest are counted, to be told of later. One thread, or under the caller's lock.
 */
public final class LineQuota {
    /** Lines in one window. */
    public static final int LINES = 20;
    /** Length of a window. */
    public static final int SECONDS = 60;

    private boolean begun;
    private long startNanos;
    private int told;
    private long leftOut;

    /**
     * What is to become of a line.
     *
     * @param told         whether it is to be told
     * @param firstLeftOut whether it is the first of its window that is not, of which a line of its own should tell
     * @param leftOut      how many of an earlier window were not, to be told first
     */
    public record Verdict(boolean told, boolean firstLeftOut, long leftOut) {
    }

    /** A quota of which nothing is used. */
    public LineQuota() {
    }

    /**
     * Asks for one line.
     *
     * @param nowNanos the time, as of {@link System#nanoTime}
     * @return what is to become of it
     */
    public Verdict take(long nowNanos) {
        long before = 0;
        if (!begun || nowNanos - startNanos >= TimeUnit.SECONDS.toNanos(SECONDS)) {
            before = takeLeftOut();
            begun = true;
            startNanos = nowNanos;
            told = 0;
        }
        if (told == LINES) {
            leftOut++;
            return new Verdict(false, leftOut == 1, before);
        }
        told++;
        return new Verdict(true, false, before);
    }

    /**
     * Lines of a window that is over, for who wants to tell of them before the next one comes.
     *
     * @param nowNanos the time, as of {@link System#nanoTime}
     * @return how many were left out; 0 while the window lasts
     */
    public long takeOverdue(long nowNanos) {
        return begun && nowNanos - startNanos >= TimeUnit.SECONDS.toNanos(SECONDS) ? takeLeftOut() : 0;
    }

    /** {@return lines that were left out and nothing has told of yet; from now on they count as told} */
    public long takeLeftOut() {
        long count = leftOut;
        leftOut = 0;
        return count;
    }
}
