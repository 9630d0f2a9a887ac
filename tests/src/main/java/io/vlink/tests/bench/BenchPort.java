// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.ring.PacketBurst;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** The driver as the bench sees it: the one class that knows its API. One thread. */
final class BenchPort implements AutoCloseable {
    private final VlinkPort port;

    private BenchPort(VlinkPort port) {
        this.port = port;
    }

    static BenchPort attach(String link, Path runDirectory) {
        return new BenchPort(
                VlinkPort.attach(VdevArguments.parse("eth_vlink0,link=" + link + ",mode=mq"), runDirectory));
    }

    boolean waitUntilUp(Duration timeout) {
        return port.waitUntilUp(timeout);
    }

    int queues() {
        return port.queues();
    }

    int alloc(PacketBurst into, int count) {
        return port.alloc(into, count);
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

    void free(PacketBurst packets) {
        port.free(packets);
    }

    MemorySegment region() {
        return port.region();
    }

    /** What the driver refused of all that the guest returned, by reason. */
    Map<String, Long> drops() {
        return port.channelStatistics().drops();
    }

    @Override
    public void close() {
        port.close();
    }
}
