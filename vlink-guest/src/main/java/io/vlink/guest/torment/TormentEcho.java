// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.GuestPort;
import io.vlink.guest.GuestQueue;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.traffic.echo.MacSwap;
import io.vlink.traffic.worker.EndOfThread;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Idler;
import java.util.List;

/**
 * A well-behaved echo on other links of the same device, on a thread of its own: what the host sends there must come back
 * unharmed, whatever happens to the tormented link.
 */
public final class TormentEcho implements AutoCloseable {
    private final List<GuestPort> ports;
    private final Thread thread;
    private volatile boolean stopped;

    /**
     * Joins the links and echoes.
     *
     * @param device the device
     * @param links  its links, none of them tormented
     */
    public TormentEcho(GuestDevice device, List<GuestLink> links) {
        ports = links.stream().map(link -> GuestPort.attach(device, link)).toList();
        thread = Thread.ofPlatform().daemon().name("torment-echo").start(this::echo);
    }

    /** {@return how many links it serves} */
    public int links() {
        return ports.size();
    }

    private void echo() {
        PacketBurst burst = new PacketBurst(GuestQueue.MAX_BURST);
        Idler idler = new Idler(IdleStrategy.AUTO);
        while (!stopped) {
            int work = 0;
            for (GuestPort port : ports) {
                for (int queue = 0; queue < port.queues(); queue++) {
                    work += echo(port, queue, burst);
                }
            }
            idler.idle(work);
        }
    }

    private int echo(GuestPort port, int queue, PacketBurst burst) {
        burst.clear();
        long epoch = port.epochCount(queue);
        int received = port.rxBurst(queue, burst);
        for (int i = 0; i < burst.count(); i++) {
            MacSwap.swap(port.region(), burst.offset(i));
        }
        while (burst.count() > 0 && !stopped) {
            burst.removeFirst(port.txBurst(queue, burst));
            if (!port.poll(queue) || port.epochCount(queue) != epoch) {
                burst.clear(); // the epoch is over, and the packets with it
            }
        }
        return received;
    }

    /** Waits for the thread, then leaves the links. */
    @Override
    public void close() {
        stopped = true;
        EndOfThread.await(thread);
        ports.forEach(GuestPort::close);
    }
}
