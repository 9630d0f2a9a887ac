// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.List;

/**
 * How much is measured.
 *
 * @param rounds         runs of each contestant in the main comparison
 * @param sideRounds     runs of each contestant in the others
 * @param seconds        of measuring in a run
 * @param warmSeconds    before it
 * @param grid           further traffic to compare with
 * @param shapes         links and channels that the load is spread over, the first with one of each
 * @param oneWay         whether streams in one direction are measured
 * @param virtualMachine whether a real VM is measured beside its virtio-net device
 * @param dpdk           whether testpmd takes part
 * @param repeatSeconds  time for doing again what was disturbed
 */
record BenchPlan(int rounds, int sideRounds, double seconds, double warmSeconds, List<Traffic> grid,
        List<VlinkPair.Shape> shapes, boolean oneWay, boolean virtualMachine, boolean dpdk,
        double repeatSeconds) {
    /** The traffic that the goals are set for. */
    static final Traffic MAIN = new Traffic(64, 512, 64);
    /** One packet on its way. */
    static final Traffic ONE = new Traffic(64, 1, 1);
    /** One link with one channel. */
    static final VlinkPair.Shape ONE_LINK = new VlinkPair.Shape("vlink", 1, 1, true);
    /** As many links as a domain can have. */
    static final VlinkPair.Shape SIXTEEN_LINKS = new VlinkPair.Shape("links16", 16, 1, true);
    /** One link, nothing checked. */
    static final VlinkPair.Shape UNCHECKED = new VlinkPair.Shape("unchecked", 1, 1, false);

    BenchPlan withRounds(int each) {
        return new BenchPlan(each, each, seconds, warmSeconds, grid, shapes, oneWay, virtualMachine, dpdk,
                repeatSeconds);
    }

    static BenchPlan quick(boolean dpdk) {
        return new BenchPlan(4, 3, 1.5, 2, List.of(), List.of(ONE_LINK, SIXTEEN_LINKS, UNCHECKED), false, false, dpdk,
                25);
    }

    static BenchPlan full(boolean dpdk, boolean virtualMachine) {
        List<Traffic> grid = List.of(new Traffic(64, 32, 32), new Traffic(64, 1024, 64), new Traffic(512, 32, 32),
                new Traffic(512, 512, 64), new Traffic(512, 1024, 64), new Traffic(1500, 32, 32),
                new Traffic(1500, 512, 64), new Traffic(1500, 1024, 64));
        List<VlinkPair.Shape> shapes = List.of(ONE_LINK, new VlinkPair.Shape("links4", 4, 1, true), SIXTEEN_LINKS,
                new VlinkPair.Shape("channels4", 1, 4, true), new VlinkPair.Shape("channels8", 1, 8, true), UNCHECKED);
        return new BenchPlan(7, 3, 1.5, 2, grid, shapes, true, virtualMachine, dpdk, 240);
    }
}
