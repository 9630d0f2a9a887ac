// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    private final Resources before = resources(5, 8, "agent.lock");

    @Test
    void aSocketMoreIsALeak() {
        assertThat(resources(6, 8, "agent.lock").isWithoutMoreThan(before)).isFalse();
    }

    @Test
    void memoryOrAFileMoreOrLessIsALeak() {
        assertThat(resources(5, 9, "agent.lock").isWithoutMoreThan(before)).isFalse();
        assertThat(resources(5, 7, "agent.lock").isWithoutMoreThan(before)).isFalse();
        assertThat(resources(5, 8, "agent.lock", "core").isWithoutMoreThan(before)).isFalse();
        assertThat(resources(5, 8).isWithoutMoreThan(before)).isFalse();
    }

    @Test
    void aKindThatWasNotThereIsALeak() {
        Resources now = resources(5, 8, "agent.lock");
        now.agent().put("eventfd", 1L);
        assertThat(now.isWithoutMoreThan(before)).isFalse();
    }

    @Test
    void theSameOrASocketLessIsNone() {
        assertThat(resources(5, 8, "agent.lock").isWithoutMoreThan(before)).isTrue();
        assertThat(resources(4, 8, "agent.lock").isWithoutMoreThan(before)).isTrue();
    }

    private static Resources resources(long sockets, long memory, String... files) {
        return new Resources(new TreeMap<>(Map.of("socket", 7L, "memory", 3L)),
                new TreeMap<>(Map.of("socket", sockets, "memory", memory)), new TreeSet<>(List.of(files)));
    }
}
