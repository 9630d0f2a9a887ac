// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.zerocopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.device.VfioUserDevice;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Proves that a packet is never copied: it returns in its own buffer, and what the host writes into it <em>while the guest has
 * it</em> is there when it returns. A guest that copied a payload out and back would put old bytes over the newest ones; a
 * third test has such a guest and shows that it is caught.
 */
class ZeroCopyTest {
    private static final int FRAME_BYTES = 1_024;
    private static final long NONCE_OFFSET = 512;
    /** Places that are written in turn: an old value put back stays to be seen until the host comes round again. */
    private static final int NONCES = 64;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Lab lab = Lab.create();
    private Path socket;

    @BeforeEach
    void startAgent() {
        AgentProcess agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        Path config = lab.write("link.config", "tap123 52:54:00:00:00:01 2\n");
        socket = Path.of(agent.vlinkctl("register", "vm_domain=zerocopy,init_config=" + config).getLast());
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private VlinkPort attach() {
        VlinkPort port = VlinkPort.attach(VdevArguments.parse("eth_vlink0,link=tap123,mode=mq"), lab.runDirectory());
        assertThat(port.waitUntilUp(LIMIT)).isTrue();
        return port;
    }

    private void startEcho() {
        ManagedProcess echo = lab.start("vlink-guest",
                List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket.toString()));
        echo.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
    }

    /** Sends packets one by one, writing into each until it is back; returns how many came back with an old value. */
    private static int countOverwritten(VlinkPort port, int packets) {
        PacketBurst out = new PacketBurst(1);
        PacketBurst in = new PacketBurst(1);
        MemorySegment region = port.region();
        int overwritten = 0;
        long nonce = 0;
        for (int i = 0; i < packets; i++) {
            out.clear();
            assertThat(port.alloc(out, 1)).isEqualTo(1);
            long frame = out.offset(0);
            region.asSlice(frame, FRAME_BYTES).fill((byte) i);
            for (int k = 0; k < NONCES; k++) {
                writeNonce(region, frame, ++nonce);
            }
            out.length(0, FRAME_BYTES);
            assertThat(port.txBurst(0, out)).isEqualTo(1);
            long deadline = System.nanoTime() + LIMIT.toNanos();
            do {
                writeNonce(region, frame, ++nonce);
                in.clear();
                if (System.nanoTime() > deadline) {
                    throw new LabException("packet did not come back: packet=" + i, "");
                }
            } while (port.rxBurst(0, in) == 0);
            assertThat(in.offset(0)).as("offset of the returned frame").isEqualTo(frame);
            assertThat(in.length(0)).isEqualTo(FRAME_BYTES);
            overwritten += hasNewestNonces(region, frame, nonce) ? 0 : 1;
            port.free(in);
        }
        return overwritten;
    }

    private static void writeNonce(MemorySegment region, long frame, long nonce) {
        region.set(ValueLayout.JAVA_LONG, frame + NONCE_OFFSET + nonce % NONCES * Long.BYTES, nonce);
    }

    private static boolean hasNewestNonces(MemorySegment region, long frame, long newest) {
        boolean all = true;
        for (long nonce = newest - NONCES + 1; nonce <= newest; nonce++) {
            all &= region.get(ValueLayout.JAVA_LONG, frame + NONCE_OFFSET + nonce % NONCES * Long.BYTES) == nonce;
        }
        return all;
    }

    @Test
    void theFrameComesBackInTheVeryBufferItWasSentIn() {
        startEcho();
        try (VlinkPort port = attach()) {
            assertThat(countOverwritten(port, 1_000)).isZero();
        }
    }

    @Test
    void noByteOfPayloadIsCopiedOnTheWay() {
        startEcho();
        try (VlinkPort port = attach()) {
            assertThat(countOverwritten(port, 200_000)).isZero();
        }
    }

    @Test
    void aGuestThatCopiesPayloadOutAndBackIsCaught() throws InterruptedException {
        CopyingGuest guest = new CopyingGuest(socket);
        Thread thread = Thread.ofPlatform().start(guest);
        try (VlinkPort port = attach()) {
            assertThat(countOverwritten(port, 2_000)).isGreaterThan(1_000);
        } finally {
            guest.stop();
            thread.join();
        }
    }

    /** An echo over the real guest library that does what vlink promises not to do. */
    private static final class CopyingGuest implements Runnable {
        private final Path socket;
        private volatile boolean stopped;

        CopyingGuest(Path socket) {
            this.socket = socket;
        }

        void stop() {
            stopped = true;
        }

        @Override
        public void run() {
            try (GuestDevice device = GuestDevice.open(VfioUserDevice.open(socket))) {
                GuestLink link = device.link("tap123");
                link.attach();
                PacketBurst burst = new PacketBurst(32);
                byte[] bounce = new byte[2_048];
                while (!stopped) {
                    if (!link.poll() || link.queue(0).rxBurst(burst) == 0) {
                        Thread.onSpinWait();
                        continue;
                    }
                    for (int i = 0; i < burst.count(); i++) {
                        MemorySegment frame = device.region().asSlice(burst.offset(i), burst.length(i));
                        MemorySegment.copy(frame, ValueLayout.JAVA_BYTE, 0, bounce, 0, burst.length(i));
                        waitForAnotherWrite(frame);
                        MemorySegment.copy(bounce, 0, frame, ValueLayout.JAVA_BYTE, 0, burst.length(i));
                    }
                    while (burst.count() > 0 && !stopped) {
                        burst.removeFirst(link.queue(0).txBurst(burst));
                    }
                }
            }
        }

        /** However the machine shares out its processors, the host writes between copying out and copying back. */
        private void waitForAnotherWrite(MemorySegment frame) {
            long before = newest(frame);
            while (newest(frame) == before && !stopped) {
                Thread.onSpinWait();
            }
        }

        private static long newest(MemorySegment frame) {
            long newest = 0;
            for (int k = 0; k < NONCES; k++) {
                long at = NONCE_OFFSET + (long) k * Long.BYTES;
                newest = Math.max(newest, (long) ValueLayout.JAVA_LONG.varHandle().getOpaque(frame, at));
            }
            return newest;
        }
    }
}
