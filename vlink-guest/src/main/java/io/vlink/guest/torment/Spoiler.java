// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.GuestDevice;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;

/** Makes one bad descriptor after the other: the class of fault is the attack's, the values are drawn. One thread. */
final class Spoiler {
    private static final int GOOD_LENGTH = 64;

    private final AddressTranslation translation;
    private final int bufferBytes;
    private final int maxFrameBytes;
    private final int longestChain;
    private int chained;
    /** The descriptor's bus address. */
    private long address;
    /** The descriptor's meta word. */
    private long meta;

    /**
     * A maker of descriptors for a link.
     *
     * @param device its device
     * @param link   the link
     */
    Spoiler(GuestDevice device, RawLink link) {
        this.translation = device.translation();
        this.bufferBytes = link.bufferBytes();
        this.maxFrameBytes = link.maxFrameBytes();
        this.longestChain = Math.ceilDiv(maxFrameBytes, bufferBytes);
    }

    /** {@return the bus address of the last one made} */
    long address() {
        return address;
    }

    /** {@return the meta word of the last one made} */
    long meta() {
        return meta;
    }

    /** Makes a descriptor as the contract wants it, of something that was lent and not yet returned; false if there is none. */
    boolean good(RawChannel channel) {
        Loot loot = channel.loot();
        if (loot.size() == 0) {
            return false;
        }
        int last = loot.takeLast();
        address = loot.address(last);
        meta = Descriptor.meta(GOOD_LENGTH, 0, Descriptor.generation(loot.meta(last)));
        return true;
    }

    /**
     * Makes a bad descriptor.
     *
     * @param attack  the fault
     * @param channel where it will be returned
     * @param other   another channel of the link, or the same
     * @param draws   where values come from
     */
    void spoil(Attack attack, RawChannel channel, RawChannel other, Draws draws) {
        pick(channel.loot(), draws);
        switch (attack) {
            case ADDRESS_RANDOM -> address = draws.next();
            case ADDRESS_OUTSIDE -> address = outside(draws);
            case ADDRESS_WRAP -> wrap(draws);
            case ADDRESS_CROSSING ->
                address = (address & -bufferBytes) + bufferBytes - 1 - draws.below(GOOD_LENGTH - 1);
            case BUFFER_OF_OTHERS -> address = translation.toBusAddress(draws.below((int) (translation.regionBytes()
                    / bufferBytes)) * (long) bufferBytes);
            case NEVER_LENT -> address += (draws.below(16) - 8) * (long) bufferBytes;
            case RETURNED_TWICE -> pickFirst(channel.loot());
            case STALE_GENERATION -> regenerate((int) draws.oneOf(-1, 1, 0x7fff, 0x8000, draws.next() | 1));
            case DEAD_EPOCH -> pick(channel.deadLoot(), draws);
            case OTHER_CHANNEL -> pick(other.loot(), draws);
            case LENGTH_ZERO -> zeroLength(draws);
            case LENGTH_SHORT -> length(1 + draws.below(13));
            case LENGTH_LONG -> length((int) draws.oneOf(bufferBytes + 1, maxFrameBytes + 1, 0x7fff_ffff, 0x8000_0000,
                    -1, -14, draws.next() | 0x1_0000));
            case UNKNOWN_FLAGS -> flags((int) (draws.oneIn(2) ? 2 << draws.below(15) : draws.next() | 2));
            case MORE_ALONE, CHAIN_ENDLESS -> flags(Descriptor.FLAG_MORE);
            case CHAIN_LONG -> chain(longestChain + 1 + draws.below(4));
            case CHAIN_SHORT -> {
                length(draws.below(3));
                chain(1 + longestChain);
            }
            default -> {
                address = draws.next();
                meta = draws.next();
            }
        }
    }

    /** Something that was lent, now or earlier, with a good length; without any, a place in the region. */
    private void pick(Loot loot, Draws draws) {
        if (loot.size() == 0) {
            address = translation.toBusAddress(draws.below(1 << 10) * (long) bufferBytes);
            meta = Descriptor.meta(GOOD_LENGTH, 0, 0);
            return;
        }
        int index = draws.below(loot.size());
        address = loot.address(index);
        meta = Descriptor.withLength(loot.meta(index), GOOD_LENGTH);
    }

    private void pickFirst(Loot loot) {
        if (loot.size() > 0) {
            address = loot.address(0);
            meta = Descriptor.withLength(loot.meta(0), GOOD_LENGTH);
        }
    }

    private long outside(Draws draws) {
        int pages = translation.pageCount();
        long pageBytes = 1L << translation.pageShift();
        long page = translation.toBusAddress(draws.below(pages) * pageBytes);
        long end = translation.toBusAddress(translation.regionBytes() - pageBytes) + pageBytes;
        return draws.oneOf(page - 1 - draws.below(bufferBytes), page + pageBytes + draws.below(bufferBytes), end,
                end + draws.below(1 << 20), end - 1, 0, -1, -pageBytes, (draws.next() >>> 1) | (1L << 62));
    }

    private void wrap(Draws draws) {
        long length = draws.oneOf(GOOD_LENGTH, bufferBytes, 0xffff_ffffL, 0x8000_0000L);
        long edge = draws.oneOf(0, Long.MIN_VALUE, 1L << 32, 1L << 31);
        address = edge - draws.below(bufferBytes);
        if (draws.oneIn(4)) {
            // Inside the region, if only the low 32 bits are looked at.
            address = translation.toBusAddress(draws.below(1 << 10) * (long) bufferBytes)
                    + ((1L + draws.below(7)) << 32);
        }
        length((int) length);
    }

    private void zeroLength(Draws draws) {
        if (draws.oneIn(2)) {
            address = draws.next();
        }
        length(0);
    }

    private void length(int bytes) {
        meta = Descriptor.withLength(meta, bytes);
    }

    private void flags(int flags) {
        meta = Descriptor.meta(Descriptor.length(meta), flags, Descriptor.generation(meta));
    }

    private void regenerate(int difference) {
        meta = Descriptor.meta(GOOD_LENGTH, 0, Descriptor.generation(meta) + difference);
    }

    /** MORE on all descriptors but the last of so many. */
    private void chain(int descriptors) {
        chained++;
        if (chained < descriptors) {
            flags(Descriptor.FLAG_MORE);
        } else {
            chained = 0;
        }
    }
}
