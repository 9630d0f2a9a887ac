// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.infra.port.PortStatistics;
import io.vlink.spec.channel.GuestCounter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sums up what the queues of a link have counted. Any thread; a counter that a worker is just changing may lag by a burst. */
final class GuestCounters {
    private GuestCounters() {
    }

    /**
     * The statistics of a link since this program attached.
     *
     * @param link the link
     * @return sums over its queues
     */
    static PortStatistics statistics(GuestLink link) {
        Map<String, Long> drops = new LinkedHashMap<>();
        drops.put("bad_descriptor", total(link, GuestCounter.RX_BAD_DESCRIPTORS));
        drops.put("tx_dropped", total(link, GuestCounter.TX_DROPPED));
        return new PortStatistics(total(link, GuestCounter.RX_PACKETS), total(link, GuestCounter.RX_BYTES),
                total(link, GuestCounter.TX_PACKETS), total(link, GuestCounter.TX_BYTES),
                total(link, GuestCounter.ALLOC_BUFFERS), total(link, GuestCounter.FREE_BUFFERS),
                total(link, GuestCounter.TX_FULL), drops);
    }

    private static long total(GuestLink link, GuestCounter counter) {
        long total = 0;
        for (int queue = 0; queue < link.queueCount(); queue++) {
            total += link.queue(queue).counter(counter);
        }
        return total;
    }
}
