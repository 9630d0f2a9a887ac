// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.spec.pci.Limits;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How much is measured.
 *
 * @param parts         what is measured at all
 * @param rounds        runs of each contestant in the comparisons that goals are set for
 * @param sideRounds    runs of each contestant in the others
 * @param seconds       of measuring in a run
 * @param warmSeconds   before it
 * @param moreShapes    links and channels that the load is spread over besides those that goals are set for
 * @param dpdk          whether testpmd takes part
 * @param repeatSeconds time for doing again what was disturbed
 * @param patienceSeconds time for waiting until the processors are undisturbed
 * @param hurrySeconds  from then on a comparison has one round only, and nothing is repeated: the bench has to end in time
 */
record BenchPlan(Set<Part> parts, int rounds, int sideRounds, double seconds, double warmSeconds,
        List<VlinkDomain.Shape> moreShapes, boolean dpdk, double repeatSeconds,
        double patienceSeconds, double hurrySeconds) {
    /** The traffic that the goals are set for. */
    static final Traffic MAIN = new Traffic(64, 512, 64);
    /** The same in bursts of what each of {@link #SIXTEEN_LINKS} has on its way, so that only the links make a difference. */
    static final Traffic SHORT_BURSTS = new Traffic(64, 512, 32);
    /** The same with a window that is bursts as long as those of {@link #MAIN} for each of {@link #SIXTEEN_LINKS}, too. */
    static final Traffic FULL_BURSTS = new Traffic(64, 1024, 64);
    /** One packet on its way. */
    static final Traffic ONE = new Traffic(64, 1, 1);
    /** Windows of the other traffic. */
    static final List<Integer> WINDOWS = List.of(32, 512, 1024);
    /** Frame sizes of the other traffic. */
    static final List<Integer> SIZES = List.of(64, 512, 1500, 9000);

    /** One link with one channel. */
    static final VlinkDomain.Shape ONE_LINK = new VlinkDomain.Shape("vlink", 1, 1, true, "");
    /** As many links as a domain can have. */
    static final VlinkDomain.Shape SIXTEEN_LINKS = new VlinkDomain.Shape("links16", 16, 1, true, "");
    /** One link, nothing checked. */
    static final VlinkDomain.Shape UNCHECKED = new VlinkDomain.Shape("unchecked", 1, 1, false, "");
    /** What goals are set for; the first is what the others are compared with. */
    static final List<VlinkDomain.Shape> SHAPES = List.of(ONE_LINK, SIXTEEN_LINKS, UNCHECKED);
    /** One link for frames of five buffers, with room for twice the largest window. */
    static final VlinkDomain.Shape JUMBO = new VlinkDomain.Shape("jumbo", 1, 1, true, "mtu=9000 queue_size=16384");

    /** The largest frame on links with the usual MTU, in bytes; larger ones flow on {@link #JUMBO}. */
    static final int LARGEST_USUAL_FRAME = Limits.DEFAULT_MTU + Limits.MIN_FRAME_BYTES;

    private static final int LARGEST_BURST = 64;

    /** A part of the bench that can be asked for by its name. */
    enum Part {
        /** The closed loop that the goals are set for. */
        echo,
        /** One packet in flight beside bare cache lines. */
        latency,
        /** The same load over links and channels, and without checks. */
        spread,
        /** What the polling threads do besides moving packets. */
        warm,
        /** The closed loop with other frame sizes and windows. */
        sizes,
        /** Streams in one direction. */
        oneway,
        /** A real VM beside its virtio-net device. */
        vm
    }

    /** {@return whether anything is measured that testpmd does too} */
    boolean isCompared() {
        return parts.stream().anyMatch(part -> part == Part.echo || part == Part.sizes || part == Part.oneway);
    }

    /** {@return the same with exactly so many runs of everything, however long that takes} */
    BenchPlan withRounds(int each) {
        return new BenchPlan(parts, each, each, seconds, warmSeconds, moreShapes, dpdk, 0, patienceSeconds,
                Double.MAX_VALUE);
    }

    /** {@return the same with these parts only} */
    BenchPlan withParts(Set<Part> only) {
        return new BenchPlan(only, rounds, sideRounds, seconds, warmSeconds, moreShapes, dpdk, repeatSeconds,
                patienceSeconds, hurrySeconds);
    }

    static BenchPlan quick(boolean dpdk) {
        return new BenchPlan(EnumSet.of(Part.echo, Part.latency, Part.spread, Part.warm), 3, 3, 1.5, 2,
                List.of(), dpdk, 25, 15, 125);
    }

    static BenchPlan full(boolean dpdk) {
        List<VlinkDomain.Shape> more = List.of(new VlinkDomain.Shape("links4", 4, 1, true, ""),
                new VlinkDomain.Shape("channels4", 1, 4, true, ""),
                new VlinkDomain.Shape("channels8", 1, 8, true, ""));
        return new BenchPlan(EnumSet.allOf(Part.class), 7, 3, 1.5, 2, more, dpdk, 200, 100, 900);
    }

    /** {@return the traffic of {@link Part#sizes}, without that of the main comparison} */
    static List<Traffic> grid() {
        return SIZES.stream().flatMap(size -> WINDOWS.stream()
                .map(window -> new Traffic(size, window, Math.min(window, LARGEST_BURST))))
                .filter(traffic -> !traffic.equals(MAIN)).toList();
    }
}
