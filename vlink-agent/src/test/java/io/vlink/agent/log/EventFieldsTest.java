// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class EventFieldsTest {
    @Test
    void keepsALineThatIsNoEvent() {
        assertThat(EventFields.parse("device client connected: domain=a")).containsExactly(
                entry("message", "device client connected: domain=a"));
    }

    @Test
    void takesPairsApart() {
        assertThat(EventFields.parse("event=domain_gone vm_domain=vm1 links=a,b held=\"link=a pid=2\" last="))
                .containsExactly(
                        entry("event", "domain_gone"), entry("vm_domain", "vm1"), entry("links", "a,b"),
                        entry("held", "link=a pid=2"), entry("last", ""));
    }

    @Test
    void takesTheRestOfTheLineAsTheError() {
        assertThat(EventFields.parse("event=x pid=1 error=bind failed: path=/a b: do c")).containsExactly(
                entry("event", "x"), entry("pid", "1"), entry("error", "bind failed: path=/a b: do c"));
    }

    @Test
    void letsNoArgumentPassForAField() {
        assertThat(EventFields.parse("event={} path={} pid={} held={} error=bind failed: {}: {}", "x",
                Path.of("/a b/c=d e"), 1, "\"link=a pid=2\"", "no=1", null)).containsExactly(entry("event", "x"),
                        entry("path", "/a b/c=d e"), entry("pid", "1"), entry("held", "link=a pid=2"),
                        entry("error", "bind failed: no=1: null"));
        assertThat(EventFields.parse("event=x path={} error={}", "{}", "two")).containsExactly(entry("event", "x"),
                entry("path", "{}"), entry("error", "two"));
        assertThat(EventFields.parse("a b={}", "c d")).containsExactly(entry("message", "a b=c d"));
    }

    @Test
    void losesNothingOfAMalformedLine() {
        assertThat(EventFields.parse("event=x stray words a=b")).containsExactly(entry("event", "x"),
                entry("message", "stray words a=b"));
        assertThat(EventFields.parse("event=x a=\"open")).containsExactly(entry("event", "x"), entry("a", "\"open"));
    }

    @Test
    void keepsWhatAPeerSentOnOneLine() {
        assertThat(EventFields.oneLine("a\nevent=forged\u001b[0m")).isEqualTo("a event=forged [0m");
    }
}
