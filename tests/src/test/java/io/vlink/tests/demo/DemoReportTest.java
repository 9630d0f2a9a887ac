// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.map;

import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.LabException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoReportTest {
    private static final String RUN = "{'sent':9,'received':9,'lost':0,'corrupt':0,'duplicated':0,'reordered':0,"
            + "'law':{'holds':true},'links':[{'link':'tap123'},{'link':'tap124'}],'queues':4,'mpps':0.25,'seconds':1.5,"
            + "'rttNanos':{'p50':1500,'p99':2500}}";

    private static Map<String, Object> read(String json) {
        return JsonLine.read(json.replace('\'', '"'));
    }

    private static DemoReport report(String hostToGuest, String guestToHost) {
        return new DemoReport("tcg", "11.1", Map.of("pci", "cccc:2222"), Map.of("pages", 512L), read(hostToGuest),
                read(guestToHost));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'lost':0", "'corrupt':0", "'duplicated':0", "'reordered':0"})
    void oneBadPacketInEitherDirectionSpoilsIt(String count) {
        String bad = RUN.replace(count, count.replace('0', '1'));
        assertThat(report(bad, RUN).isPerfect()).isFalse();
        assertThat(report(RUN, bad).isPerfect()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"'law':{'holds':false}", "'law':null"})
    void countsThatDoNotAddUpSpoilIt(String law) {
        String bad = RUN.replace("'law':{'holds':true}", law);
        assertThat(report(bad, RUN).isPerfect()).isFalse();
        assertThat(report(RUN, bad).isPerfect()).isFalse();
    }

    @Test
    void nothingSentOrNotAllReceivedIsNoSuccess() {
        assertThat(report(RUN, RUN.replace(":9,", ":0,")).isPerfect()).isFalse();
        assertThat(report(RUN, RUN.replace("'received':9", "'received':8")).isPerfect()).isFalse();
    }

    @Test
    void aProgramWithoutAReportIsAnErrorWithItsStatus() {
        assertThatThrownBy(() -> DemoGuest.report("vlink-guest pktgen", 1, List.of("no such link"), ""))
                .isInstanceOf(LabException.class).hasMessageContaining("status=1");
    }

    @Test
    void tellsBothDirections() {
        DemoReport report = report(RUN, RUN.replace("9", "7"));
        assertThat(report.isPerfect()).isTrue();
        assertThat(report.toJson()).containsEntry("sent", 9L).containsEntry("accel", "tcg").containsKeys("received",
                "lost", "corrupt", "duplicated", "reordered", "qemu", "guest", "region", "rttNanos", "mpps", "seconds",
                "law");
        assertThat(report.toJson().get("guestToHost")).asInstanceOf(map(String.class, Object.class))
                .containsEntry("sent", 7L).containsEntry("received", 7L).containsEntry("lost", 0L)
                .containsEntry("links", 2L).containsEntry("channels", 4L).containsEntry("mpps", 0.25)
                .containsEntry("law", Map.of("holds", true));
        assertThat(report.toText()).contains("both ways", "sent 7", "2 links, 4 channels");
    }
}
