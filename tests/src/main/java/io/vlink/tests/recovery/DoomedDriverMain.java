// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.recovery;

import io.vlink.hostpmd.AttachException;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.ring.PacketBurst;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A host driver that works until it is killed: it waits for a line, attaches, says how long that took and whether it found all
 * buffers free, and from then on has packets in flight, empty buffers lent, and buffers of its own.
 */
public final class DoomedDriverMain {
    private static final int BURST = 64;
    private static final int HELD = 16;
    private static final int BUSY_AFTER = 1_000;
    private static final long AGAIN_NANOS = 1_000_000;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private DoomedDriverMain() {
    }

    /**
     * Works until it is killed.
     *
     * @param arguments run directory, name of the link
     * @throws IOException if there is no line to wait for
     */
    public static void main(String[] arguments) throws IOException {
        System.out.println("ready");
        if (System.in.read() < 0) {
            return;
        }
        long start = System.nanoTime();
        VlinkPort port = attach(VdevArguments.parse("eth_vlink0,link=" + arguments[1] + ",mode=mq"),
                Path.of(arguments[0]), start);
        if (!port.waitUntilUp(LIMIT)) {
            throw new IllegalStateException("link did not come up: link=" + arguments[1]);
        }
        long nanos = System.nanoTime() - start;
        System.out.println("attached " + nanos + " " + port.freeBuffers() + " " + port.bufferCount());
        work(port);
    }

    /** The agent learns of a death when the kernel has closed the dead process's socket: a moment later. */
    private static VlinkPort attach(VdevArguments link, Path runDirectory, long start) {
        while (true) {
            try {
                return VlinkPort.attach(link, runDirectory);
            } catch (AttachException taken) {
                if (System.nanoTime() - start > LIMIT.toNanos()) {
                    throw taken;
                }
                LockSupport.parkNanos(AGAIN_NANOS);
            }
        }
    }

    private static void work(VlinkPort port) {
        PacketBurst burst = new PacketBurst(BURST);
        PacketBurst held = new PacketBurst(HELD);
        port.alloc(0, held, HELD);
        long received = 0;
        boolean told = false;
        while (true) {
            burst.clear();
            int taken = port.alloc(0, burst, BURST);
            for (int i = 0; i < taken; i++) {
                burst.length(i, 64);
            }
            burst.removeFirst(port.txBurst(0, burst));
            port.free(0, burst);
            burst.clear();
            received += port.rxBurst(0, burst);
            port.free(0, burst);
            if (!told && received > BUSY_AFTER) {
                System.out.println("busy");
                told = true;
            }
        }
    }
}
