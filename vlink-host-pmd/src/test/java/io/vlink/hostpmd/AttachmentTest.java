// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.os.Prefetch;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.record.LinkRecordLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A port whose agent leaves and comes back. */
class AttachmentTest {
    private static final int WINDOW = 16;
    private static final int LAPS = 7;

    private final TestLink link = new TestLink(1, 64);
    private final TestGuest guest = new TestGuest(link);
    private final PacketBurst burst = new PacketBurst(64);
    @TempDir
    private Path runDir;
    private TestAgent agent;
    private VlinkPort port;

    @BeforeEach
    void attach() {
        agent = new TestAgent(runDir, link);
        port = VlinkPort.attach(VdevArguments.parse("eth_vlink0,link=" + TestLink.NAME), runDir);
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
    }

    @AfterEach
    void close() {
        port.close();
        agent.close();
        link.close();
    }

    private void awaitState(AgentState state) {
        await().until(() -> port.agentState() == state);
    }

    private void send() {
        burst.clear();
        assertThat(port.alloc(burst, 1)).isEqualTo(1);
        burst.length(0, 64);
        assertThat(port.txBurst(0, burst)).isEqualTo(1);
        burst.clear();
    }

    @Test
    void aDriverThatHasAttachedPrefetchesAMomentLater() {
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "there is machine code for amd64 only");
        await().atMost(Duration.ofSeconds(20)).until(Prefetch::isReady);
    }

    @Test
    void packetsFlowWhileTheAgentIsAway() {
        agent.close();
        awaitState(AgentState.AWAY);
        send();
        assertThat(guest.echo(0)).isEqualTo(1);
        assertThat(port.rxBurst(0, burst)).isEqualTo(1);
        assertThat(port.isGone()).isFalse();
        port.free(burst);
    }

    @Test
    void anEpochThatTheAgentGaveUpGoesOnWithWhatIsOnItsWay() {
        send();
        List<Lent> packets = guest.take(0, SubChannel.RX);
        long word = guest.hostWord();
        agent.close();
        awaitState(AgentState.AWAY);
        // As an agent does that has lost sight of a driver.
        long left = LaneState.NOT_INITIALIZED.word(LaneState.epoch(word));
        SharedWord.LONG_HANDLE.setRelease(link.memory().record(), LinkRecordLayout.HOST_LANE_OFFSET, left);
        SharedWord.LONG_HANDLE.setRelease(link.controlChannel(), ControlChannelLayout.HOST_LANE_OFFSET, left);
        assertThat(port.rxBurst(0, burst)).isZero();

        agent = new TestAgent(runDir, link);
        awaitState(AgentState.ATTACHED);

        assertThat(guest.hostWord()).isEqualTo(word);
        guest.put(0, SubChannel.TX, packets);
        assertThat(port.rxBurst(0, burst)).isEqualTo(1);
        assertThat(port.epochCount()).isEqualTo(1);
        port.free(burst);
    }

    @Test
    void isGoneWhereTheLinkIsThereInOtherMemory() {
        agent.close();
        try (TestLink anew = new TestLink(1, 64)) {
            agent = new TestAgent(runDir, anew);
            awaitState(AgentState.REPLACED);
            assertThat(port.isGone()).isTrue();
        }
    }

    @Test
    void closesAtOnceWhileTheAgentIsAway() {
        agent.close();
        awaitState(AgentState.AWAY);
        long start = System.nanoTime();
        port.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    /** Nothing may be written to the record then, which may be another driver's; so the ledger never hears of the last bursts. */
    @Test
    void buffersThatWentRoundAreTheNextDriversAfterACloseWhileTheAgentIsAway() {
        goRound();
        guest.put(0, SubChannel.TX, guest.take(0, SubChannel.RX));
        assertThat(port.rxBurst(0, burst)).isEqualTo(WINDOW); // the program's, and in the ledger as lent
        assertThat(port.lentBuffers()).isGreaterThanOrEqualTo(WINDOW);
        agent.close();
        awaitState(AgentState.AWAY);
        long[] before = ledger();
        port.close();
        assertThat(ledger()).isEqualTo(before);

        agent = new TestAgent(runDir, link);
        port = VlinkPort.attach(VdevArguments.parse("eth_vlink0,link=" + TestLink.NAME), runDir);
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        assertThat(port.freeBuffers() + port.lentBuffers()).isEqualTo(port.bufferCount());
        int empty = guest.take(0, SubChannel.ALLOC).size();
        assertThat(port.lentBuffers()).isEqualTo(empty);
        burst.clear();
        goRound();
    }

    private long[] ledger() {
        return link.memory().record().asSlice(link.ledgerOffset, link.bufferCount * 8L).toArray(SharedWord.LONG);
    }

    /** A window that is sent again just as it comes back. */
    private void goRound() {
        assertThat(port.alloc(burst, WINDOW)).isEqualTo(WINDOW);
        for (int i = 0; i < WINDOW; i++) {
            burst.length(i, 64);
        }
        for (int lap = 0; lap <= LAPS; lap++) {
            assertThat(port.txBurst(0, burst)).isEqualTo(WINDOW);
            burst.clear();
            if (lap < LAPS) {
                guest.put(0, SubChannel.TX, guest.take(0, SubChannel.RX));
                assertThat(port.rxBurst(0, burst)).isEqualTo(WINDOW);
            }
        }
    }
}
