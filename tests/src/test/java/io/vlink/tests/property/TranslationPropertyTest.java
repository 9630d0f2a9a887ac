// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.property;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.translation.AddressTranslation;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Translation over any table: pages in any order, with gaps, anywhere in the address space. */
class TranslationPropertyTest {
    // From SPEC.md section 4, on purpose not from the constants.
    private static final int MIN_SHIFT = 21;
    private static final int MAX_SHIFT = 30;
    private static final long NOWHERE = -1;

    /** A table that is right, and the slow way to look something up in it. */
    private static final class Table {
        private final long[] busAddress;
        private final int shift;

        Table(long[] busAddress, int shift) {
            this.busAddress = busAddress;
            this.shift = shift;
        }

        static Table draw(Draw draw) {
            int shift = draw.between(MIN_SHIFT, MAX_SHIFT);
            int pages = draw.between(1, 40);
            int[] places = draw.oneIn(4)
                    ? IntStream.range(0, pages).toArray()
                    : draw.distinct(pages, pages + draw.between(0, 60));
            long lastBase = (Long.MAX_VALUE >>> shift) - 100;
            long base = draw.oneIn(2) ? draw.between(0L, lastBase) : draw.between(0L, 4096L);
            long[] busAddress = new long[pages];
            for (int page = 0; page < pages; page++) {
                busAddress[page] = (base + places[page]) << shift;
            }
            return new Table(busAddress, shift);
        }

        long bytes() {
            return (long) busAddress.length << shift;
        }

        long offsetOf(long address) {
            for (int page = 0; page < busAddress.length; page++) {
                if (address >= busAddress[page] && address - busAddress[page] < 1L << shift) {
                    return ((long) page << shift) + address - busAddress[page];
                }
            }
            return NOWHERE;
        }
    }

    private static long offsetOf(AddressTranslation translation, long address) {
        long offset = translation.toOffset(address);
        return translation.isOffset(offset) ? offset : NOWHERE;
    }

    @Test
    void everyOffsetComesBackFromItsBusAddress() {
        Property.holds(2_000, draw -> {
            Table table = Table.draw(draw);
            AddressTranslation translation = new AddressTranslation(table.busAddress, table.shift);
            assertThat(translation.regionBytes()).isEqualTo(table.bytes());
            for (int i = 0; i < 50; i++) {
                long offset = draw.between(0L, table.bytes() - 1);
                long address = translation.toBusAddress(offset);
                assertThat(table.offsetOf(address)).isEqualTo(offset);
                assertThat(translation.toOffset(address)).isEqualTo(offset);
            }
        });
    }

    @Test
    void anyAddressIsWhereTheTableSaysOrUnmapped() {
        Property.holds(2_000, draw -> {
            Table table = Table.draw(draw);
            AddressTranslation translation = new AddressTranslation(table.busAddress, table.shift);
            for (int i = 0; i < 50; i++) {
                long address = draw.bits();
                assertThat(offsetOf(translation, address)).as("address=0x%x", address)
                        .isEqualTo(table.offsetOf(address));
            }
        });
    }

    @Test
    void theBytesAroundEveryPageEdgeAreToldApart() {
        Property.holds(500, draw -> {
            Table table = Table.draw(draw);
            AddressTranslation translation = new AddressTranslation(table.busAddress, table.shift);
            for (long page : table.busAddress) {
                for (long address : new long[]{page - 1, page, page + (1L << table.shift) - 1,
                        page + (1L << table.shift)}) {
                    assertThat(offsetOf(translation, address)).as("address=0x%x", address)
                            .isEqualTo(table.offsetOf(address));
                }
            }
        });
    }

    @Test
    void aTableWithACrookedARepeatedOrANegativeAddressIsRejected() {
        Property.holds(2_000, draw -> {
            Table table = Table.draw(draw);
            long[] bad = table.busAddress;
            int page = draw.between(0, bad.length - 1);
            int other = draw.between(0, bad.length - 1);
            if (draw.oneIn(2) && other != page) {
                bad[page] = bad[other];
            } else if (draw.oneIn(2)) {
                bad[page] += draw.between(1L, (1L << table.shift) - 1);
            } else {
                bad[page] |= Long.MIN_VALUE;
            }
            assertThatThrownBy(() -> new AddressTranslation(bad, table.shift))
                    .isInstanceOf(IllegalArgumentException.class);
        });
    }
}
