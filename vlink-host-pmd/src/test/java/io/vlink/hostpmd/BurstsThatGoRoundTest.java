// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.LedgerEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Packets that a guest returns in order and a program sends out again, on a link of one data channel: the host compares them with
 * what it lent and leaves the ledger alone (ADR 9). Whatever else guest or program do then fares as it does without that.
 */
@ParameterizedClass
@EnumSource(TestLink.Table.class)
class BurstsThatGoRoundTest {
    private static final int QUEUE_SIZE = 64;
    private static final int BURST = 16;
    private static final int BURSTS = 3;
    private static final int SHORTEST = 60;

    private final TestLink link;
    private final TestGuest guest;
    private final PacketBurst burst = new PacketBurst(QUEUE_SIZE);
    private final List<Lent> out = new ArrayList<>();
    private VlinkPort port;
    private long sentBytes;

    BurstsThatGoRoundTest(TestLink.Table table) {
        link = new TestLink(1, QUEUE_SIZE, Limits.DEFAULT_MTU, table);
        guest = new TestGuest(link);
        port = link.attach(LinkMode.MQ);
    }

    @BeforeEach
    void goRound() {
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        port.rxBurst(0, burst);
        guest.take(0, SubChannel.ALLOC);
        for (int i = 0; i < BURSTS; i++) {
            assertThat(port.alloc(burst, BURST)).isEqualTo(BURST);
            for (int j = 0; j < BURST; j++) {
                burst.length(j, SHORTEST + i * BURST + j);
            }
            send(BURST);
        }
        for (int i = 0; i < 4 * BURSTS; i++) {
            bounce();
        }
        assertThat(latestInLedger()).as("the ledger is left alone")
                .isLessThan(Descriptor.generation(out.getLast().meta()));
    }

    private int latestInLedger() {
        return IntStream.range(0, link.bufferCount).map(buffer -> LedgerEntry.generation(
                link.memory().record().get(SharedWord.LONG, link.ledgerOffset + buffer * 8L))).max().orElseThrow();
    }

    @AfterEach
    void close() {
        port.close();
        link.close();
    }

    private void send(int wanted) {
        int sent = port.txBurst(0, burst);
        assertThat(sent).isEqualTo(wanted);
        sentBytes += burst.bytes(sent);
        burst.removeFirst(sent);
        out.addAll(guest.take(0, SubChannel.RX));
    }

    private List<Lent> oldest(int count) {
        List<Lent> packets = new ArrayList<>(out.subList(0, count));
        out.subList(0, count).clear();
        return packets;
    }

    private int receive(List<Lent> returned) {
        burst.clear();
        guest.put(0, SubChannel.TX, returned);
        int received = 0;
        int more;
        do {
            more = port.rxBurst(0, burst);
            received += more;
        } while (more > 0);
        return received;
    }

    /** In one burst, after which the port has not been asked for anything. */
    private void receiveAtOnce() {
        burst.clear();
        guest.put(0, SubChannel.TX, oldest(BURST));
        assertThat(port.rxBurst(0, burst)).isEqualTo(BURST);
    }

    private void bounce() {
        receiveAtOnce();
        send(BURST);
    }

    private long count(HostCounter counter) {
        return port.channelStatistics().total(counter);
    }

    /** Every buffer is free, lent, or in the test's burst; the ledger says so once the port has been asked for something. */
    private void assertNoBufferLost() {
        port.rxBurst(0, new PacketBurst(1));
        assertThat(port.freeBuffers() + port.lentBuffers() + burst.count()).isEqualTo(port.bufferCount());
    }

    @Test
    void everyLapIsAnotherGeneration() {
        List<Lent> before = List.copyOf(out);
        for (int i = 0; i < BURSTS; i++) {
            bounce();
        }
        for (int i = 0; i < before.size(); i++) {
            assertThat(out.get(i))
                    .isEqualTo(before.get(i).withGeneration(Descriptor.generation(before.get(i).meta()) + 1));
        }
        assertNoBufferLost();
    }

    @Test
    void theLedgerKnowsOnceTheProgramDoesSomethingElse() {
        int latest = Descriptor.generation(out.getLast().meta());
        guest.put(0, SubChannel.TX, List.of(out.getLast()));
        assertThat(port.rxBurst(0, burst)).isEqualTo(1);
        assertThat(latestInLedger()).isEqualTo(latest + 1);
        burst.clear();
        port.close();
        assertThat(latestInLedger()).isEqualTo(latest + 1);
    }

