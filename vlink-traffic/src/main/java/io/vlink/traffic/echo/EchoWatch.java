// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.command.LineQuota;
import io.vlink.infra.port.Port;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Notices what happens to links and channels while workers echo, by what the workers have last seen. One thread, no worker's. */
final class EchoWatch {
    private final List<EchoQueue> queues = new ArrayList<>();
    private final List<Port> ports;
    private final EchoVoice voice;
    private final boolean[] up;
    private final boolean[] away;
    /** How often each link has come up, as it was told. */
    private final long[] epochs;
    private final boolean[] quarantined;
    /** Of each link: a peer that joins and leaves without end must not fill the disk that the output goes to. */
    private final LineQuota[] quotas;

    EchoWatch(List<EchoLoop> loops, List<Port> ports, EchoVoice voice) {
        loops.forEach(loop -> queues.addAll(List.of(loop.queues())));
        this.ports = ports;
        this.voice = voice;
        up = new boolean[ports.size()];
        away = new boolean[ports.size()];
        epochs = new long[ports.size()];
        quarantined = new boolean[queues.size()];
        quotas = Stream.generate(LineQuota::new).limit(ports.size()).toArray(LineQuota[]::new);
    }

    /** Tells of everything that has changed since the last look. */
    void look() {
        for (int i = 0; i < up.length; i++) {
            lookAtAttachment(i);
            lookAtLink(i);
            tellLeftOut(i, quotas[i].takeOverdue(System.nanoTime()));
        }
        for (int i = 0; i < quarantined.length; i++) {
            EchoQueue queue = queues.get(i);
            boolean now = queue.isQuarantineSeen();
            if (now && !quarantined[i]) {
                tell(ports.indexOf(queue.port()),
                        "channel rests until the link's next epoch, because the peer's ring position is impossible, or it"
                                + " returned too many bad descriptors (vlinkctl status on the host): link="
                                + queue.port().link() + " queue=" + queue.queue());
            }
            quarantined[i] = now;
        }
    }

    /** Tells of what a peer has done. */
    private void tell(int index, String line) {
        LineQuota.Verdict verdict = quotas[index].take(System.nanoTime());
        tellLeftOut(index, verdict.leftOut());
        if (verdict.told()) {
            voice.event(line);
        } else if (verdict.firstLeftOut()) {
            voice.event(
                    "link=" + ports.get(index).link() + " changes too often to tell each time: lines=" + LineQuota.LINES
                            + " seconds=" + LineQuota.SECONDS + ": the rest are counted");
        }
    }

    private void tellLeftOut(int index, long lines) {
        if (lines > 0) {
            voice.event("link=" + ports.get(index).link() + " changed more often: lines_left_out=" + lines + ": now "
                    + (up[index] ? "up" : "down") + ", epochs=" + epochs[index]);
        }
    }

    /** Tells how much was not told. */
    void end() {
        for (int i = 0; i < quotas.length; i++) {
            tellLeftOut(i, quotas[i].takeLeftOut());
        }
    }

    private void lookAtAttachment(int index) {
        Port port = ports.get(index);
        boolean now = port.isAway();
        if (now && !away[index]) {
            voice.event(Port.awayText(port));
        } else if (!now && away[index] && !port.isGone()) {
            voice.event(Port.backText(port));
        }
        away[index] = now;
    }

    private void lookAtLink(int index) {
        Port port = ports.get(index);
        boolean nowUp = port.isUp();
        long nowEpochs = epochs[index];
        for (EchoQueue queue : queues) {
            nowEpochs = queue.port().equals(port) ? Math.max(nowEpochs, queue.epochsSeen()) : nowEpochs;
        }
        // A worker counts the epoch a moment after the port has come up: before that, the count is of the last one.
        if (nowUp && nowEpochs > epochs[index]) {
            epochs[index] = nowEpochs;
            up[index] = true;
            tell(index, "link=" + port.link() + " is up: epochs=" + nowEpochs);
        } else if (!nowUp && up[index]) {
            up[index] = false;
            tell(index, "link=" + port.link() + " is down: waiting for its other side");
        }
    }
}
