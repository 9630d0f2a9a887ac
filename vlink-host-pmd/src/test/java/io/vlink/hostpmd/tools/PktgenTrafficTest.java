// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.EchoingGuest;
import io.vlink.hostpmd.TestAgent;
import io.vlink.hostpmd.TestGuest;
import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.hostpmd.TestLink;
import io.vlink.spec.channel.SubChannel;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the generator makes of guests that lose, repeat, reorder, change and keep packets. */
class PktgenTrafficTest {
    private static final int COUNT = 2_000;
    private static final int WINDOW = 48;

    @TempDir
    private Path runDir;

    private final TestLink link = new TestLink(2, 64);
    private final StopSignal stop = StopSignal.none();
    private TestAgent agent;
    private String report;
    private String errors;
    private int status;

    @BeforeEach
    void startAgent() {
        agent = new TestAgent(runDir, link);
    }

    @AfterEach
    void close() {
        agent.close();
        link.close();
    }

    private void run(String mode, String... options) {
        List<String> arguments = new ArrayList<>(List.of("--run-dir=" + runDir, "--json", "--burst=16",
                "--window=" + WINDOW, "--timeout=1", "--vdev=eth_vlink0,link=tap123,mode=" + mode));
        arguments.addAll(List.of(options));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        status = new PktgenMain().run(new PrintWriter(out), new PrintWriter(err), stop,
                arguments.toArray(String[]::new));
        report = out.toString();
        errors = err.toString().strip();
    }

    private void runOnOneQueue(BiConsumer<TestGuest, List<Lent>> firstBatch) {
        try (EchoingGuest _ = new EchoingGuest(link, firstBatch)) {
            run("mq", "--count=" + COUNT, "--size=128", "--queue=0");
        }
    }

    /** A number of the report; of several with that name, the first. */
    private long count(String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":(-?\\d+)").matcher(report);
        assertThat(matcher.find()).as("%s in %s", name, report).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    private MemorySegment bytes(Lent packet) {
        return link.region().asSlice(link.offset(packet.address()), 124);
    }

    @ParameterizedTest
    @CsvSource({"mq, 64, 0-0", "mq, 1518, 0-1", "bond, 64, 0", "bond, 571, 0"})
    void everyPacketComesBack(String mode, int size, String lcores) {
        boolean pinned = lcores.equals("0-1") && Runtime.getRuntime().availableProcessors() > 1;
        try (EchoingGuest _ = new EchoingGuest(link)) {
            run(mode, "--count=" + COUNT, "--size=" + size, pinned ? "--lcores=0-1" : "--idle=yield");
        }
        assertThat(errors).isEmpty();
        assertThat(status).isZero();
        assertThat(report).contains("\"stopped\":\"count\"").contains("\"law\":{\"sent\":2000,\"received\":2000,"
                + "\"dropped\":0,\"inFlight\":0,\"holds\":true}");
        assertThat(count("received")).isEqualTo(COUNT);
        assertThat(report.split("\"worker\":", -1)).hasSize(pinned ? 3 : 2);
    }

    @Test
    void countsAPacketThatTheGuestFreesAsLost() {
        runOnOneQueue((guest, packets) -> {
            guest.put(0, SubChannel.FREE, packets.subList(0, 1));
            guest.put(0, SubChannel.TX, packets.subList(1, packets.size()));
        });
        assertThat(count("sent")).isEqualTo(COUNT);
        assertThat(count("lost")).isEqualTo(1);
        assertThat(count("reordered") + count("duplicated") + count("corrupt")).isZero();
        assertThat(report).contains("\"inFlight\":1,\"holds\":false");
        assertThat(status).isEqualTo(1);
    }

    @Test
    void countsAPacketThatIsCopiedOverAnotherAsDuplicatedAndTheOtherAsLost() {
        runOnOneQueue((guest, packets) -> {
            bytes(packets.get(1)).copyFrom(bytes(packets.get(0)));
            guest.put(0, SubChannel.TX, packets);
        });
        assertThat(count("duplicated")).isEqualTo(1);
        assertThat(count("lost")).isEqualTo(1);
        assertThat(status).isEqualTo(1);
    }

    @Test
    void countsAPacketThatIsOvertakenAsReordered() {
        runOnOneQueue((guest, packets) -> {
            List<Lent> swapped = new ArrayList<>(packets);
            Collections.swap(swapped, 0, 1);
            guest.put(0, SubChannel.TX, swapped);
        });
        assertThat(count("received")).isEqualTo(COUNT);
        assertThat(count("reordered")).isEqualTo(1);
        assertThat(status).isEqualTo(1);
    }

