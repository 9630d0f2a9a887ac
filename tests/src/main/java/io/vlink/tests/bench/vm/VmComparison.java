// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import io.vlink.tests.bench.Series;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What {@link VirtioNetComparison} found. Immutable.
 *
 * @param accelerator {@code tcg} or {@code kvm}: what ran the guest
 * @param window      packets in flight
 * @param frameBytes  frame size in bytes, FCS counted
 * @param rounds      the measurements, at least one
 */
public record VmComparison(String accelerator, int window, int frameBytes, List<Round> rounds) {
    /**
     * One round: vlink, then virtio-net, in the same guest.
     *
     * @param vlinkPps   packets a second that came back over vlink; none was lost
     * @param virtioPps  packets a second that came back over virtio-net
     * @param virtioSent packets sent over virtio-net
     * @param virtioLost those of them that did not come back
     */
    public record Round(double vlinkPps, double virtioPps, long virtioSent, long virtioLost) {
        /** {@return how many times as fast vlink was} */
        public double ratio() {
            return vlinkPps / virtioPps;
        }
    }

    /**
     * Checks that there is something to tell.
     *
     * @throws IllegalArgumentException if there is no round
     */
    public VmComparison {
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("comparison must have a round: rounds=[]");
        }
        rounds = List.copyOf(rounds);
    }

    /** {@return vlink's rate over virtio-net's: the median of the rounds} */
    public double medianRatio() {
        return series(Round::ratio).median();
    }

    /** {@return how far the ratios lie apart: largest less smallest, as a share of the median} */
    public double ratioSpread() {
        Series ratios = series(Round::ratio);
        return (ratios.max() - ratios.min()) / ratios.median();
    }

    /** {@return packets a second over vlink: the median of the rounds} */
    public double medianVlinkPps() {
        return series(Round::vlinkPps).median();
    }

    /** {@return packets a second over virtio-net: the median of the rounds} */
    public double medianVirtioPps() {
        return series(Round::virtioPps).median();
    }

    private Series series(ToDoubleFunction<Round> value) {
        return new Series(rounds.stream().mapToDouble(value).boxed().toList());
    }

    /** {@return all of it as the members of a JSON object} */
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("accel", accelerator);
        json.put("window", (long) window);
        json.put("frameBytes", (long) frameBytes);
        json.put("ratio", medianRatio());
        json.put("ratioSpread", ratioSpread());
        json.put("vlinkPps", medianVlinkPps());
        json.put("virtioPps", medianVirtioPps());
        json.put("virtioLost", rounds.stream().mapToLong(Round::virtioLost).sum());
        json.put("rounds", rounds.stream().map(VmComparison::toJson).toList());
        return json;
    }

    private static Map<String, Object> toJson(Round round) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("vlinkPps", round.vlinkPps());
        json.put("virtioPps", round.virtioPps());
        json.put("ratio", round.ratio());
        json.put("virtioSent", round.virtioSent());
        json.put("virtioLost", round.virtioLost());
        return json;
    }
}