    @Test
    void packetsAndBytesAreCounted() {
        assertThat(count(HostCounter.TX_PACKETS)).isEqualTo(BURST * 5L * BURSTS);
        assertThat(count(HostCounter.RX_PACKETS)).isEqualTo(BURST * 4L * BURSTS);
        assertThat(count(HostCounter.TX_BYTES)).isEqualTo(sentBytes);
        long onTheirWay = out.stream().mapToLong(Lent::length).sum();
        assertThat(count(HostCounter.RX_BYTES)).isEqualTo(sentBytes - onTheirWay);
        // Bursts that come back cut in another way have the same bytes.
        long expected = out.subList(0, 23).stream().mapToLong(Lent::length).sum();
        assertThat(receive(oldest(5)) + receive(oldest(18))).isEqualTo(23);
        assertThat(count(HostCounter.RX_BYTES)).isEqualTo(sentBytes - onTheirWay + expected);
    }

    @Test
    void aPacketThatComesBackTwiceIsDroppedAndCounted() {
        Lent twice = out.getFirst();
        bounce();
        List<Lent> returned = oldest(BURST);
        returned.add(7, twice);
        assertThat(receive(returned)).isEqualTo(BURST);
        assertThat(count(HostCounter.DROP_STALE_GENERATION)).isEqualTo(1);
        assertThat(count(HostCounter.RX_DROPPED)).isEqualTo(1);
        assertNoBufferLost();
        send(BURST);
        bounce();
    }

    @Test
    void packetsOutOfOrderAreTakenAndSentAgain() {
        List<Lent> returned = oldest(BURSTS * BURST).reversed();
        assertThat(receive(returned)).isEqualTo(BURSTS * BURST);
        assertNoBufferLost();
        send(BURSTS * BURST);
        bounce();
    }

    @Test
    void anEmptyBufferAmongThemIsTakenBackOnce() {
        Lent unwanted = out.remove(BURST + 3);
        guest.put(0, SubChannel.FREE, List.of(unwanted, unwanted));
        for (int i = 0; i < 100; i++) {
            assertThat(port.rxBurst(0, burst)).isZero(); // looks at them now and then
        }
        assertThat(count(HostCounter.FREE_BUFFERS)).isEqualTo(1);
        assertThat(count(HostCounter.DROP_NOT_LENT)).isEqualTo(1);
        bounce();
        assertNoBufferLost();
    }

    @Test
    void whatCameBackCanBeGivenBack() {
        int free = port.freeBuffers();
        receiveAtOnce();
        PacketBurst again = new PacketBurst(BURST);
        again.addAll(burst);
        assertThat(port.free(0, burst)).isEqualTo(BURST);
        assertThat(port.freeBuffers()).isEqualTo(free + BURST);
        assertThatThrownBy(() -> port.free(0, again)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> port.txBurst(0, again)).isInstanceOf(IllegalArgumentException.class);
        burst.clear();
        assertNoBufferLost();
        bounce();
    }

    @Test
    void whatCameBackCanBeDropped() {
        receiveAtOnce();
        assertThat(port.drop(0, burst)).isEqualTo(BURST);
        assertThat(count(HostCounter.TX_DROPPED)).isEqualTo(BURST);
        burst.clear();
        assertNoBufferLost();
    }

