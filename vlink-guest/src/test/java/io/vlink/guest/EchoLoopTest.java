// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import static io.vlink.guest.SmallHost.bus;
import static io.vlink.guest.SmallHost.meta;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vlink.infra.port.TxPolicy;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.LaneState;
import io.vlink.traffic.echo.EchoLoop;
import io.vlink.traffic.echo.EchoPlan;
import io.vlink.traffic.echo.Forward;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Lcores;
import io.vlink.traffic.worker.PortQueue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The shared echo over a guest's port, against the smallest host there can be. */
class EchoLoopTest {
    private static final long BUFFER = 10 * SmallHost.BUFFER_BYTES;
    private static final TxPolicy PATIENT = new TxPolicy(Integer.MAX_VALUE, 0);

    private SmallHost host = new SmallHost();
    private GuestDevice device;
    private GuestPort port;

    @BeforeEach
    void attach() {
        open();
    }

    private void open() {
        device = GuestDevice.open(host);
        port = GuestPort.attach(device, device.link("tap123"));
    }

    @AfterEach
    void close() {
        port.close();
        device.close();
    }

    private EchoLoop echo(Forward forward, TxPolicy policy) {
        return new EchoLoop(List.of(new PortQueue(port, 0)),
                new EchoPlan(Lcores.ANY, IdleStrategy.AUTO, forward, 4, policy, 0, 0), null);
    }

    private void bringUp() {
        bringUp(host, port);
    }

    private static void bringUp(SmallHost host, GuestPort port) {
        host.attachDriver();
        for (int i = 0; i < 8 && !(port.poll(0) && host.pollLane()); i++) {
            host.pollLane();
        }
        assertThat(port.poll(0)).isTrue();
    }

    private byte[] sendFrame(int length) {
        byte[] frame = fill(length);
        MemorySegment.copy(frame, 0, host.region(), ValueLayout.JAVA_BYTE, BUFFER, length);
        host.put(host.rx, bus(BUFFER), meta(length, 77));
        return frame;
    }

    private byte[] frameAt(long offset, int length) {
        return host.region().asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] swapped(byte[] frame) {
        byte[] expected = frame.clone();
        System.arraycopy(frame, 0, expected, 6, 6);
        System.arraycopy(frame, 6, expected, 0, 6);
        return expected;
    }

    @Test
    void returnsTheVeryBufferWithNothingButTheAddressesChanged() {
        EchoLoop echo = echo(Forward.MACSWAP, PATIENT);
        bringUp();
        byte[] frame = sendFrame(1_514);

        assertThat(echo.turn()).isEqualTo(1);

        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(1);
        assertThat(host.batch.address(0)).isEqualTo(bus(BUFFER));
        assertThat(host.batch.meta(0)).isEqualTo(meta(frame.length, 77));
        assertThat(frameAt(BUFFER, frame.length)).isEqualTo(swapped(frame));
    }

    @Test
    void inModeIoNotAByteIsTouched() {
        EchoLoop echo = echo(Forward.IO, PATIENT);
        bringUp();
        byte[] frame = sendFrame(60);
        assertThat(echo.turn()).isEqualTo(1);
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(1);
        assertThat(frameAt(BUFFER, frame.length)).isEqualTo(frame);
    }

    @Test
    void inModeDropBuffersGoBackUnsentAndWaitWhereThereIsNoRoom() {
        EchoLoop echo = echo(Forward.DROP, PATIENT);
        bringUp();
        for (int i = 0; i < 10; i++) {
            host.put(host.rx, bus(BUFFER + i * 2_048L), meta(60, i));
            echo.turn(); // the last two wait for room on free and on rx
        }
        assertThat(host.free.poll(host.batch, 8)).isEqualTo(8);
        echo.turn();
        echo.turn();
        assertThat(host.free.poll(host.batch, 8)).isEqualTo(2);
        assertThat(host.batch.address(1)).isEqualTo(bus(BUFFER + 9 * 2_048L));
        assertThat(host.tx.poll(host.batch, 8)).isZero();
        assertThat(port.statistics().dropped()).isZero();
    }

    @Test
    void ofAChainOnlyTheFirstSegmentHasAddresses() {
        close();
        host = new SmallHost();
        host.putInt(SmallHost.CONTROL_OFFSET + ControlChannelLayout.MTU_OFFSET, 5_000);
        open();
        EchoLoop echo = echo(Forward.MACSWAP, PATIENT);
        bringUp();
        byte[] segment = fill(SmallHost.BUFFER_BYTES);
        for (int i = 1; i <= 3; i++) {
            MemorySegment.copy(segment, 0, host.region(), ValueLayout.JAVA_BYTE, BUFFER + i * 2_048L, segment.length);
        }
        host.put(host.rx, bus(BUFFER + 2_048), Descriptor.meta(2_048, Descriptor.FLAG_MORE, 1), bus(BUFFER + 2 * 2_048),
                Descriptor.meta(100, 0, 2), bus(BUFFER + 3 * 2_048), meta(60, 3));
        while (echo.turn() > 0) {
            // Until all is sent back.
        }
        assertThat(frameAt(BUFFER + 2_048, 2_048)).isEqualTo(swapped(segment));
        assertThat(frameAt(BUFFER + 2 * 2_048, 2_048)).isEqualTo(segment);
        assertThat(frameAt(BUFFER + 3 * 2_048, 2_048)).isEqualTo(swapped(segment));
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(3);
    }

