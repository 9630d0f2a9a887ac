// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EBUSY;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.VERSION;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.AgentLog;
import io.vlink.infra.command.LineQuota;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a peer of a device may cause in its log, and how long it may keep a place: each kind of peer that there is. */
class DeviceLimitsTest {
    private static final int TIMES = 60;

    @TempDir
    private Path folder;
    private AgentLog log;

    @AfterEach
    void closeLog() {
        if (log != null) {
            log.close();
        }
    }

    private Path socket() {
        return folder.resolve("d.sock");
    }

    /** Some lines a minute, and none unaccounted. */
    private void assertLimited(String event, int times) {
        assertThat(log.told(event, "vm_domain=test")).as(event).isEqualTo(times);
        assertThat(log.lines().stream().filter(line -> line.startsWith("event=" + event + " "))).as(event)
                .hasSizeLessThanOrEqualTo(LineQuota.LINES * log.minutes());
    }

    @Test
    void peersThatSayNothingCauseSomeLinesAMinuteAndTheRestAreCounted() {
        log = new AgentLog();
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32)) {
            for (int i = 0; i < TIMES; i++) {
                RawVfioUserClient peer = RawVfioUserClient.silent(device.server.socket());
                peer.sendBytes(new byte[16]); // no message is that short
                peer.expectClosed();
                peer.close();
            }
        }
        assertLimited("device_peer_silent", TIMES);
    }

    @Test
    void peersThatMayNotUseTheAgentCauseSomeLinesAMinuteAndTheRestAreCounted() {
        log = new AgentLog();
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32, peer -> false)) {
            for (int i = 0; i < TIMES; i++) {
                RawVfioUserClient peer = RawVfioUserClient.silent(device.server.socket());
                peer.expectClosed();
                peer.close();
            }
        }
        assertLimited("device_client_refused", TIMES);
    }

    @Test
    void clientsThatAreDroppedCauseSomeLinesAMinuteAndTheRestAreCounted() {
        log = new AgentLog();
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32)) {
            for (int i = 0; i < TIMES; i++) {
                RawVfioUserClient client = RawVfioUserClient.connect(device.server.socket());
                client.sendBytes(RawVfioUserClient.message(1, GET_INFO, 15, 0, new byte[0]));
                client.expectClosed();
                client.close();
            }
        }
        assertLimited("device_client_dropped", TIMES);
    }

    @Test
    void clientsThatLeaveWithoutTheirAnswerCauseSomeLinesAMinute() {
        log = new AgentLog();
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32)) {
            for (int i = 0; i < 5 * TIMES; i++) {
                RawVfioUserClient client = RawVfioUserClient.connect(device.server.socket());
                client.send(RawVfioUserClient.REGION_READ, 0, RawVfioUserClient.access(0, 2, 1 << 20));
                client.close();
            }
        }
        assertThat(log.told("device_client_lost", "vm_domain=test")).isGreaterThan(LineQuota.LINES);
        assertThat(log.lines().stream().filter(line -> line.startsWith("event=device_client_lost ")))
                .hasSizeLessThanOrEqualTo(LineQuota.LINES * log.minutes());
    }

    @Test
    void clientsThatAreTurnedAwayCauseSomeLinesAMinuteAndTheRestAreCounted() {
        log = new AgentLog();
        List<RawVfioUserClient> waiting = new ArrayList<>();
        int answered = 0;
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32);
                RawVfioUserClient first = RawVfioUserClient.connect(device.server.socket())) {
            while (answered < TIMES) {
                RawVfioUserClient next = RawVfioUserClient.silent(device.server.socket());
                waiting.add(next);
                next.send(VERSION, 0, RawVfioUserClient.version(0, 0, "{}"));
                if (waiting.size() < 8) {
                    continue;
                }
                // Of one client and eight others one is answered at once, or all are after two seconds.
                await().pollDelay(Duration.ZERO).until(() -> waiting.stream().anyMatch(RawVfioUserClient::hasBytes));
                for (RawVfioUserClient each : List.copyOf(waiting)) {
                    if (each.hasBytes()) {
                        each.receive().failed(EBUSY);
                        each.close();
                        waiting.remove(each);
                        answered++;
                    }
                }
            }
            first.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
            waiting.forEach(RawVfioUserClient::close);
        }
        assertThat(log.told("device_client_turned_away", "vm_domain=test")).isGreaterThanOrEqualTo(TIMES);
        assertThat(log.lines().stream().filter(line -> line.startsWith("event=device_client_turned_away ")))
                .hasSizeLessThanOrEqualTo(LineQuota.LINES * log.minutes());
    }

    /** A byte each 250 ms: the whole first message would take twice the time that there is for it, and more. */
    @Test
    void aFirstMessageThatComesByteByByteHasNoMoreTimeThanAnyOther() throws InterruptedException {
        byte[] whole = RawVfioUserClient.message(0, VERSION, 23, 0, RawVfioUserClient.version(0, 0, "{}"));
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32);
                RawVfioUserClient slow = RawVfioUserClient.silent(device.server.socket())) {
            int sent = 0;
            for (; sent < whole.length && !slow.hungUp(); sent++) {
                slow.sendBytes(new byte[]{whole[sent]});
                Thread.sleep(250); // a peer that is slow is what is tested
            }
            assertThat(sent).as("bytes until the end").isLessThan(whole.length);
        }
    }

    @Test
    void aClientThatAsksAgainAndAgainButNeverAgreesIsDroppedToo() {
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32);
                RawVfioUserClient client = RawVfioUserClient.silent(device.server.socket())) {
            long start = System.nanoTime();
            await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(500)).until(() -> {
                client.send(GET_INFO, 0x10, words(16, 0, 0, 0));
                return client.hungUp();
            });
            // SPEC.md appendix C: 5 s
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
            RawVfioUserClient.connect(device.server.socket()).close();
        }
    }

    /** Eight that were told EBUSY and stay: they must not keep those out that come when the device is free. */
    @Test
    void thoseThatWereTurnedAwayAndDoNotHangUpGiveTheirPlacesBack() {
        List<RawVfioUserClient> stubborn = new ArrayList<>();
        try (ServedDevice device = new ServedDevice(socket(), BarShape.BAR32)) {
            try (RawVfioUserClient first = RawVfioUserClient.connect(device.server.socket())) {
                for (int i = 0; i < 8; i++) {
                    stubborn.add(RawVfioUserClient.silent(device.server.socket()));
                    stubborn.getLast().send(VERSION, 0, RawVfioUserClient.version(0, 0, "{}"));
                }
                stubborn.forEach(each -> each.receive().failed(EBUSY));
                first.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
            }
            await().atMost(Duration.ofSeconds(20)).ignoreExceptionsMatching(e -> true).untilAsserted(
                    () -> RawVfioUserClient.connect(device.server.socket()).close());
        } finally {
            stubborn.forEach(RawVfioUserClient::close);
        }
    }

    @Test
    void anEventfdThatCannotBeKeptIsClosed() {
        try (ServedDevice device = new ServedDevice(BarShape.BAR32); Fd event = Fd.eventFd()) {
            CommandHandler handler = new SetIrqsHandler(device.device, eventFd -> {
                throw new OsException("dup", Errno.EMFILE, "", "");
            });
            VfioUserMessage request = new VfioUserMessage(1, RawVfioUserClient.SET_IRQS, 0, 0,
                    RawVfioUserClient.setIrqs(0x24, 0, 0, 1), List.of(event));
            long before = OpenDescriptors.count();
            assertThatThrownBy(() -> handler.handle(request)).isInstanceOf(OsException.class);
            assertThat(OpenDescriptors.count()).isEqualTo(before);
        }
    }
}
