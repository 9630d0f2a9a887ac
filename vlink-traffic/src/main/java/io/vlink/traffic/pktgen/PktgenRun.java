// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortStatistics;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.QueueAssignment;
import io.vlink.traffic.worker.StopSignal;
import io.vlink.traffic.worker.WorkerGroup;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * A generator from open ports to its report: checks that the plan fits, joins the links and waits for them, starts the
 * workers, watches them, and says what has become of the packets. One thread, the program's main one.
 */
public final class PktgenRun {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** How long after a link's end the end of what it was attached through may show. */
    private static final long GONE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final Side side;
    private final PktgenOptions options;
    private final PrintWriter out;
    private final PrintWriter err;
    private final StopSwitch stopSwitch = new StopSwitch();
    private final Set<Port> away = new HashSet<>();
    private List<GeneratorPort> ports = List.of();
    private List<PortQueue> queues = List.of();
    private TrafficPlan plan;

    /**
     * A generator that has not begun.
     *
     * @param side    how messages call things
     * @param options how the result is told
     * @param out     gets the result
     * @param err     gets everything else
     */
    public PktgenRun(Side side, PktgenOptions options, PrintWriter out, PrintWriter err) {
        this.side = side;
        this.options = options;
        this.out = out;
        this.err = err;
    }

    /**
     * Generates: joins the links once it is certain that the plan fits all of them. The ports stay open.
     *
     * @param wanted   what to send, as {@link PktgenOptions#plan} says
     * @param open     ports to send through, at least one; they have no workers
     * @param stop     asks it to stop early
     * @return exit status: 0 every packet came back in order and unchanged (one way: the peer has taken every packet); 1 not so
     * @throws io.vlink.infra.port.PortException one line, if the plan does not fit the ports or a queue has a worker already;
     *             then no link was joined
     */
    public int run(TrafficPlan wanted, List<GeneratorPort> open, StopSignal stop) {
        ports = List.copyOf(open);
        queues = PlanFit.queues(wanted, ports);
        plan = PlanFit.fit(wanted, queues);
        try (QueueAssignment assignment = new QueueAssignment(queues, plan.lcores(), side.program())) {
            if (assignment.workers() < plan.lcores().workers()) {
                say("there are more lcores than queues: the last ones are not used: lcores=" + plan.lcores().workers()
                        + " queues=" + queues.size());
            }
            // Only now: joining a link ends its epoch, and with it whatever somebody else has on its way.
            ports.forEach(port -> port.port().start());
            Port down = waitUntilUp(stop);
            return down == null ? generate(assignment, stop) : notUp(down, stop);
        }
    }

    private void say(String line) {
        err.println(side.program() + ": " + line);
        err.flush();
    }

