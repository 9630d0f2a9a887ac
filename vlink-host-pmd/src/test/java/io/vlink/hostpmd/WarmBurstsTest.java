// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vlink.infra.os.Prefetch;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.record.HostCounter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a port's bursts allocate on the heap: nothing, once they are warm. */
class WarmBurstsTest {
    private static final int QUEUE_SIZE = 64;
    private static final int CHANNELS = 2;
    private static final int BURSTS = 5_000;
    private static final int PACKETS = 4;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final PacketBurst burst = new PacketBurst(QUEUE_SIZE);

    @ParameterizedTest
    @CsvSource({"MQ, 1500", "MQ, 9000", "BOND, 1500", "BOND, 9000"})
    void allocateNothing(LinkMode mode, int mtu) {
        try (TestLink link = new TestLink(CHANNELS, QUEUE_SIZE, mtu); VlinkPort port = link.attach(mode)) {
            TestGuest guest = new TestGuest(link);
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            awaitPrefetch();
            long allocated = allocatedBy(port, guest);
            // How soon code is warm is the compiler's business: on a busy machine it comes late, and allocates once as it
            // does. What allocates in every burst, or in every thousandth, never gets to zero.
            for (int round = 0; round < 10 && allocated != 0; round++) {
                allocated = allocatedBy(port, guest);
            }
            assertThat(allocated).isZero();
            assertThat(port.channelStatistics().total(HostCounter.FREE_BUFFERS)).isPositive();
        }
    }

    /** Where there are prefetches, they are to be measured, too. */
    private static void awaitPrefetch() {
        if ("amd64".equals(System.getProperty("os.arch")) && System.getProperty(Prefetch.PROPERTY) == null) {
            Prefetch.makeReady();
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(Prefetch::isReady);
        }
    }

    private long allocatedBy(VlinkPort port, TestGuest guest) {
        int segments = port.maxSegments();
        int entries = PACKETS * segments;
        long allocated = 0;
        for (int i = 0; i < BURSTS; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            int count = port.alloc(0, burst, entries);
            for (int j = 0; j < count; j++) {
                burst.meta(j, Descriptor.meta(100, (j + 1) % segments == 0 ? 0 : Descriptor.FLAG_MORE, 0));
            }
            int sent = port.txBurst(0, burst);
            allocated += threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(sent).isEqualTo(entries);
            burst.clear();
            bounce(guest);
            before = threads.getCurrentThreadAllocatedBytes();
            port.prefetch(0);
            int received = port.rxBurst(0, burst);
            burst.removeFirst(port.free(0, burst));
            allocated += threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(received).isEqualTo(entries);
        }
        return allocated;
    }

    /** Sends packets back, and gives empty buffers back. */
    private static void bounce(TestGuest guest) {
        for (int channel = 0; channel < CHANNELS; channel++) {
            guest.put(channel, SubChannel.TX, guest.take(channel, SubChannel.RX));
            guest.put(channel, SubChannel.FREE, guest.take(channel, SubChannel.ALLOC));
        }
    }
}
