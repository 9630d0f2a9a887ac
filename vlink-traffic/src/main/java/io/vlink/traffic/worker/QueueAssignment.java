// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import io.vlink.infra.port.PortException;
import io.vlink.infra.port.QueueClaim;
import java.util.ArrayList;
import java.util.List;

/**
 * Which worker has which queues: in turn, so that each has as many as the others, give or take one. A queue has one worker;
 * that is claimed here, and given back by closing. One thread, before the workers start and after they have ended.
 */
public final class QueueAssignment implements AutoCloseable {
    private final List<List<PortQueue>> queuesOfWorker = new ArrayList<>();
    private final List<QueueClaim> claims = new ArrayList<>();

    /**
     * Assigns and claims queues; claims all or none.
     *
     * @param queues what there is to do
     * @param lcores whose workers do it; those for whom no queue is left are not used
     * @param what   program, for the message to the next one that wants a queue
     * @throws PortException if a queue has a worker already; names it
     */
    public QueueAssignment(List<PortQueue> queues, Lcores lcores, String what) {
        int workers = Math.min(lcores.workers(), queues.size());
        for (int worker = 0; worker < workers; worker++) {
            queuesOfWorker.add(new ArrayList<>());
        }
        boolean complete = false;
        try {
            for (int i = 0; i < queues.size(); i++) {
                int worker = i % workers;
                PortQueue queue = queues.get(i);
                claims.add(queue.port().claim(queue.queue(), what + " " + lcores.workerName(worker)));
                queuesOfWorker.get(worker).add(queue);
            }
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    /** {@return workers that have a queue} */
    public int workers() {
        return queuesOfWorker.size();
    }

    /**
     * The queues of a worker.
     *
     * @param worker 0 to {@link #workers} - 1
     * @return at least one
     */
    public List<PortQueue> queues(int worker) {
        return List.copyOf(queuesOfWorker.get(worker));
    }

    /** Gives all queues back; again does nothing. */
    @Override
    public void close() {
        claims.forEach(QueueClaim::close);
        claims.clear();
    }
}
