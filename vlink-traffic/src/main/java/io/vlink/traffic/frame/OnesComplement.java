// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

/**
 * The Internet checksum (RFC 1071) over little-endian words. The sum is the same whichever way bytes are swapped, as long as
 * all words and the result are (section 2(B) there), so nothing has to be swapped on the way.
 */
final class OnesComplement {
    private static final long LOW_HALF = 0xffff_ffffL;

    private OnesComplement() {
    }

    /**
     * What a 64-bit word adds to a running sum; 2^31 of them fit before it overflows.
     *
     * @param word eight bytes, the first in the lowest
     * @return the word's two halves, added
     */
    static long ofWord(long word) {
        return (word & LOW_HALF) + (word >>> 32);
    }

    /**
     * Folds a running sum to 16 bits.
     *
     * @param sum not negative
     * @return 0 to 65535
     */
    static int fold(long sum) {
        long s = (sum & LOW_HALF) + (sum >>> 32);
        s = (s & 0xffff) + (s >>> 16);
        s = (s & 0xffff) + (s >>> 16);
        return (int) ((s & 0xffff) + (s >>> 16));
    }

    /**
     * The checksum field of a UDP packet; zero would mean "none", so it is sent as all ones (RFC 768).
     *
     * @param sum running sum of everything but the checksum itself
     * @return 1 to 65535
     */
    static int udpField(long sum) {
        int field = ~fold(sum) & 0xffff;
        return field == 0 ? 0xffff : field;
    }

    /**
     * The sum of an array's bytes, an odd last one padded with zero.
     *
     * @param bytes bytes in transmission order
     * @param from  first index
     * @param to    index after the last
     * @return running sum
     */
    static long ofBytes(byte[] bytes, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += (long) (bytes[i] & 0xff) << (((i - from) & 1) * 8);
        }
        return sum;
    }
}
