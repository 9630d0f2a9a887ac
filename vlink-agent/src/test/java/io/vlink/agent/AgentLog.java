// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What the agent's classes log from here on until it is closed, instead of on the console. Of a JVM one test at a time. */
public final class AgentLog implements AutoCloseable {
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.vlink.agent");
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();
    private final long start = System.nanoTime();

    public AgentLog() {
        events.start();
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(events);
    }

    /** The lines so far. */
    public List<String> lines() {
        return events.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    /** How many minutes have begun. */
    public int minutes() {
        return 1 + (int) ((System.nanoTime() - start) / MINUTE_NANOS);
    }

    /** How often something happened, by the log: the lines of it, and those that it says it left out of {@code whose}. */
    public long told(String event, String whose) {
        String leftOut = "event=log_lines_left_out " + whose + " like=" + event + " lines=";
        return lines().stream().mapToLong(line -> line.startsWith(leftOut)
                ? Long.parseLong(line.substring(leftOut.length()))
                : line.startsWith("event=" + event + " ") ? 1 : 0).sum();
    }

    @Override
    public void close() {
        logger.detachAppender(events);
        logger.setAdditive(true);
        logger.setLevel(null);
    }
}
