// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.EchoingGuest;
import io.vlink.hostpmd.LinkMode;
import io.vlink.hostpmd.ChannelStatistics;
import io.vlink.hostpmd.TestGuest;
import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.hostpmd.TestLink;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.traffic.frame.FrameFault;
import io.vlink.spec.channel.SubChannel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrafficGeneratorTest {
    private static final int COUNT = 2_000;
    private static final int WINDOW = 48;

    private final TestLink link = new TestLink(2, 64);
    private VlinkPort port;
    private StopReason reason;
    private PktgenReport report;

    @AfterEach
    void close() {
        port.close();
        link.close();
    }

    private static TrafficPlan plan(long count, int size, long rate, List<Integer> queues) {
        return new TrafficPlan(count, null, size, 16, WINDOW, rate, queues, Duration.ofSeconds(2));
    }

    private TrafficCounts run(LinkMode mode, TrafficPlan plan, BiConsumer<TestGuest, List<Lent>> firstBatch) {
        port = link.attach(mode);
        try (EchoingGuest _ = new EchoingGuest(link, firstBatch)) {
            assertThat(port.waitUntilUp(Duration.ofSeconds(10))).isTrue();
            ChannelStatistics before = port.channelStatistics();
            TrafficGenerator generator = new TrafficGenerator(port, plan);
            reason = generator.run();
            report = new PktgenReport(port, plan, generator, reason, port.channelStatistics().since(before));
            return generator.counts();
        }
    }

    private TrafficCounts runOnOneQueue(BiConsumer<TestGuest, List<Lent>> firstBatch) {
        return run(LinkMode.MQ, plan(COUNT, 128, 0, List.of(0)), firstBatch);
    }

    private MemorySegment bytes(Lent packet) {
        return port.region().asSlice(TestLink.offset(packet.address()), 124);
    }

    @ParameterizedTest
    @CsvSource({"MQ, 64", "MQ, 1518", "BOND, 64", "BOND, 571"})
    void everyPacketComesBack(LinkMode mode, int size) {
        List<Integer> queues = mode == LinkMode.MQ ? List.of(0, 1) : List.of(0);
        TrafficCounts counts = run(mode, plan(COUNT, size, 0, queues), null);
        assertThat(reason).isEqualTo(StopReason.COUNT);
        assertThat(counts.sent()).isEqualTo(COUNT);
        assertThat(counts.received()).isEqualTo(COUNT);
        assertThat(counts.isPerfect()).isTrue();
        assertThat(report.isGood()).isTrue();
        assertThat(counts.roundTrips().getTotalCount()).isEqualTo(COUNT);
        assertThat(port.freeBuffers() + port.lentBuffers()).isEqualTo(port.bufferCount());
    }

    @Test
    void countsAPacketThatTheGuestFreesAsLost() {
        TrafficCounts counts = runOnOneQueue((guest, packets) -> {
            guest.put(0, SubChannel.FREE, packets.subList(0, 1));
            guest.put(0, SubChannel.TX, packets.subList(1, packets.size()));
        });
        assertThat(counts.sent()).isEqualTo(COUNT);
        assertThat(counts.outstanding()).isEqualTo(1);
        assertThat(counts.reordered() + counts.duplicated() + counts.corrupt()).isZero();
        assertThat(report.isGood()).isFalse();
    }

    @Test
    void countsAPacketThatIsCopiedOverAnotherAsDuplicatedAndTheOtherAsLost() {
        TrafficCounts counts = runOnOneQueue((guest, packets) -> {
            bytes(packets.get(1)).copyFrom(bytes(packets.get(0)));
            guest.put(0, SubChannel.TX, packets);
        });
        assertThat(counts.duplicated()).isEqualTo(1);
        assertThat(counts.outstanding()).isEqualTo(1);
        assertThat(report.isGood()).isFalse();
    }

    @Test
    void countsAPacketThatIsOvertakenAsReordered() {
        TrafficCounts counts = runOnOneQueue((guest, packets) -> {
            List<Lent> swapped = new ArrayList<>(packets);
            Collections.swap(swapped, 0, 1);
            guest.put(0, SubChannel.TX, swapped);
        });
        assertThat(counts.received()).isEqualTo(COUNT);
        assertThat(counts.reordered()).isEqualTo(1);
        assertThat(counts.isPerfect()).isFalse();
    }

    @Test
    void countsChangedPacketsAsCorruptAndNamesTheFault() {
        TrafficCounts counts = runOnOneQueue((guest, packets) -> {
            bytes(packets.get(0)).set(ValueLayout.JAVA_BYTE, 123, (byte) 0x55);
            guest.swapMacs(packets.get(1));
            guest.put(0, SubChannel.TX, packets);
        });
        assertThat(counts.corrupt()).isEqualTo(2);
        assertThat(counts.outstanding()).isZero();
        assertThat(counts.faults()).isEqualTo(Map.of(FrameFault.PATTERN.label(), 1L,
                FrameFault.MACS_NOT_SWAPPED.label(), 1L));
        assertThat(report.toJson()).contains("\"corrupt\":2").contains("\"pattern_changed\":1");
    }

    @Test
    void isNotGoodWhenADescriptorWasDroppedThoughEveryPacketCameBack() {
        TrafficCounts counts = runOnOneQueue((guest, packets) -> {
            guest.put(0, SubChannel.TX, packets);
            guest.put(0, SubChannel.FREE, List.of(new Lent(0, packets.get(0).meta())));
        });
        assertThat(counts.isPerfect()).isTrue();
        assertThat(report.isGood()).isFalse();
        assertThat(report.toText()).contains("dropped     1 {bad_address=1}");
    }

    @Test
    void keepsToTheRate() {
        TrafficCounts counts = run(LinkMode.MQ, plan(200, 64, 1_000, List.of(0, 1)), null);
        assertThat(counts.isPerfect()).isTrue();
        assertThat(report.toJson()).containsPattern("\"seconds\":(0\\.1[5-9]|0\\.[2-9]|[1-9])");
    }

    @Test
    void neverHasMoreThanTheWindowOnTheWayAndStopsOnRequest() {
        port = link.attach(LinkMode.MQ);
        try (EchoingGuest guest = new EchoingGuest(link)) {
            guest.keepPackets();
            assertThat(port.waitUntilUp(Duration.ofSeconds(10))).isTrue();
            TrafficGenerator generator = new TrafficGenerator(port, plan(COUNT, 64, 0, List.of(0, 1)));
            Thread stopper = Thread.ofPlatform().start(() -> {
                Awaitility.await().until(() -> port.channelStatistics()
                        .total(io.vlink.spec.record.HostCounter.TX_PACKETS) >= WINDOW);
                generator.stop();
            });
            assertThat(generator.run()).isEqualTo(StopReason.SIGNAL);
            assertThat(generator.counts().outstanding()).isEqualTo(WINDOW);
            join(stopper);
        }
    }

    @Test
    void regressionAWindowFullOfLostPacketsEndsTheRunInsteadOfHangingIt() {
        port = link.attach(LinkMode.MQ);
        try (EchoingGuest guest = new EchoingGuest(link)) {
            guest.keepPackets();
            assertThat(port.waitUntilUp(Duration.ofSeconds(10))).isTrue();
            TrafficGenerator generator = new TrafficGenerator(port, plan(COUNT, 64, 0, List.of(0, 1)));
            assertThat(generator.run()).isEqualTo(StopReason.STALLED);
            assertThat(generator.counts().outstanding()).isEqualTo(WINDOW);
        }
    }

    @Test
    void stopsWhenTheGuestLeavesAndCountsWhatWasOnTheWayAsLost() {
        TrafficCounts counts = runOnOneQueue((guest, packets) -> guest.lane(0));
        assertThat(reason).isEqualTo(StopReason.LINK_DOWN);
        assertThat(counts.outstanding()).isEqualTo(counts.sent()).isPositive();
        assertThat(report.isGood()).isFalse();
    }

    @Test
    void stopsWhenTheGuestSpoilsAChannel() {
        TrafficCounts counts = runOnOneQueue((guest, packets) -> guest.moveTo(0, SubChannel.TX, 1L << 40));
        assertThat(reason).isEqualTo(StopReason.QUARANTINED);
        assertThat(counts.outstanding()).isPositive();
        assertThat(report.isGood()).isFalse();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
