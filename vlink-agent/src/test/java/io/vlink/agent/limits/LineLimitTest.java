// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.limits;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vlink.infra.command.LineQuota;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LineLimitTest {
    private static final String LEFT_OUT = "event=log_lines_left_out vm_domain=testvm1 like=bang lines=";

    private final Logger log = (Logger) LoggerFactory.getLogger(LineLimit.class);
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();
    private long nanos = -1;
    private final LineLimit limit = new LineLimit("vm_domain", "testvm1", () -> nanos);

    @BeforeEach
    void listen() {
        events.start();
        log.setLevel(Level.INFO);
        log.setAdditive(false);
        log.addAppender(events);
    }

    @AfterEach
    void hushAgain() {
        log.detachAppender(events);
        log.setAdditive(true);
        log.setLevel(null);
    }

    private void bang(int times) {
        for (int i = 0; i < times; i++) {
            limit.info(log, "event=bang number={}", i);
        }
    }

    private List<String> lines() {
        return events.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Test
    void logsSoManyLinesAMinuteAndSaysBeforeTheNextHowManyItLeftOut() {
        bang(1_000);
        assertThat(lines()).hasSize(LineQuota.LINES + 1).startsWith("event=bang number=0")
                .endsWith("event=log_limit_reached vm_domain=testvm1 like=bang lines=20 seconds=60");

        nanos += TimeUnit.MINUTES.toNanos(1);
        bang(1);
        assertThat(lines()).hasSize(LineQuota.LINES + 3).endsWith(LEFT_OUT + "980", "event=bang number=0");
    }

    @Test
    void saysAtTheEndOnceWhatNothingHasToldOf() {
        bang(LineQuota.LINES + 7);
        limit.close();
        limit.close();
        assertThat(lines()).hasSize(LineQuota.LINES + 2).endsWith(LEFT_OUT + "7");
    }

    @Test
    void aKindOfWhichThereAreTooManyHidesNoOther() {
        bang(1_000);
        limit.warn(log, "event=whisper");
        limit.error(log, "event=cry error={}", "none", new IllegalStateException("with its stack"));
        assertThat(lines()).endsWith("event=whisper", "event=cry error=none");
        assertThat(events.list.getLast().getThrowableProxy().getMessage()).isEqualTo("with its stack");
    }
}
