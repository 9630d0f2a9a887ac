// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import static io.vlink.guest.SmallHost.bus;
import static io.vlink.guest.SmallHost.meta;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vlink.guest.echo.EchoEvents;
import io.vlink.guest.echo.EchoLoop;
import io.vlink.guest.echo.EchoTotals;
import io.vlink.guest.echo.Idle;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.pci.ControlRegister;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EchoLoopTest {
    private static final long BUFFER = 10 * SmallHost.BUFFER_BYTES;

    private final SmallHost host = new SmallHost();
    private final GuestDevice device = GuestDevice.open(host);
    private final GuestLink link = device.link("tap123");
    private final Heard heard = new Heard();

    /** What the echo told. */
    private static final class Heard implements EchoEvents {
        private final List<String> events = new ArrayList<>();

        @Override
        public void linkUp(GuestLink link) {
            events.add("up " + link.hostEpoch());
        }

        @Override
        public void linkDown(GuestLink link) {
            events.add("down");
        }

        @Override
        public void channelFault(GuestLink link, int channel) {
            events.add("fault " + channel);
        }

        @Override
        public void report(EchoTotals totals) {
            events.add("report");
        }
    }

    @BeforeEach
    void attach() {
        link.attach();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private EchoLoop echo(long count) {
        return new EchoLoop(device, List.of(link), new EchoLoop.Plan(0, 4, Idle.Limit.PARK, count, 0, 0), heard);
    }

    @Test
    void returnsTheVeryBufferWithNothingButTheAddressesChanged() {
        EchoLoop echo = echo(0);
        host.bringUp(link);
        byte[] frame = new byte[1_514];
        for (int i = 0; i < frame.length; i++) {
            frame[i] = (byte) (i * 31);
        }
        MemorySegment.copy(frame, 0, host.region(), ValueLayout.JAVA_BYTE, BUFFER, frame.length);
        host.put(host.rx, bus(BUFFER), meta(frame.length, 77));

        assertThat(echo.poll()).isEqualTo(1);

        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(1);
        assertThat(host.batch.address[0]).isEqualTo(bus(BUFFER));
        assertThat(host.batch.meta[0]).isEqualTo(meta(frame.length, 77));
        byte[] back = host.region().asSlice(BUFFER, frame.length).toArray(ValueLayout.JAVA_BYTE);
        byte[] expected = frame.clone();
        System.arraycopy(frame, 0, expected, 6, 6);
        System.arraycopy(frame, 6, expected, 0, 6);
        assertThat(back).isEqualTo(expected);
    }

    @Test
    void keepsWhatFindsTxFullAndLosesNothing() {
        EchoLoop echo = echo(0);
        host.bringUp(link);
        for (int i = 0; i < 12; i++) {
            host.put(host.rx, bus(BUFFER + i * 2_048L), meta(60, i));
            echo.poll();
        }
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(8);
        for (int i = 0; i < 4; i++) {
            echo.poll();
        }
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
            assertThat(host.batch.meta[i]).isEqualTo(meta(60, 8 + i));
        }
    }

    @Test
    void forgetsTheOldEpochsPacketsAndGoesOnInTheNext() {
        EchoLoop echo = echo(0);
        host.bringUp(link);
        for (int i = 0; i < 10; i++) {
            host.put(host.rx, bus(BUFFER), meta(60, i));
            echo.poll(); // the last two wait for room
        }
        host.putLong(SmallHost.CONTROL_OFFSET + ControlChannelLayout.GUEST_LANE_OFFSET,
                LaneState.NOT_INITIALIZED.word(0)); // as a device reset does
        host.pollLane();
        echo.poll();
        for (int i = 0; i < 4; i++) {
            host.pollLane();
            echo.poll();
        }
        assertThat(host.tx.poll(host.batch, 8)).isZero();
        host.put(host.rx, bus(BUFFER), meta(60, 99));
        echo.poll();
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(1);
        assertThat(heard.events).startsWith("up 1", "down").hasSize(3);
    }

    @Test
    void endsAfterTheCountAndWaitsUntilTheHostHasTakenAll() throws InterruptedException {
        EchoLoop echo = echo(3);
        host.bringUp(link);
        for (int i = 0; i < 3; i++) {
            host.put(host.rx, bus(BUFFER), meta(60, i));
        }
        echo.run();
        assertThat(host.memory.get(SharedWord.LONG, SmallHost.DATA_OFFSET + GuestCounter.TX_PACKETS.offset()))
                .isEqualTo(3);
        Thread slowHost = Thread.ofPlatform().start(() -> host.tx.poll(host.batch, 8));
        echo.drain(TimeUnit.SECONDS.toNanos(20));
        assertThat(link.queue(0).isDrained()).isTrue();
        slowHost.join();
    }

    @Test
    void drainsNoLongerThanItMay() {
        EchoLoop echo = echo(1);
        host.bringUp(link);
        host.put(host.rx, bus(BUFFER), meta(60, 1));
        echo.run();
        echo.drain(TimeUnit.MILLISECONDS.toNanos(5));
        assertThat(link.queue(0).isDrained()).isFalse();
    }

    @Test
    void regressionSendsNothingOfADeadEpochWhenTheLinkComesBackWhileItDrains() {
        EchoLoop echo = echo(0);
        host.bringUp(link);
        for (int i = 0; i < 10; i++) {
            host.put(host.rx, bus(BUFFER), meta(60, i));
            echo.poll(); // the last two wait for room
        }
        host.putLong(SmallHost.CONTROL_OFFSET + ControlChannelLayout.GUEST_LANE_OFFSET,
                LaneState.NOT_INITIALIZED.word(0)); // as a device reset does
        for (int i = 0; i < 6; i++) {
            host.pollLane();
            echo.drain(0);
        }
        assertThat(link.poll()).isTrue();
        assertThat(host.tx.poll(host.batch, 8)).isZero();
    }

    @Test
    @Timeout(30)
    void endsWhenTheAgentIsGoneEvenThoughTheLinkLooksUp() {
        EchoLoop echo = echo(0);
        host.bringUp(link);
        host.register(ControlRegister.MAGIC, ControlRegister.ABSENT);
        echo.run();
        assertThat(echo.isDeviceGone()).isTrue();
    }

    @Test
    void stopsWhenTold() throws InterruptedException {
        EchoLoop echo = echo(0);
        Thread runner = Thread.ofPlatform().start(echo::run);
        echo.stop();
        runner.join(TimeUnit.SECONDS.toMillis(20));
        assertThat(runner.isAlive()).isFalse();
    }

    @Test
    void allocatesNothingWhilePacketsFlow() {
        EchoLoop echo = echo(0);
        host.bringUp(link);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        roundTrips(echo, 20_000);
        long allocated = allocatedBy(threads, echo);
        // How soon code is warm is the compiler's business: on a busy machine it comes late, and allocates once as it does.
        // What allocates in every round, or in every thousandth, never gets to zero.
        for (int i = 0; i < 10 && allocated != 0; i++) {
            allocated = allocatedBy(threads, echo);
        }
        assertThat(allocated).isZero();
        assertThat(echo.totals().txPackets()).isGreaterThanOrEqualTo(100_000);
    }

    private long allocatedBy(ThreadMXBean threads, EchoLoop echo) {
        long before = threads.getCurrentThreadAllocatedBytes();
        long cost = threads.getCurrentThreadAllocatedBytes() - before; // of asking
        before = threads.getCurrentThreadAllocatedBytes();
        roundTrips(echo, 5_000);
        return threads.getCurrentThreadAllocatedBytes() - before - cost;
    }

    private void roundTrips(EchoLoop echo, int rounds) {
        for (int round = 0; round < rounds; round++) {
            host.batch.count = 4;
            for (int i = 0; i < 4; i++) {
                host.batch.address[i] = bus(BUFFER + i * 2_048L);
                host.batch.meta[i] = meta(60, round & 0xffff);
            }
            host.rx.offer(host.batch);
            echo.poll();
            host.tx.poll(host.batch, 8);
        }
    }
}
