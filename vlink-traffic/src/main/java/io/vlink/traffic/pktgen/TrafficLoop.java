// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.Port;
import io.vlink.traffic.worker.Idler;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.WorkerTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.HdrHistogram.Histogram;

/**
 * One worker's traffic, turn by turn: it sends while fewer packets than its window are on their way, takes back what returns,
 * and goes round its queues; then it waits for what is on its way. Time is read once a burst, so a round trip is as precise as
 * a burst is long. While packets flow it allocates nothing, locks nothing and never enters the kernel. One thread; what it has
 * counted may be read once it has ended.
 */
final class TrafficLoop implements WorkerTask {
    /** Longest round trip that is told apart. */
    static final long LONGEST_NANOS = Duration.ofMinutes(10).toNanos();

    private static final int DIGITS = 3;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long RELEASE_NANOS = Duration.ofSeconds(1).toNanos();

    private final TrafficPlan plan;
    private final StopSwitch stop;
    private final PortTraffic[] ports;
    private final QueueTraffic[] queues;
    private final Histogram roundTrips = new Histogram(LONGEST_NANOS, DIGITS);
    /** Whether the last queue had packets. */
    private boolean busy;
    private boolean begun;
    private StopReason reason;
    private long sent;
    private long startNanos;
    private long endNanos;
    private long progressNanos;
    private long drainNanos;
    private boolean drained;
    private boolean refused;

    /**
     * A worker's traffic that has not begun.
     *
     * @param assigned its queues; their links are up
     * @param plan     its share
     * @param stop     the run's
     */
    TrafficLoop(List<PortQueue> assigned, TrafficPlan plan, StopSwitch stop) {
        this.plan = plan;
        this.stop = stop;
        List<Port> different = assigned.stream().map(PortQueue::port).distinct().toList();
        ports = new PortTraffic[different.size()];
        List<QueueTraffic> all = new ArrayList<>();
        for (int i = 0; i < ports.length; i++) {
            ports[i] = new PortTraffic(different.get(i), assigned, plan, roundTrips);
            all.addAll(ports[i].queues());
        }
        queues = all.toArray(QueueTraffic[]::new);
    }

    @Override
    public int turn() {
        if (!begun) {
            begin();
        }
        return reason == null ? sendTurn() : drainTurn();
    }

    private void begin() {
        begun = true;
        startNanos = System.nanoTime();
        endNanos = startNanos;
        progressNanos = startNanos;
        for (PortTraffic port : ports) {
            port.begin(startNanos);
        }
        for (QueueTraffic queue : queues) {
            queue.begin(startNanos);
        }
    }

    private int sendTurn() {
        int work = 0;
        for (int i = 0; i < queues.length; i++) {
            QueueTraffic queue = queues[i];
            long now = System.nanoTime();
            reason = reasonToStop(queue, now);
            if (reason != null) {
                drainNanos = reason == StopReason.STALLED ? progressNanos : now;
                return 1;
            }
            // Where one queue has packets the next one is likely to.
            if (busy && queues.length > 1) {
                queues[i + 1 == queues.length ? 0 : i + 1].prefetch();
            }
            int taken = send(queue, now);
            int received = receive(queue);
            busy = received != 0;
            work += taken + received;
        }
        return work;
    }

    private StopReason reasonToStop(QueueTraffic queue, long now) {
        if (sent >= plan.count()) {
            return StopReason.COUNT;
        }
        if (now - startNanos >= plan.durationNanos()) {
            return StopReason.DURATION;
        }
        if (stop.isThrown()) {
            return stop.cause().reason();
        }
        StopReason broken = null;
        if (!queue.isLinkUp()) {
            broken = StopReason.LINK_DOWN;
        } else if (queue.isQuarantined()) {
            broken = StopReason.QUARANTINED;
        } else if (isStalled(now)) {
            broken = StopReason.STALLED;
        }
        if (broken != null) {
            stop.stop(broken, queue.port().port().link());
        }
        return broken;
    }

    /** A window full of lost packets would otherwise be waited for without end: nothing can be sent, nothing returns. */
    private boolean isStalled(long now) {
        return now - progressNanos >= plan.drainNanos()
                && (refused || (!plan.oneWay() && outstanding() >= plan.window()));
    }

    private int send(QueueTraffic queue, long now) {
        int wanted = (int) Math.min(plan.burst(), allowed(now));
        if (wanted <= 0) {
            refused = false;
            return 0;
        }
        int taken = queue.send(wanted, now);
        refused = taken == 0;
        if (taken > 0) {
            sent += taken;
            progressNanos = now;
            if (plan.oneWay()) {
                endNanos = now;
                queue.port().counts().show();
            }
        }
        return taken;
    }

    /** Packets that count, window and rate allow now. */
    private long allowed(long now) {
        long allowed = plan.count() - sent;
        if (!plan.oneWay()) {
            allowed = Math.min(allowed, plan.window() - outstanding());
        }
        if (plan.rate() > 0) {
            double due = (now - startNanos) / NANOS_PER_SECOND * plan.rate() + 1;
            allowed = Math.min(allowed, (long) due - sent - txDropped());
        }
        return allowed;
    }

    private int receive(QueueTraffic queue) {
        int entries = queue.receive();
        if (entries > 0) {
            progressNanos = queue.arrivalNanos();
            endNanos = plan.oneWay() ? endNanos : progressNanos;
        }
        return entries;
    }

    private long outstanding() {
        long returned = 0;
        for (PortTraffic port : ports) {
            returned += port.counts().returned();
        }
        return Math.max(0, sent - returned);
    }

    private long txDropped() {
        long dropped = 0;
        for (PortTraffic port : ports) {
            dropped += port.counts().txDropped();
        }
        return dropped;
    }

    private int drainTurn() {
        drained = true;
        int work = 0;
        for (QueueTraffic queue : queues) {
            if (!queue.isLinkUp()) {
                drained = false;
                stop.stop(StopReason.LINK_DOWN, queue.port().port().link());
                return DONE;
            }
            work += receive(queue);
            drained &= queue.isDrained();
        }
        boolean over = plan.oneWay() ? drained : outstanding() == 0;
        boolean late = work == 0 && System.nanoTime() - drainNanos >= plan.drainNanos();
        return over || late ? DONE : work;
    }

    /** Gives the buffers back that are held. */
    @Override
    public void finish() {
        Idler idler = new Idler(plan.idle());
        long begin = System.nanoTime();
        boolean released = false;
        while (!released && System.nanoTime() - begin < RELEASE_NANOS) {
            released = true;
            for (QueueTraffic queue : queues) {
                released &= queue.release();
            }
            idler.idle(released ? 1 : 0);
        }
    }

    /** {@return why it stopped sending; null if it was ended from outside} */
    StopReason reason() {
        return reason;
    }

    /** {@return whether the peers have taken all that was sent} */
    boolean isDrained() {
        return drained;
    }

    /** {@return queues of this worker} */
    int queues() {
        return queues.length;
    }

    /** {@return what this worker has counted on all of its ports; a copy} */
    TrafficCounts counts() {
        TrafficCounts sum = new TrafficCounts();
        for (PortTraffic port : ports) {
            sum.add(port.counts());
        }
        return sum;
    }

    PortTraffic[] ports() {
        return ports;
    }

    Histogram roundTrips() {
        return roundTrips;
    }

    /** {@return when it began, in nanoseconds of the monotonic clock} */
    long startNanos() {
        return startNanos;
    }

    /** {@return when the last packet came back; one way: when the last one was sent} */
    long endNanos() {
        return endNanos;
    }
}