    /** Polls all queues until their links are up; returns a port whose link is not, or null. */
    private Port waitUntilUp(StopSignal stop) {
        long start = System.nanoTime();
        long goneLook = start;
        while (true) {
            Port down = null;
            for (PortQueue queue : queues) {
                down = queue.port().poll(queue.queue()) ? down : queue.port();
            }
            long now = System.nanoTime();
            if (down == null || stop.isRequested() || now - start >= plan.drainNanos()) {
                return down;
            }
            if (now - goneLook >= 0) {
                goneLook = now + TICK_NANOS;
                Port gone = gonePort();
                if (gone != null) {
                    return gone;
                }
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private Port gonePort() {
        return firstPort(Port::isGone);
    }

    private Port lostPort() {
        return firstPort(port -> port.isGone() || port.isAway());
    }

    private Port firstPort(Predicate<Port> is) {
        return ports.stream().map(GeneratorPort::port).filter(is).findFirst().orElse(null);
    }

    private int notUp(Port down, StopSignal stop) {
        if (stop.isRequested()) {
            say("stopped before link=" + down.link() + " came up: nothing was sent");
        } else if (down.isGone() || down.isAway()) {
            say(side.gone() + ": " + side.remedy());
        } else {
            say("link=" + down.link() + " is down: its other end was not initialised within timeout="
                    + PlanFit.seconds(plan.drainNanos()) + ": start " + side.peer());
        }
        return FAILED;
    }

    private int generate(QueueAssignment assignment, StopSignal stop) {
        List<PortStatistics> before = ports.stream().map(attached -> attached.port().statistics()).toList();
        List<TrafficLoop> loops = new ArrayList<>();
        for (int worker = 0; worker < assignment.workers(); worker++) {
            loops.add(new TrafficLoop(assignment.queues(worker), plan.share(worker, assignment.workers()), stopSwitch));
        }
        stop.onRequest(() -> stopSwitch.stop(StopReason.SIGNAL, null));
        try (WorkerGroup workers = new WorkerGroup(plan.lcores(), plan.idle(), loops);
                LiveLine live = new LiveLine(shown(loops), err)) {
            workers.start();
            watch(workers, live);
        }
        StopSwitch.Cause cause = rootCause(loops);
        PktgenReport report = new PktgenReport(plan, cause.reason(), portResults(loops, before), loops);
        explain(cause, report, loops);
        out.println(options.isJson() ? report.toJson() : report.toText().stripTrailing());
        out.flush();
        return report.isGood() ? OK : FAILED;
    }

    private static List<TrafficCounts> shown(List<TrafficLoop> loops) {
        List<TrafficCounts> counts = new ArrayList<>();
        for (TrafficLoop loop : loops) {
            for (PortTraffic port : loop.ports()) {
                counts.add(port.counts());
            }
        }
        return counts;
    }

    private void watch(WorkerGroup workers, LiveLine live) {
        try {
            while (!workers.await(Duration.ofNanos(TICK_NANOS))) {
                live.show();
                tellOfAgents();
                Port gone = gonePort();
                if (gone != null) {
                    stopSwitch.stop(StopReason.AGENT_GONE, gone.link());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopSwitch.stop(StopReason.SIGNAL, null);
        }
    }

    private void tellOfAgents() {
        for (GeneratorPort attached : ports) {
            Port port = attached.port();
            if (port.isAway() && away.add(port)) {
                say(Port.awayText(port));
            } else if (!port.isAway() && away.remove(port) && !port.isGone()) {
                say(Port.backText(port));
            }
        }
    }

    /** An agent that stops takes its links down, which can be seen before its end can. */
    private StopSwitch.Cause rootCause(List<TrafficLoop> loops) {
        StopSwitch.Cause cause = stopSwitch.cause();
        if (cause == null) {
            StopReason reason = loops.getFirst().reason();
            cause = new StopSwitch.Cause(reason == null ? StopReason.SIGNAL : reason, null);
        }
        long start = System.nanoTime();
        while (cause.reason() == StopReason.LINK_DOWN && lostPort() == null
                && System.nanoTime() - start < GONE_NANOS) {
            LockSupport.parkNanos(POLL_NANOS);
        }
        Port gone = switch (cause.reason()) {
            case LINK_DOWN -> lostPort();
            case COUNT -> gonePort();
            default -> null;
        };
        return gone == null ? cause : new StopSwitch.Cause(StopReason.AGENT_GONE, gone.link());
    }

    private List<PortResult> portResults(List<TrafficLoop> loops, List<PortStatistics> before) {
        List<PortResult> results = new ArrayList<>();
        for (int i = 0; i < ports.size(); i++) {
            Port port = ports.get(i).port();
            TrafficCounts counts = new TrafficCounts();
            boolean drained = true;
            for (TrafficLoop loop : loops) {
                for (PortTraffic part : loop.ports()) {
                    if (part.port().equals(port)) {
                        counts.add(part.counts());
                        drained &= loop.isDrained();
                    }
                }
            }
            List<PortQueue> used = queues.stream().filter(queue -> queue.port().equals(port)).toList();
            int quarantined = (int) used.stream().filter(queue -> port.isQuarantined(queue.queue())).count();
            results.add(new PortResult(ports.get(i), used.size(), counts, port.statistics().since(before.get(i)),
                    quarantined, !plan.oneWay() || drained));
        }
        return results;
    }

    private void explain(StopSwitch.Cause cause, PktgenReport report, List<TrafficLoop> loops) {
        String lost = "lost=" + report.lost();
        String link = "link=" + cause.link();
        switch (cause.reason()) {
            case AGENT_GONE -> say(side.gone() + ": packets in flight were "
                    + (report.lost() == 0 ? "drained" : "lost: " + lost) + "; " + side.remedy());
            case LINK_DOWN -> say(link + " went down: its other end has left it, packets in flight are lost: " + lost
                    + ": start " + side.peer() + " again");
            case QUARANTINED -> say(link + " has a channel in quarantine: its other end moved a ring position out of"
                    + " range, or returned too many bad descriptors: " + lost + ": restart " + side.peer()
                    + ", then run again");
            case STALLED -> say(StallText.of(ports, loops) + ": nothing could be sent and nothing came back for longer"
                    + " than --timeout: " + lost + ": look at " + side.peer());
            case COUNT, DURATION, SIGNAL -> {
            }
        }
    }
}
