// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes as people write them. */
class MemorySizeTest {
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "G", "-1G", "1.5G", "1 G", "1GG", "0x10", "1Gi", "1iB", "0", "0M", "8589934592G",
            "9223372036854775808", "99999999999999999999", "\u0661G"})
    void rejectsWhatIsNoSize(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> MemorySize.parse(text))
                .withMessageContaining("size=" + text);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "4096B,4096", "64k,65536", "512M,536870912", "1G,1073741824", "1gb,1073741824",
            "2GiB,2147483648",
            "1T,1099511627776", "9223372036854775807,9223372036854775807"})
    void readsUnitsOf1024(String text, long bytes) {
        assertThat(MemorySize.parse(text)).isEqualTo(bytes);
    }

    @Test
    void formatsWithoutLosingAByte() {
        assertThat(MemorySize.format(0)).isEqualTo("0");
        assertThat(MemorySize.format(1_000)).isEqualTo("1000");
        assertThat(MemorySize.format(1_536L << 20)).isEqualTo("1536M");
        assertThat(MemorySize.format(1L << 30)).isEqualTo("1G");
        assertThat(MemorySize.format(1L << 52)).isEqualTo("4096T");
    }
}
