// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import io.vlink.infra.os.Cpu;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The processors that workers are pinned to, one worker each, as {@code --lcores} or {@code --pmd-cpu-mask} names them.
 * Immutable.
 *
 * @param cores numbers as Linux counts them, none twice; empty for one worker that is not pinned
 */
public record Lcores(List<Integer> cores) {
    /** One worker, on whichever processor the kernel chooses. */
    public static final Lcores ANY = new Lcores(List.of());

    /** Linux cannot be built for more processors than this. */
    private static final int CORES = 8_192;
    private static final Pattern PART = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");
    private static final Pattern MASK = Pattern.compile("(?:0[xX])?([0-9a-fA-F]{1,2048})");
    private static final int HEX = 16;

    /** A copy of the list. */
    public Lcores {
        cores = List.copyOf(cores);
    }

    /**
     * Reads a list of processors, and makes sure that they are there.
     *
     * @param text numbers and ranges, such as {@code 0,2-3}
     * @return in the order of the text
     * @throws IllegalArgumentException one line: not a list, a processor twice, or one that this process may not use
     */
    public static Lcores ofList(String text) {
        List<Integer> cores = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher matcher = PART.matcher(part);
            int first = matcher.matches() ? Integer.parseInt(matcher.group(1)) : CORES;
            int last = first < CORES && matcher.group(2) != null ? Integer.parseInt(matcher.group(2)) : first;
            if (last >= CORES || last < first) {
                throw new IllegalArgumentException("lcores must be numbers and ranges such as 0,2-3: lcores=" + text);
            }
            for (int core = first; core <= last; core++) {
                if (cores.contains(core)) {
                    throw new IllegalArgumentException(
                            "lcores must name each processor once: lcores=" + text + " lcore="
                                    + core);
                }
                cores.add(core);
            }
        }
        return checked(cores, "lcores=" + text);
    }

    /**
     * Reads a set of processors, and makes sure that they are there.
     *
     * @param text hexadecimal number, bit n for processor n, such as {@code 0x5}
     * @return in ascending order
     * @throws IllegalArgumentException one line: not a mask, an empty one, or a processor that this process may not use
     */
    public static Lcores ofMask(String text) {
        Matcher matcher = MASK.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "pmd-cpu-mask must be a hexadecimal number such as 0x5, bit n for lcore n:"
                            + " pmd-cpu-mask=" + text);
        }
        BigInteger mask = new BigInteger(matcher.group(1), HEX);
        if (mask.signum() == 0) {
            throw new IllegalArgumentException("pmd-cpu-mask must name a processor: pmd-cpu-mask=" + text
                    + ": 0x1 is processor 0");
        }
        List<Integer> cores = new ArrayList<>();
        for (int core = 0; core < mask.bitLength(); core++) {
            if (mask.testBit(core)) {
                cores.add(core);
            }
        }
        return checked(cores, "pmd-cpu-mask=" + text);
    }

    private static Lcores checked(List<Integer> cores, String option) {
        BitSet allowed = Cpu.allowed();
        for (int core : cores) {
            if (!allowed.get(core)) {
                throw new IllegalArgumentException("lcore must be one that this process may use: " + option + " lcore="
                        + core + " allowed=" + allowed);
            }
        }
        return new Lcores(cores);
    }

    /** {@return workers that these processors make: at least 1} */
    public int workers() {
        return Math.max(1, cores.size());
    }

    /**
     * What a worker is called, in messages and as a thread.
     *
     * @param worker 0 to {@link #workers} - 1
     * @return such as {@code lcore-2}, or {@code worker-0} where it is not pinned
     */
    public String workerName(int worker) {
        return cores.isEmpty() ? "worker-" + worker : "lcore-" + cores.get(worker);
    }

    /** {@return numbers with commas, or {@code any}} */
    @Override
    public String toString() {
        return cores.isEmpty() ? "any" : cores.toString().replaceAll("[\\[\\] ]", "");
    }
}
