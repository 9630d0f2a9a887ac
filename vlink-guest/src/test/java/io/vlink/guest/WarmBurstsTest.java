// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import static io.vlink.guest.SmallHost.bus;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vlink.infra.os.Prefetch;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.Descriptor;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest port's bursts allocate on the heap: nothing, once they are warm. */
class WarmBurstsTest {
    private static final int BURSTS = 5_000;
    private static final int ENTRIES = 5; // one packet of an MTU of 9,000, five of one of 1,500

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final SmallHost host = new SmallHost();
    private final PacketBurst burst = new PacketBurst(SmallHost.QUEUE_SIZE);

    @ParameterizedTest
    @ValueSource(ints = {1_500, 9_000})
    void allocateNothing(int mtu) {
        host.putInt(SmallHost.CONTROL_OFFSET + ControlChannelLayout.MTU_OFFSET, mtu);
        try (GuestDevice device = GuestDevice.open(host); GuestPort port = attach(device)) {
            awaitPrefetch();
            long allocated = allocatedBy(port);
            // How soon code is warm is the compiler's business: on a busy machine it comes late, and allocates once as it
            // does. What allocates in every burst, or in every thousandth, never gets to zero.
            for (int round = 0; round < 10 && allocated != 0; round++) {
                allocated = allocatedBy(port);
            }
            assertThat(allocated).isZero();
        }
    }

    private GuestPort attach(GuestDevice device) {
        GuestPort port = GuestPort.attach(device, device.link("tap123"));
        host.attachDriver();
        for (int i = 0; i < 8 && !port.poll(0); i++) {
            host.pollLane();
        }
        assertThat(port.poll(0)).isTrue();
        return port;
    }

    /** Where there are prefetches, they are to be measured, too. */
    private static void awaitPrefetch() {
        if ("amd64".equals(System.getProperty("os.arch")) && System.getProperty(Prefetch.PROPERTY) == null) {
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(Prefetch::isReady);
        }
    }

    private long allocatedBy(GuestPort port) {
        int segments = port.maxSegments();
        long allocated = 0;
        for (int i = 0; i < BURSTS; i++) {
            offer(host.rx, segments, i);
            offer(host.alloc, 1, i);
            long before = threads.getCurrentThreadAllocatedBytes();
            port.prefetch(0);
            int received = port.rxBurst(0, burst);
            int sent = port.txBurst(0, burst);
            burst.removeFirst(sent);
            int taken = port.alloc(0, burst, ENTRIES);
            int freed = port.free(0, burst);
            burst.removeFirst(freed);
            allocated += threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(received).isEqualTo(ENTRIES);
            assertThat(sent).isEqualTo(ENTRIES);
            assertThat(taken).isEqualTo(ENTRIES);
            assertThat(freed).isEqualTo(ENTRIES);
            assertThat(host.tx.poll(host.batch, ENTRIES)).isEqualTo(ENTRIES);
            assertThat(host.free.poll(host.batch, ENTRIES)).isEqualTo(ENTRIES);
        }
        return allocated;
    }

    /** Lends buffers: packets of so many descriptors. */
    private void offer(ProducerRing ring, int segments, int generation) {
        host.batch.count = ENTRIES;
        for (int i = 0; i < ENTRIES; i++) {
            int flags = (i + 1) % segments == 0 ? 0 : Descriptor.FLAG_MORE;
            host.batch.set(i, bus((long) i * SmallHost.BUFFER_BYTES), Descriptor.meta(100, flags, generation));
        }
        assertThat(ring.offer(host.batch)).isEqualTo(ENTRIES);
    }
}