    @Test
    void countsChangedPacketsAsCorruptAndNamesTheFault() {
        runOnOneQueue((guest, packets) -> {
            bytes(packets.get(0)).set(ValueLayout.JAVA_BYTE, 123, (byte) 0x55);
            guest.swapMacs(packets.get(1));
            guest.put(0, SubChannel.TX, packets);
        });
        assertThat(count("corrupt")).isEqualTo(2);
        assertThat(count("lost")).isZero();
        assertThat(count("pattern_changed")).isEqualTo(1);
        assertThat(count("macs_not_swapped")).isEqualTo(1);
        assertThat(status).isEqualTo(1);
    }

    @Test
    void isNotGoodWhenADescriptorWasDroppedThoughEveryPacketCameBack() {
        runOnOneQueue((guest, packets) -> {
            guest.put(0, SubChannel.TX, packets);
            guest.put(0, SubChannel.FREE, List.of(new Lent(0, packets.get(0).meta())));
        });
        assertThat(count("received")).isEqualTo(COUNT);
        assertThat(count("bad_address")).isEqualTo(1);
        assertThat(status).isEqualTo(1);
    }

    @Test
    void keepsToTheRate() {
        try (EchoingGuest _ = new EchoingGuest(link)) {
            run("mq", "--count=200", "--rate=1000");
        }
        assertThat(status).isZero();
        assertThat(report).containsPattern("\"seconds\":(0\\.1[5-9]|0\\.[2-9]|[1-9])");
    }

    @Test
    void neverHasMoreThanTheWindowOnTheWayAndStopsOnRequest() {
        try (EchoingGuest guest = new EchoingGuest(link)) {
            guest.keepPackets();
            Thread stopper = Thread.ofPlatform().start(() -> {
                Awaitility.await().until(() -> guest.taken() >= WINDOW);
                stop.request();
            });
            run("mq");
            assertThat(report).contains("\"stopped\":\"signal\"");
            assertThat(count("lost")).isEqualTo(WINDOW);
            ProgramRun.awaitEnd(stopper);
        }
    }

    @Test
    void regressionAWindowFullOfLostPacketsEndsTheRunInsteadOfHangingIt() {
        try (EchoingGuest guest = new EchoingGuest(link)) {
            guest.keepPackets();
            run("mq");
        }
        assertThat(report).contains("\"stopped\":\"stalled\"");
        assertThat(count("lost")).isEqualTo(WINDOW);
        assertThat(errors).startsWith("pktgen: link=tap123 does not move: mode=mq queue=0 channel=0 in_flight=")
                .contains(", queue=1 channel=1 in_flight=").contains(" lost=" + WINDOW + ":").doesNotContain("\n");
    }

    @Test
    void stopsWhenTheGuestLeavesAndCountsWhatWasOnTheWayAsLost() {
        runOnOneQueue((guest, packets) -> guest.lane(0));
        assertThat(report).contains("\"stopped\":\"link_down\"");
        assertThat(count("lost")).isEqualTo(count("sent")).isPositive();
        assertThat(status).isEqualTo(1);
        assertThat(errors).startsWith("pktgen: link=tap123 went down").doesNotContain("\n");
    }

    @Test
    void stopsWhenTheGuestSpoilsAChannel() {
        runOnOneQueue((guest, packets) -> guest.moveTo(0, SubChannel.TX, 1L << 40));
        assertThat(report).contains("\"stopped\":\"quarantined\"").contains("\"quarantined\":1");
        assertThat(count("lost")).isPositive();
        assertThat(status).isEqualTo(1);
    }

    @Test
    void sendsOneWayUntilTheGuestHasTakenAll() {
        try (EchoingGuest guest = new EchoingGuest(link)) {
            guest.freePackets();
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            status = new PktgenMain().run(new PrintWriter(out), new PrintWriter(err), stop, "--run-dir=" + runDir,
                    "--json",
                    "--one-way", "--count=" + COUNT, "--vdev=eth_vlink0,link=tap123");
            report = out.toString();
            assertThat(err.toString()).isEmpty();
            assertThat(guest.taken()).isEqualTo(COUNT);
        }
        assertThat(status).isZero();
        assertThat(report).contains("\"oneWay\":true").contains("\"law\":{\"sent\":2000,\"received\":2000,");
        assertThat(count("lost")).isZero();
    }
}
