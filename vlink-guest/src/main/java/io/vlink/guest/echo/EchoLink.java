// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.echo;

import io.vlink.guest.GuestLink;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The echo of one link: all of its data channels, or one. One thread. */
final class EchoLink {
    private final GuestLink link;
    private final EchoQueue[] queues;
    private final EchoEvents events;
    private boolean up;

    /**
     * An echo that has not begun.
     *
     * @param link    an attached link
     * @param channel data channel from 1 on; 0: all
     * @param region  the packet region
     * @param burst   packets that one round takes from a channel, at most
     * @param events  hears of the link's ups and downs
     */
    EchoLink(GuestLink link, int channel, MemorySegment region, int burst, EchoEvents events) {
        this.link = link;
        this.events = events;
        List<EchoQueue> chosen = new ArrayList<>();
        for (int queue = 0; queue < link.queueCount(); queue++) {
            if (channel == 0 || channel == queue + 1) {
                chosen.add(new EchoQueue(link.queue(queue), region, burst));
            }
        }
        queues = chosen.toArray(new EchoQueue[0]);
    }

    /** {@return how many packets were sent back in one round} */
    int poll() {
        if (!isUp()) {
            return 0;
        }
        int work = 0;
        for (EchoQueue queue : queues) {
            work += queue.poll();
        }
        return work;
    }

    private boolean isUp() {
        boolean nowUp = link.poll();
        if (nowUp != up) {
            changeTo(nowUp);
        }
        return nowUp;
    }

    private void changeTo(boolean nowUp) {
        up = nowUp;
        for (EchoQueue queue : queues) {
            queue.forget();
        }
        if (nowUp) {
            events.linkUp(link);
        } else {
            events.linkDown(link);
        }
    }

    /** {@return whether the host has taken all that was sent back, or will not take it any more; takes nothing new} */
    boolean isDrained() {
        if (!isUp()) {
            return true;
        }
        boolean drained = true;
        for (EchoQueue queue : queues) {
            drained &= queue.queue().isFaulted() || queue.isDrained();
        }
        return drained;
    }

    /**
     * The number of a channel.
     *
     * @param queue one of {@link #queues}
     * @return data channel, from 1
     */
    int channelOf(EchoQueue queue) {
        for (int i = 0; i < link.queueCount(); i++) {
            if (link.queue(i) == queue.queue()) {
                return i + 1;
            }
        }
        throw new IllegalArgumentException("queue must be of this link: link=" + link.name());
    }

    /** {@return the link} */
    GuestLink link() {
        return link;
    }

    /** {@return the channels that are echoed} */
    EchoQueue[] queues() {
        return queues;
    }
}
