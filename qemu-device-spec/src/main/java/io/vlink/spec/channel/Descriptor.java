// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

/**
 * A descriptor: 16 bytes, two aligned little-endian words (SPEC.md section 8). The second word is called the descriptor's
 * <em>meta</em> word.
 *
 * <pre>
 * 0x0 address     u64  bus address of the first byte
 * 0x8 length      u32  bytes
 * 0xc flags       u16  bit 0: MORE; the others are zero
 * 0xe generation  u16  of the lending; the guest returns it unchanged
 * </pre>
 */
public final class Descriptor {
    /** Bytes of a descriptor. */
    public static final long BYTES = 16;
    /** Offset of the bus address, 8 bytes. */
    public static final long ADDRESS_OFFSET = 0x0;
    /** Offset of the meta word, 8 bytes: length, flags, generation. */
    public static final long META_OFFSET = 0x8;
    /** Lowest bit of the length in the meta word. */
    public static final int LENGTH_SHIFT = 0;
    /** Lowest bit of the flags in the meta word. */
    public static final int FLAGS_SHIFT = 32;
    /** Lowest bit of the generation in the meta word. */
    public static final int GENERATION_SHIFT = 48;
    /** Flag: the packet goes on in the next descriptor. */
    public static final int FLAG_MORE = 0x1;
    /** The generation's bits in the meta word. */
    public static final long GENERATION_MASK = 0xffffL << GENERATION_SHIFT;
    /** The flags that have a meaning. */
    public static final int FLAGS_KNOWN = FLAG_MORE;

    private Descriptor() {
    }

    /**
     * Builds a meta word.
     *
     * @param length     bytes, unsigned 32 bits
     * @param flags      16 bits
     * @param generation 16 bits
     * @return the meta word
     */
    public static long meta(int length, int flags, int generation) {
        return (length & 0xffff_ffffL) | (flags & 0xffffL) << FLAGS_SHIFT | (long) generation << GENERATION_SHIFT;
    }

    /**
     * The length of a meta word.
     *
     * @param meta a meta word
     * @return bytes; negative where a peer wrote 2^31 or more
     */
    public static int length(long meta) {
        return (int) meta;
    }

    /**
     * The flags of a meta word.
     *
     * @param meta a meta word
     * @return 0 to 65535
     */
    public static int flags(long meta) {
        return (int) (meta >>> FLAGS_SHIFT) & 0xffff;
    }

    /**
     * The generation of a meta word.
     *
     * @param meta a meta word
     * @return 0 to 65535
     */
    public static int generation(long meta) {
        return (int) (meta >>> GENERATION_SHIFT);
    }

    /**
     * A meta word without its generation: the length, if no flag is set, and more than any length if one is.
     *
     * @param meta a meta word
     * @return 48 bits, never negative
     */
    public static long lengthAndFlags(long meta) {
        return meta & ~GENERATION_MASK;
    }

    /**
     * A meta word with another length.
     *
     * @param meta   a meta word
     * @param length bytes
     * @return the changed word
     */
    public static long withLength(long meta, int length) {
        return (meta & ~0xffff_ffffL) | (length & 0xffff_ffffL);
    }
}
