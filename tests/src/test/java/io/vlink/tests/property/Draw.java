// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.property;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Random inputs, drawn so that the edges come up often. The same seed gives the same inputs. One thread. */
public final class Draw {
    private static final long[] EDGES = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 1L << 31, 0xffff_ffffL};

    private final SplittableRandom random;

    Draw(long seed) {
        random = new SplittableRandom(seed);
    }

    /**
     * An integer.
     *
     * @param from first possible
     * @param to   last possible
     * @return one of them
     */
    public int between(int from, int to) {
        return (int) between((long) from, (long) to);
    }

    /**
     * A long integer; each end comes up in one of eight draws.
     *
     * @param from first possible
     * @param to   last possible, less than the greatest long
     * @return one of them
     */
    public long between(long from, long to) {
        return switch (random.nextInt(8)) {
            case 0 -> from;
            case 1 -> to;
            default -> random.nextLong(from, to + 1);
        };
    }

    /**
     * True in one of so many draws.
     *
     * @param many draws
     * @return true or false
     */
    public boolean oneIn(int many) {
        return random.nextInt(many) == 0;
    }

    /** {@return any 64 bits: an edge, a power of two, or neither; often give or take a few} */
    public long bits() {
        long around = switch (random.nextInt(3)) {
            case 0 -> EDGES[random.nextInt(EDGES.length)];
            case 1 -> 1L << random.nextInt(64);
            default -> random.nextLong();
        };
        return random.nextBoolean() ? around : around + random.nextInt(-20, 21);
    }

    /**
     * Something near a value, or anything at all.
     *
     * @param value the value
     * @param reach how near
     * @return 64 bits
     */
    public long near(long value, int reach) {
        return oneIn(3) ? bits() : value + random.nextInt(-reach, reach + 1);
    }

    /**
     * Distinct numbers in any order.
     *
     * @param count how many
     * @param below each is from 0 to this, exclusive; at least count
     * @return the numbers
     */
    public int[] distinct(int count, int below) {
        int[] all = new int[below];
        for (int i = 0; i < below; i++) {
            int other = random.nextInt(i + 1);
            all[i] = all[other];
            all[other] = i;
        }
        return Arrays.copyOf(all, count);
    }
}
