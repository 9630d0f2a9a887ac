// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestPort;
import io.vlink.guest.device.VfioUserDevice;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortStatistics;
import io.vlink.infra.ring.PacketBurst;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A port of either side as the bench sees it: the one class that knows the drivers' API. One thread. */
final class BenchPort implements AutoCloseable {
    private static final long POLL_NANOS = 100_000;

    private final Port port;
    private final AutoCloseable beneath;
    private final PortStatistics before;

    private BenchPort(Port port, AutoCloseable beneath) {
        this.port = port;
        this.beneath = beneath;
        before = port.statistics();
    }

    static BenchPort ofHost(String link, Path runDirectory) {
        return new BenchPort(
                VlinkPort.attach(VdevArguments.parse("eth_vlink0,link=" + link + ",mode=mq"), runDirectory),
                () -> {
                });
    }

    static BenchPort ofGuest(String link, Path deviceSocket) {
        GuestDevice device = GuestDevice.open(VfioUserDevice.open(deviceSocket));
        return new BenchPort(GuestPort.attach(device, device.link(link)), device);
    }

    boolean waitUntilUp(Duration timeout) {
        long begin = System.nanoTime();
        while (!port.poll(0)) {
            if (port.isGone() || System.nanoTime() - begin > timeout.toNanos()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    int queues() {
        return port.queues();
    }

    int alloc(int queue, PacketBurst into, int count) {
        return port.alloc(queue, into, count);
    }

    void prefetch(int queue) {
        port.prefetch(queue);
    }

    int receive(int queue, PacketBurst into) {
        return port.rxBurst(queue, into);
    }

    /** Sends what fits and leaves the rest in the burst. */
    int transmit(int queue, PacketBurst packets) {
        int taken = port.txBurst(queue, packets);
        packets.removeFirst(taken);
        return taken;
    }

    /** Gives back what can be taken and leaves the rest in the burst. */
    void free(int queue, PacketBurst packets) {
        packets.removeFirst(port.free(queue, packets));
    }

    int bufferBytes() {
        return port.bufferBytes();
    }

    /** {@return buffers that a frame of this size takes} */
    int segments(int frameBytes) {
        if (frameBytes > port.maxFrameBytes()) {
            throw new IllegalArgumentException("size must be at most " + port.maxFrameBytes() + " on link "
                    + port.link() + ": size=" + frameBytes);
        }
        return Math.ceilDiv(frameBytes, port.bufferBytes());
    }

    boolean isDrained(int queue) {
        return port.isDrained(queue);
    }

    MemorySegment region() {
        return port.region();
    }

    /** {@return all packets that were dropped, for whatever reason, since the port was attached} */
    long drops() {
        return port.statistics().since(before).dropped();
    }

    @Override
    public void close() {
        port.close();
        try {
            beneath.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
