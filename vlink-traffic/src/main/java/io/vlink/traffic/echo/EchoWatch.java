// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.port.Port;
import java.util.ArrayList;
import java.util.List;

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

    EchoWatch(List<EchoLoop> loops, List<Port> ports, EchoVoice voice) {
        loops.forEach(loop -> queues.addAll(List.of(loop.queues())));
        this.ports = ports;
        this.voice = voice;
        up = new boolean[ports.size()];
        away = new boolean[ports.size()];
        epochs = new long[ports.size()];
        quarantined = new boolean[queues.size()];
    }

    /** Tells of everything that has changed since the last look. */
    void look() {
        for (int i = 0; i < up.length; i++) {
            lookAtAttachment(i);
            lookAtLink(i);
        }
        for (int i = 0; i < quarantined.length; i++) {
            EchoQueue queue = queues.get(i);
            boolean now = queue.isQuarantineSeen();
            if (now && !quarantined[i]) {
                voice.event(
                        "channel rests until the link's next epoch, because the peer's ring position is impossible, or it"
                                + " returned too many bad descriptors (vlinkctl status on the host): link="
                                + queue.port().link() + " queue=" + queue.queue());
            }
            quarantined[i] = now;
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
            voice.event("link=" + port.link() + " is up: epochs=" + nowEpochs);
            epochs[index] = nowEpochs;
            up[index] = true;
        } else if (!nowUp && up[index]) {
            voice.event("link=" + port.link() + " is down: waiting for its other side");
            up[index] = false;
        }
    }
}
