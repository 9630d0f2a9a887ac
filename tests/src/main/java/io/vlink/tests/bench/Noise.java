// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the machine was quiet enough to judge: what the hypervisor took away (steal), what other programs took of the two
 * cores, whether these were slower than they can be, and how far ratios of the same two lay apart. One thread.
 */
final class Noise {
    /** Share of the time that a polling thread may wait for its processor; beginning a turn takes some hundredths of it. */
    static final double RUN_DELAY_LIMIT = 0.05;
    /** Rounds of a comparison that must be quiet; the others are left out. */
    static final int QUIET_ROUNDS = 2;
    /** Share of processor time that the hypervisor may take. */
    static final double STEAL_LIMIT = 0.02;
    /**
     * Median distance from the median, as a share, that ratios of the same two contestants may have, or rates of one that is
     * alone. Rates of several may lie further apart, as all of them suffer alike from what shares the machine.
     */
    static final double SPREAD_LIMIT = 0.10;

    private static final int STEAL_FIELD = 8;
    private final long[] before = cpuTimes();

    /** {@return share of all processor time since this object was made that the hypervisor gave to others} */
    double steal() {
        long[] now = cpuTimes();
        long all = 0;
        for (int i = 1; i <= STEAL_FIELD; i++) {
            all += now[i] - before[i];
        }
        return all == 0 ? 0 : (double) (now[STEAL_FIELD] - before[STEAL_FIELD]) / all;
    }

    /** First line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal from index 1 on; proc_stat(5). */
    private static long[] cpuTimes() {
        try {
            String[] words = Files.readAllLines(Path.of("/proc/stat")).getFirst().split("\\s+", -1);
            long[] times = new long[words.length];
            for (int i = 1; i < words.length; i++) {
                times[i] = Long.parseLong(words[i]);
            }
            return times;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return why no figure of this bench should be trusted; empty if they may be} */
    List<String> complaints() {
        double steal = steal();
        return steal > STEAL_LIMIT
                ? List.of("the hypervisor took %.1f %% of the processor time (limit %.0f %%)".formatted(steal * 100,
                        STEAL_LIMIT * 100))
                : List.of();
    }

    /** {@return why the figures of a comparison should not be trusted; empty if they may be} */
    static List<String> complaints(Comparison comparison) {
        List<String> complaints = new ArrayList<>();
        int enough = Math.min(QUIET_ROUNDS, comparison.rounds());
        if (comparison.quietRounds() < enough) {
            complaints.add(
                    "%s, %s: %d of %d rounds were quiet (limit %d): other programs ran"
                            .formatted(comparison.title(), comparison.traffic(), comparison.quietRounds(),
                                    comparison.rounds(),
                                    enough));
        }
        if (comparison.pace().median() < Pace.UNDISTURBED) {
            complaints.add(
                    "%s, %s: the processors were at %.0f %% of their pace (limit %.0f %%)".formatted(comparison.title(),
                            comparison.traffic(), comparison.pace().median() * 100, Pace.UNDISTURBED * 100));
        }
        List<String> names = comparison.names();
        if (names.size() == 1) {
            complaints.addAll(complaints("%s, %s: runs".formatted(names.getFirst(), comparison.traffic()),
                    comparison.rates(names.getFirst())));
        }
        for (String name : names.subList(1, names.size())) {
            complaints.addAll(complaints("%s / %s, %s: ratios".formatted(names.getFirst(), name, comparison.traffic()),
                    comparison.ratios(name)));
        }
        return complaints;
    }

    /**
     * Whether figures of the same thing lie too far apart.
     *
     * @param what   in the plural
     * @param series the figures
     * @return why these should not be trusted; empty if they may be
     */
    static List<String> complaints(String what, Series series) {
        return series.spread() > SPREAD_LIMIT
                ? List.of("%s lie %.0f %% apart (limit %.0f %%)".formatted(what, series.spread() * 100,
                        SPREAD_LIMIT * 100))
                : List.of();
    }
}
