// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortStatistics;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.QueueAssignment;
import io.vlink.traffic.worker.StopSignal;
import io.vlink.traffic.worker.WorkerGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An echo from its ready line to its report: starts the workers, watches them, says what happens, and ends them. One thread,
 * the program's main one; it looks around some times a second and leaves the processors to the workers.
 */
public final class EchoRun {
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long GONE_LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String program;
    private final List<PortQueue> queues;
    private final EchoPlan plan;
    private final EchoVoice voice;
    private final List<Port> ports = new ArrayList<>();
    private final List<PortStatistics> before = new ArrayList<>();
    private final List<EchoLoop> loops = new ArrayList<>();
    private final AtomicLong left;
    private EchoWatch watch;
    private long startNanos;
    private long goneLookNanos;
    private long movedAtGoneLook;

    /**
     * An echo that has not begun.
     *
     * @param program name, for the one who wants a queue that is taken
     * @param queues  queues of open ports, at least one
     * @param plan    what to do
     * @param voice   says what happens
     */
    public EchoRun(String program, List<PortQueue> queues, EchoPlan plan, EchoVoice voice) {
        this.program = program;
        this.queues = List.copyOf(queues);
        this.plan = plan;
        this.voice = voice;
        this.left = plan.count() > 0 ? new AtomicLong(plan.count()) : null;
    }

    /**
     * Joins the links and echoes until a limit of the plan is reached, it is asked to stop, or nothing can come any more; then
     * drains and reports. The ports stay open.
     *
     * @param ready line that says so once everything is set up
     * @param stop  asks it to stop
     * @return why it ended
     * @throws io.vlink.infra.port.PortException if a queue has a worker already
     */
    public EchoEnd run(String ready, StopSignal stop) {
        try (QueueAssignment assignment = new QueueAssignment(queues, plan.lcores(), program)) {
            if (assignment.workers() < plan.lcores().workers()) {
                voice.event("there are more lcores than queues: the last ones are not used: lcores="
                        + plan.lcores().workers() + " queues=" + queues.size());
            }
            for (int worker = 0; worker < assignment.workers(); worker++) {
                loops.add(new EchoLoop(assignment.queues(worker), plan, left));
            }
            rememberPorts();
            ports.forEach(Port::start);
            EchoEnd end;
            try (WorkerGroup workers = new WorkerGroup(plan.lcores(), plan.idle(), loops)) {
                stop.onRequest(workers::stop);
                voice.ready(ready);
                startNanos = System.nanoTime();
                goneLookNanos = startNanos;
                workers.start();
                end = watchUntilEnd(workers);
            }
            voice.end(report(end, System.nanoTime() - startNanos));
            return end;
        }
    }

    private void rememberPorts() {
        for (PortQueue queue : queues) {
            if (!ports.contains(queue.port())) {
                ports.add(queue.port());
                before.add(queue.port().statistics());
            }
        }
        watch = new EchoWatch(loops, ports, voice);
    }

    private EchoEnd watchUntilEnd(WorkerGroup workers) {
        EchoEnd end = null;
        while (!ended(workers)) {
            watch.look();
            if (end == null) {
                end = reasonToEnd();
                if (end != null) {
                    workers.stop();
                }
            }
            if (voice.isReportDue()) {
                voice.report(System.nanoTime() - startNanos, totals());
            }
        }
        watch.look();
        watch.end();
        if (end != null) {
            return end;
        }
        return left != null && left.get() <= 0 ? EchoEnd.COUNT : EchoEnd.SIGNAL;
    }

    private boolean ended(WorkerGroup workers) {
        long tick = TICK_NANOS;
        if (plan.durationNanos() > 0) {
            tick = Math.clamp(plan.durationNanos() - (System.nanoTime() - startNanos), 1, TICK_NANOS);
        }
        try {
            return workers.await(Duration.ofNanos(tick));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            workers.close();
            return true;
        }
    }

    private EchoEnd reasonToEnd() {
        if (left != null && left.get() <= 0) {
            return EchoEnd.COUNT;
        }
        long now = System.nanoTime();
        if (plan.durationNanos() > 0 && now - startNanos >= plan.durationNanos()) {
            return EchoEnd.DURATION;
        }
        if (now - goneLookNanos >= GONE_LOOK_NANOS) {
            goneLookNanos = now;
            if (isGone()) {
                loops.forEach(EchoLoop::leaveAtOnce);
                return EchoEnd.GONE;
            }
        }
        return null;
    }

    /** While packets flow, the peer is alive and may finish without its agent: ports are asked when all is quiet. */
    private boolean isGone() {
        long moved = totals().rxPackets();
        boolean quiet = moved == movedAtGoneLook;
        movedAtGoneLook = moved;
        return quiet && ports.stream().anyMatch(Port::isGone);
    }

    private PortStatistics totals() {
        return EchoVoice.sum(statistics());
    }

    private List<PortStatistics> statistics() {
        List<PortStatistics> now = new ArrayList<>();
        for (int i = 0; i < ports.size(); i++) {
            now.add(ports.get(i).statistics().since(before.get(i)));
        }
        return now;
    }

    private EchoReport report(EchoEnd end, long nanos) {
        List<PortCounts> counts = new ArrayList<>();
        List<PortStatistics> now = statistics();
        for (int i = 0; i < ports.size(); i++) {
            counts.add(new PortCounts(ports.get(i).link(), now.get(i)));
        }
        return new EchoReport(plan, end, nanos, loops.size(), counts);
    }
}
