// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import io.vlink.infra.port.Port;
import java.util.ArrayList;
import java.util.List;

/**
 * A queue of a port. Immutable.
 *
 * @param port  the port
 * @param queue 0 to its queues - 1
 */
public record PortQueue(Port port, int queue) {
    /**
     * All queues of some ports, port by port.
     *
     * @param ports the ports
     * @return their queues
     */
    public static List<PortQueue> all(List<? extends Port> ports) {
        List<PortQueue> queues = new ArrayList<>();
        for (Port port : ports) {
            for (int queue = 0; queue < port.queues(); queue++) {
                queues.add(new PortQueue(port, queue));
            }
        }
        return queues;
    }
}
