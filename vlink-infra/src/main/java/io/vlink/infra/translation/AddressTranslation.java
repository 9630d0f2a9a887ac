// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.translation;

import io.vlink.spec.pci.Limits;
import java.util.Arrays;

/**
 * Translates bus addresses to region offsets and back. Page {@code i} of the region stands at bus address
 * {@code table[i]}; pages may stand in any order, with gaps. Immutable.
 */
public final class AddressTranslation {
    /** All pages of a region stand within this many pages of the lowest (SPEC.md section 4.2). */
    public static final long MAX_SPAN_PAGES = 1L << 20;

    private static final long NOWHERE = -1L;

    private final long[] busAddressOfPage;
    private final long[] offsetOfBusPage;
    private final long lowestBusAddress;
    private final long spanBytes;
    private final int pageShift;
    private final long pageMask;
    private final long regionBytes;
    /** Whether bus addresses are offsets: then the table need not be looked at. */
    private final boolean identity;

    /**
     * Builds both directions from the device's table.
     *
     * @param busAddressOfPage bus address of each page of the region, in region order
     * @param pageShift        log2 of the page size
     * @throws IllegalArgumentException if an address is not page-aligned or negative, two pages overlap, or they stand too
     *                                  far apart
     */
    public AddressTranslation(long[] busAddressOfPage, int pageShift) {
        if (pageShift < Limits.MIN_PAGE_SHIFT || pageShift > Limits.MAX_PAGE_SHIFT) {
            throw new IllegalArgumentException("page_shift must be " + Limits.MIN_PAGE_SHIFT + " to "
                    + Limits.MAX_PAGE_SHIFT + ": page_shift=" + pageShift);
        }
        if (busAddressOfPage.length < 1 || busAddressOfPage.length > Limits.MAX_PAGES) {
            throw new IllegalArgumentException(
                    "pages must be 1 to " + Limits.MAX_PAGES + ": pages=" + busAddressOfPage.length);
        }
        this.busAddressOfPage = busAddressOfPage.clone();
        this.pageShift = pageShift;
        this.pageMask = (1L << pageShift) - 1;
        this.regionBytes = (long) busAddressOfPage.length << pageShift;
        long[] sorted = busAddressOfPage.clone();
        Arrays.sort(sorted);
        this.lowestBusAddress = sorted[0];
        this.offsetOfBusPage = invert(sorted[sorted.length - 1]);
        this.spanBytes = (long) offsetOfBusPage.length << pageShift;
        this.identity = areOffsets();
    }

    private boolean areOffsets() {
        for (int page = 0; page < busAddressOfPage.length; page++) {
            if (busAddressOfPage[page] != (long) page << pageShift) {
                return false;
            }
        }
        return true;
    }

    private long[] invert(long highest) {
        long spanPages = ((highest - lowestBusAddress) >>> pageShift) + 1;
        if (lowestBusAddress < 0 || spanPages > MAX_SPAN_PAGES) {
            throw new IllegalArgumentException("pages must stand within " + MAX_SPAN_PAGES
                    + " pages of the lowest: lowest=0x" + Long.toHexString(lowestBusAddress) + " highest=0x"
                    + Long.toHexString(highest));
        }
        long[] offsets = new long[(int) spanPages];
        Arrays.fill(offsets, NOWHERE);
        for (int page = 0; page < busAddressOfPage.length; page++) {
            long address = busAddressOfPage[page];
            int slot = (int) ((address - lowestBusAddress) >>> pageShift);
            if ((address & pageMask) != 0 || offsets[slot] != NOWHERE) {
                throw new IllegalArgumentException("bus addresses must be page-aligned and distinct: page=" + page
                        + " bus_address=0x" + Long.toHexString(address));
            }
            offsets[slot] = (long) page << pageShift;
        }
        return offsets;
    }

    /**
     * The region offset of a bus address. An address that is in no page gives a number that is no offset: whoever uses the
     * result checks it against the region, or against a part of it, anyway.
     *
     * @param busAddress any 64 bits, from a peer
     * @return 0 to {@link #regionBytes} - 1; any other number for an address that is in no page
     */
    public long toOffset(long busAddress) {
        if (identity) {
            return busAddress;
        }
        long distance = busAddress - lowestBusAddress;
        if (Long.compareUnsigned(distance, spanBytes) >= 0) {
            return NOWHERE;
        }
        long pageOffset = offsetOfBusPage[(int) (distance >>> pageShift)];
        return pageOffset < 0 ? NOWHERE : pageOffset + (distance & pageMask);
    }

    /**
     * The bus address of a region offset.
     *
     * @param offset 0 to {@link #regionBytes} - 1
     * @return the bus address; of an offset outside the region, an address in no page
     * @throws ArrayIndexOutOfBoundsException for an offset outside the region, unless {@link #isIdentity}
     */
    public long toBusAddress(long offset) {
        if (identity) {
            return offset;
        }
        return busAddressOfPage[(int) (offset >>> pageShift)] + (offset & pageMask);
    }

    /** {@return whether bus addresses are offsets, so that nothing needs to be translated} */
    public boolean isIdentity() {
        return identity;
    }

    /**
     * Whether a number is an offset of the region.
     *
     * @param offset any number, such as {@link #toOffset} returns
     * @return true from 0 to {@link #regionBytes} - 1
     */
    public boolean isOffset(long offset) {
        return Long.compareUnsigned(offset, regionBytes) < 0;
    }

    /** {@return bytes of the region that the table describes} */
    public long regionBytes() {
        return regionBytes;
    }

    /** {@return log2 of the page size} */
    public int pageShift() {
        return pageShift;
    }

    /** {@return pages in the table} */
    public int pageCount() {
        return busAddressOfPage.length;
    }
}
