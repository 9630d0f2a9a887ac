// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.limits;

import io.vlink.infra.command.LineQuota;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many lines of log somebody may cause: of each kind {@value LineQuota#LINES} a minute. The rest are counted, and one line
 * says how many they were before the next of that kind, and at the end. For any thread.
 */
public final class LineLimit implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LineLimit.class);

    private final String who;
    private final String limitReached;
    private final String linesLeftOut;
    private final LongSupplier clock;
    /** By format: there are as many as places that log. Guarded by this. */
    private final Map<String, LineQuota> kinds = new HashMap<>();

    /**
     * A limit of somebody who has caused no line yet.
     *
     * @param field the name that log lines have for such
     * @param who   who it is
     */
    public LineLimit(String field, String who) {
        this(field, who, System::nanoTime);
    }

    LineLimit(String field, String who, LongSupplier clock) {
        this.who = who;
        this.limitReached = "event=log_limit_reached " + field + "={} like={} lines={} seconds={}";
        this.linesLeftOut = "event=log_lines_left_out " + field + "={} like={} lines={}";
        this.clock = clock;
    }

    /**
     * Logs what is nobody's fault.
     *
     * @param log       where
     * @param format    of the line, a constant that begins with its event; lines of one format are of one kind
     * @param arguments of the format
     */
    public void info(Logger log, String format, Object... arguments) {
        if (isToLog(format)) {
            log.info(format, arguments);
        }
    }

    /**
     * Logs what somebody did wrong.
     *
     * @param log       where
     * @param format    of the line, as above
     * @param arguments of the format
     */
    public void warn(Logger log, String format, Object... arguments) {
        if (isToLog(format)) {
            log.warn(format, arguments);
        }
    }

    /**
     * Logs what went wrong here.
     *
     * @param log       where
     * @param format    of the line, as above
     * @param arguments of the format, and what was thrown
     */
    public void error(Logger log, String format, Object... arguments) {
        if (isToLog(format)) {
            log.error(format, arguments);
        }
    }

    private boolean isToLog(String format) {
        LineQuota.Verdict verdict = verdict(format, clock.getAsLong());
        sayLeftOut(format, verdict.leftOut());
        if (verdict.firstLeftOut()) {
            LOG.warn(limitReached, who, event(format), LineQuota.LINES, LineQuota.SECONDS);
        }
        return verdict.told();
    }

    private synchronized LineQuota.Verdict verdict(String format, long nowNanos) {
        return kinds.computeIfAbsent(format, kind -> new LineQuota()).take(nowNanos);
    }

    /** Says how many lines were left out that nothing has told of yet. */
    @Override
    public void close() {
        Map<String, Long> counts = new TreeMap<>();
        synchronized (this) {
            kinds.forEach((format, kind) -> counts.put(format, kind.takeLeftOut()));
        }
        counts.forEach(this::sayLeftOut);
    }

    private void sayLeftOut(String format, long lines) {
        if (lines > 0) {
            LOG.warn(linesLeftOut, who, event(format), lines);
        }
    }

    private static String event(String format) {
        int end = format.indexOf(' ');
        return format.substring(format.indexOf('=') + 1, end < 0 ? format.length() : end);
    }
}