    private static byte[] fill(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7);
        }
        return bytes;
    }

    @Test
    void keepsWhatFindsTxFullAndLosesNothing() {
        EchoLoop echo = echo(Forward.MACSWAP, PATIENT);
        bringUp();
        fillTx(echo);
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(8);
        for (int i = 0; i < 4; i++) {
            echo.turn();
        }
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
            assertThat(host.batch.meta(i)).isEqualTo(meta(60, 8 + i));
        }
        assertThat(port.statistics().dropped()).isZero();
        assertThat(port.statistics().txFull()).isPositive();
    }

    @Test
    void whatOneQueueHasToKeepNeverLeavesOnAnotherOfTheSameWorker() {
        SmallHost otherHost = new SmallHost();
        try (GuestDevice otherDevice = GuestDevice.open(otherHost);
                GuestPort otherPort = GuestPort.attach(otherDevice, otherDevice.link("tap123"))) {
            EchoLoop echo = new EchoLoop(List.of(new PortQueue(port, 0), new PortQueue(otherPort, 0)),
                    new EchoPlan(Lcores.ANY, IdleStrategy.AUTO, Forward.MACSWAP, 4, PATIENT, 0, 0), null);
            bringUp();
            bringUp(otherHost, otherPort);
            fillTx(echo);
            otherHost.put(otherHost.rx, bus(BUFFER), meta(60, 99));
            echo.turn();
            assertThat(otherHost.tx.poll(otherHost.batch, 8)).isEqualTo(1);
            assertThat(otherHost.batch.meta(0)).isEqualTo(meta(60, 99));
            assertThat(host.tx.poll(host.batch, 8)).isEqualTo(8);
            while (echo.turn() > 0) {
                // Until all is sent back.
            }
            assertThat(host.tx.poll(host.batch, 8)).isEqualTo(4);
            assertThat(host.batch.meta(3)).isEqualTo(meta(60, 11));
            assertThat(otherHost.tx.poll(otherHost.batch, 8)).isZero();
        }
    }

    /** Twelve packets, of which tx takes eight. */
    private void fillTx(EchoLoop echo) {
        for (int i = 0; i < 12; i++) {
            host.put(host.rx, bus(BUFFER + i * 2_048L), meta(60, i));
            echo.turn();
        }
    }

    @Test
    void policyDropGivesThemBackAtOnceAndCountsThem() {
        EchoLoop echo = echo(Forward.MACSWAP, TxPolicy.DROP);
        bringUp();
        fillTx(echo);
        assertThat(host.free.poll(host.batch, 8)).isEqualTo(4);
        assertThat(port.statistics().drops()).containsEntry("tx_dropped", 4L);
        assertThat(port.statistics().rxPackets()).isEqualTo(12);
        assertThat(port.statistics().txPackets()).isEqualTo(8);
    }

    @Test
    void policyRetryGivesUpAfterItsRetries() {
        EchoLoop echo = echo(Forward.MACSWAP, new TxPolicy(2, 1_000));
        bringUp();
        fillTx(echo);
        Supplier<Long> dropped = () -> port.statistics().drops().get("tx_dropped");
        for (int i = 0; i < 1_000_000 && dropped.get() < 4; i++) {
            echo.turn();
        }
        assertThat(dropped.get()).isEqualTo(4);
        assertThat(host.free.poll(host.batch, 8)).isEqualTo(4);
    }

    @Test
    void forgetsTheOldEpochsPacketsAndGoesOnInTheNext() {
        EchoLoop echo = echo(Forward.MACSWAP, PATIENT);
        bringUp();
        fillTx(echo);
        resetDevice();
        echo.turn();
        for (int i = 0; i < 6; i++) {
            host.pollLane();
            echo.turn();
        }
        assertThat(host.tx.poll(host.batch, 8)).isZero();
        assertThat(host.free.poll(host.batch, 8)).isZero();
        host.put(host.rx, bus(BUFFER), meta(60, 99));
        echo.turn();
        assertThat(host.tx.poll(host.batch, 8)).isEqualTo(1);
    }

    private void resetDevice() {
        host.putLong(SmallHost.CONTROL_OFFSET + ControlChannelLayout.GUEST_LANE_OFFSET,
                LaneState.NOT_INITIALIZED.word(0));
        host.pollLane();
    }

    @Test
    void regressionSendsNothingOfADeadEpochWhenABurstWasTheFirstToSeeTheNewOne() {
        EchoLoop echo = echo(Forward.MACSWAP, PATIENT);
        bringUp();
        fillTx(echo);
        resetDevice();
        // Whatever looks at the lane between two turns takes the news away from them.
        for (int i = 0; i < 6; i++) {
            port.poll(0);
            host.pollLane();
        }
        assertThat(port.poll(0)).isTrue();
        echo.turn();
        echo.turn();
        assertThat(host.tx.poll(host.batch, 8)).isZero();
        assertThat(host.free.poll(host.batch, 8)).isZero();
    }

    @Test
    void allocatesNothingWhilePacketsFlow() {
        EchoLoop echo = echo(Forward.MACSWAP, PATIENT);
        bringUp();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        roundTrips(echo, 20_000);
        long allocated = allocatedBy(threads, echo);
        // How soon code is warm is the compiler's business: on a busy machine it comes late, and allocates once as it does.
        // What allocates in every round, or in every thousandth, never gets to zero.
        for (int i = 0; i < 10 && allocated != 0; i++) {
            allocated = allocatedBy(threads, echo);
        }
        assertThat(allocated).isZero();
        assertThat(port.statistics().txPackets()).isGreaterThanOrEqualTo(100_000);
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
                host.batch.set(i, bus(BUFFER + i * 2_048L), meta(60, round & 0xffff));
            }
            host.rx.offer(host.batch);
            echo.turn();
            host.tx.poll(host.batch, 8);
        }
    }
}
