// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.translation;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Any table is refused or works, and any bus address comes back as an offset of its own page or as none. */
class AddressTranslationFuzzTest {
    private static final int MAX_PAGES = 16;

    @FuzzTest(maxDuration = "1m")
    void translatesOnlyWhatLiesInAPage(byte[] tableAndAddresses) {
        ByteBuffer script = ByteBuffer.wrap(tableAndAddresses).order(ByteOrder.LITTLE_ENDIAN);
        if (script.remaining() < 2) {
            return;
        }
        int pageShift = script.get();
        long[] table = new long[Math.min((script.get() & 0xff) % (MAX_PAGES + 1), script.remaining() / Long.BYTES)];
        for (int page = 0; page < table.length; page++) {
            table[page] = script.getLong();
        }
        AddressTranslation translation;
        try {
            translation = new AddressTranslation(table, pageShift);
        } catch (IllegalArgumentException refusal) {
            return;
        }
        while (script.remaining() >= Long.BYTES) {
            check(translation, table, pageShift, script.getLong());
        }
    }

    private static void check(AddressTranslation translation, long[] table, int pageShift, long address) {
        long offset = translation.toOffset(address);
        long expected = -1;
        for (int page = 0; page < table.length; page++) {
            if (address >= table[page] && address - table[page] < 1L << pageShift) {
                expected = ((long) page << pageShift) + address - table[page];
            }
        }
        assertThat(translation.isOffset(offset)).isEqualTo(expected >= 0);
        if (expected >= 0) {
            assertThat(offset).isEqualTo(expected);
            assertThat(translation.toBusAddress(offset)).isEqualTo(address);
        }
    }
}
