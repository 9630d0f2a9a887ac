// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Any file is read or refused with its line and column, and what was read means the same once it is written again. */
class LinkConfigFuzzTest {
    @FuzzTest(maxDuration = "1m")
    void readsOrRefuses(byte[] file) {
        LinkConfig config;
        try {
            config = LinkConfig.parse("link.config", file);
        } catch (LinkConfigException refusal) {
            assertThat(refusal.problems()).isNotEmpty();
            for (String line : refusal.getMessage().split("\n", -1)) {
                assertThat(line).matches("(?s)link\\.config:[0-9]+:[0-9]+: .*");
                assertThat(line.chars()).noneMatch(Character::isISOControl);
            }
            return;
        }
        assertThat(config.links()).hasSizeBetween(1, 16);
        assertThat(config.channels()).isBetween(2, 64);
        assertThat(LinkConfig.parseLines("again", config.toLines())).isEqualTo(config);
    }
}