    @Test
    void aBurstThatIsOutCannotBeSentAgain() {
        receiveAtOnce();
        assertThat(port.txBurst(0, burst)).isEqualTo(BURST);
        assertThatThrownBy(() -> port.txBurst(0, burst)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("packet=0");
        assertThat(guest.take(0, SubChannel.RX)).hasSize(BURST);
    }

    @Test
    void whatFindsNoRoomStaysThePrograms() {
        assertThat(port.alloc(burst, 40)).isEqualTo(40);
        for (int i = 0; i < 40; i++) {
            burst.length(i, SHORTEST);
        }
        assertThat(port.txBurst(0, burst)).isEqualTo(40);
        burst.clear();
        guest.put(0, SubChannel.TX, oldest(BURSTS * BURST));
        assertThat(port.rxBurst(0, burst)).isEqualTo(BURSTS * BURST);
        assertThat(port.txBurst(0, burst)).isEqualTo(QUEUE_SIZE - 40);
        burst.removeFirst(QUEUE_SIZE - 40);
        assertNoBufferLost();
        assertThat(guest.take(0, SubChannel.RX)).hasSize(QUEUE_SIZE);
        send(BURSTS * BURST - (QUEUE_SIZE - 40));
    }

    @Test
    void onePacketAtATimeGoesOn() {
        for (int i = 0; i < 200; i++) {
            guest.put(0, SubChannel.TX, oldest(1));
            assertThat(port.rxBurst(0, burst)).isEqualTo(1);
            send(1);
        }
        assertThat(latestInLedger()).as("the ledger is left alone still")
                .isLessThan(Descriptor.generation(out.getLast().meta()));
        bounce();
        assertNoBufferLost();
    }

    @Test
    void whatCameBackIsTheProgramsOnceThePortIsAskedForSomething() {
        int lent = port.lentBuffers();
        receiveAtOnce();
        assertThat(port.lentBuffers()).isEqualTo(lent);
        assertThat(port.rxBurst(0, new PacketBurst(1))).isZero();
        assertThat(port.lentBuffers()).isEqualTo(lent - BURST);
        assertNoBufferLost();
    }

    @Test
    void aNewEpochTakesAllThatIsOutBack() {
        receiveAtOnce();
        int lent = port.lentBuffers() - BURST;
        guest.lane(0);
        port.linkUp();
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        assertThat(port.lentBuffers()).isZero();
        assertThat(port.freeBuffers()).isEqualTo(port.bufferCount() - BURST);
        assertThat(count(HostCounter.RECLAIMED_BUFFERS)).isEqualTo(lent);
        guest.put(0, SubChannel.TX, oldest(BURST));
        assertThat(port.rxBurst(0, new PacketBurst(BURST))).as("of the old epoch").isZero();
        assertThat(count(HostCounter.DROP_NOT_LENT)).isEqualTo(BURST);
        send(BURST);
    }

    @Test
    void theNextDriverFindsWhatTheGuestHasAndNothingElse() {
        receiveAtOnce();
        int lent = port.lentBuffers() - BURST;
        port.close();
        port = link.attach(LinkMode.MQ);
        assertThat(port.lentBuffers()).isEqualTo(lent);
        assertThat(port.freeBuffers()).isEqualTo(port.bufferCount() - lent);
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        assertThat(port.freeBuffers()).isEqualTo(port.bufferCount());
    }

    @Test
    void aDriverThatDiedLosesNothing() {
        receiveAtOnce();
        VlinkPort next = link.attach(LinkMode.MQ); // the other one is never told
        guest.acknowledge();
        assertThat(next.linkUp()).isTrue();
        assertThat(next.freeBuffers()).isEqualTo(next.bufferCount());
        next.close();
    }

    @Test
    void aGuestThatKeepsSendingTheSameIsQuarantined() {
        Lent same = out.getFirst();
        bounce();
        for (int i = 0; i < 100 && !port.isQuarantined(0); i++) {
            receive(Collections.nCopies(BURST, same));
        }
        assertThat(port.isQuarantined(0)).isTrue();
        burst.clear();
        assertNoBufferLost();
    }

    @Test
    void ofTwoQueuesEachAsksTheLedger() {
        TestLink two = new TestLink(2, QUEUE_SIZE, Limits.DEFAULT_MTU, TestLink.Table.OFFSETS);
        TestGuest itsGuest = new TestGuest(two);
        VlinkPort itsPort = itsGuest.up(LinkMode.MQ);
        PacketBurst packets = new PacketBurst(BURST);
        assertThat(itsPort.alloc(1, packets, BURST)).isEqualTo(BURST);
        for (int i = 0; i < BURST; i++) {
            packets.length(i, SHORTEST);
        }
        for (int i = 0; i < 10; i++) {
            assertThat(itsPort.txBurst(1, packets)).isEqualTo(BURST);
            packets.clear();
            itsGuest.put(1, SubChannel.TX, itsGuest.take(1, SubChannel.RX));
            assertThat(itsPort.rxBurst(1, packets)).isEqualTo(BURST);
        }
        assertThat(itsPort.free(0, packets)).as("on the other queue, maybe by another worker").isEqualTo(BURST);
        itsPort.close();
        two.close();
    }
}
