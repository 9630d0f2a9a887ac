// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.port;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counters of a port, all data channels together. Immutable.
 *
 * @param rxPackets    packets received and good
 * @param rxBytes      their bytes
 * @param txPackets    packets transmitted
 * @param txBytes      their bytes
 * @param allocBuffers empty buffers that went to the guest
 * @param freeBuffers  buffers that the guest gave back without a packet
 * @param txFull       packets that a full queue did not take at once; they may have gone later
 * @param drops        what was dropped, by reason; every reason is there
 */
public record PortStatistics(long rxPackets, long rxBytes, long txPackets, long txBytes, long allocBuffers,
        long freeBuffers, long txFull, Map<String, Long> drops) {
    /** Keeps a copy of the reasons. */
    public PortStatistics {
        drops = Map.copyOf(drops);
    }

    /** {@return packets dropped, for all reasons} */
    public long dropped() {
        return drops.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * What has been counted since.
     *
     * @param before statistics of the same port, taken earlier
     * @return the differences
     */
    public PortStatistics since(PortStatistics before) {
        Map<String, Long> more = new LinkedHashMap<>();
        drops.forEach((reason, count) -> more.put(reason, count - before.drops.getOrDefault(reason, 0L)));
        return new PortStatistics(rxPackets - before.rxPackets, rxBytes - before.rxBytes, txPackets - before.txPackets,
                txBytes - before.txBytes, allocBuffers - before.allocBuffers, freeBuffers - before.freeBuffers,
                txFull - before.txFull, more);
    }
}
