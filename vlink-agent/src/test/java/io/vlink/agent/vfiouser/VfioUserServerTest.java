// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EBUSY;
import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.SET_IRQS;
import static io.vlink.agent.vfiouser.RawVfioUserClient.VERSION;
import static io.vlink.agent.vfiouser.RawVfioUserClient.setIrqs;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.infra.os.Fd;
import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VfioUserServerTest {
    private static final int FLOOD_MESSAGES = 100_000;

    @TempDir
    Path folder;

    private Path socket;
    private ServedDevice served;

    @BeforeEach
    void start() {
        socket = folder.resolve("device.sock");
        served = new ServedDevice(socket, BarShape.BAR32);
    }

    @AfterEach
    void stop() {
        served.close();
    }

    @Test
    void answersASecondClientWithAnErrorAndGoesOnWithTheFirst() {
        try (RawVfioUserClient first = RawVfioUserClient.connect(socket);
                RawVfioUserClient second = RawVfioUserClient.silent(socket)) {
            second.request(1, RawVfioUserClient.version(0, 0, "{}")).failed(EBUSY);
            first.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
        }
    }

    @Test
    void regressionNeitherSilentPeersNorSlowOnesKeepAnybodyFromTheDevice() {
        List<RawVfioUserClient> crowd = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            crowd.add(RawVfioUserClient.silent(socket));
            crowd.add(RawVfioUserClient.silent(socket));
            crowd.getLast().sendBytes(new byte[]{1});
        }
        try (RawVfioUserClient next = RawVfioUserClient.connect(socket)) {
            next.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
            crowd.forEach(RawVfioUserClient::expectClosed);
            next.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
        }
        crowd.forEach(RawVfioUserClient::close);
    }

    @Test
    void dropsAClientThatSpeaksWithoutEverAgreeingOnAVersion() {
        try (RawVfioUserClient first = RawVfioUserClient.silent(socket)) {
            first.request(GET_INFO, words(16, 0, 0, 0)).failed(EINVAL);
            first.sendBytes(new byte[]{1, 0});
            await().atMost(Duration.ofSeconds(20)).until(() -> !served.server.hasClient());
            RawVfioUserClient.connect(socket).close();
        }
    }

    @Test
    void turnsAwayMoreClientsThanAnybodyNeeds() {
        assertOnceInTime(VfioUserServerTest::theFirstOfNineSilentOnesIsClosed);
    }

    private static boolean theFirstOfNineSilentOnesIsClosed(Path socket) {
        List<RawVfioUserClient> crowd = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 9; i++) {
            crowd.add(RawVfioUserClient.silent(socket));
        }
        crowd.getFirst().expectClosed();
        long closed = crowd.stream().filter(RawVfioUserClient::hungUp).count();
        boolean inTime = isWellUnderTwoSeconds(start);
        crowd.forEach(RawVfioUserClient::close);
        RawVfioUserClient.connect(socket).close();
        if (inTime) {
            assertThat(closed).as("closed, of nine").isEqualTo(1);
        }
        return inTime;
    }

    @Test
    void answersTheNinthThatSpeaksAtOnceAndGoesOnWithTheFirst() {
        assertOnceInTime(VfioUserServerTest::oneOfEightThatComeAfterTheFirstIsAnswered);
    }

    private static boolean oneOfEightThatComeAfterTheFirstIsAnswered(Path socket) {
        List<RawVfioUserClient> waiting = new ArrayList<>();
        try (RawVfioUserClient first = RawVfioUserClient.connect(socket)) {
            long start = System.nanoTime();
            for (int i = 0; i < 8; i++) {
                waiting.add(RawVfioUserClient.silent(socket));
                waiting.getLast().send(VERSION, 0, RawVfioUserClient.version(0, 0, "{}"));
            }
            await().pollDelay(Duration.ZERO).until(() -> waiting.stream().anyMatch(RawVfioUserClient::hasBytes));
            List<RawVfioUserClient> answered = waiting.stream().filter(RawVfioUserClient::hasBytes).toList();
            boolean inTime = isWellUnderTwoSeconds(start);
            answered.getFirst().receive().failed(EBUSY);
            first.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
            if (inTime) {
                assertThat(answered).as("answered while the others wait").hasSize(1);
            }
            return inTime;
        } finally {
            waiting.forEach(RawVfioUserClient::close);
        }
    }

    /** What came later may have come because the time of a peer was over: 2 s for a first message, and for the takeover. */
    private static boolean isWellUnderTwoSeconds(long startNanos) {
        return System.nanoTime() - startNanos < Duration.ofMillis(1_500).toNanos();
    }

    /** A machine that is busy with something else may stand still, but not each time. Each attempt has a device of its own. */
    private void assertOnceInTime(Predicate<Path> attempt) {
        boolean inTime = false;
        for (int i = 0; i < 5 && !inTime; i++) {
            Path own = folder.resolve("own" + i + ".sock");
            try (ServedDevice device = new ServedDevice(own, BarShape.BAR32)) {
                inTime = attempt.test(device.server.socket());
            }
        }
        assertThat(inTime).as("well under two seconds").isTrue();
    }

    @Test
    void closesAtOnceWhoseFirstMessageClaimsToBeLargerThanAFirstOneMay() {
        assertOnceInTime(VfioUserServerTest::aFirstMessageOfAByteTooManyIsTheEnd);
    }

    /** SPEC.md appendix C: 32 KiB. A longer one that were waited for would end the connection after 2 s. */
    private static boolean aFirstMessageOfAByteTooManyIsTheEnd(Path socket) {
        long start = System.nanoTime();
        try (RawVfioUserClient client = RawVfioUserClient.silent(socket)) {
            client.sendBytes(RawVfioUserClient.message(0, VERSION, (32 << 10) + 1, 0, new byte[0]));
            client.expectClosed();
            return isWellUnderTwoSeconds(start);
        }
    }

    @Test
    void refusesAPeerThatMayNotUseTheAgentWhateverTheSocketsModeSays() {
        Path open = folder.resolve("other.sock");
        try (ServedDevice strict = new ServedDevice(open, BarShape.BAR32, peer -> false);
                RawVfioUserClient refused = RawVfioUserClient.silent(open)) {
            refused.send(VERSION, 0, RawVfioUserClient.version(0, 0, "{}"));
            refused.expectClosed();
            assertThat(strict.server.hasClient()).isFalse();
            assertThat(strict.events).isEmpty();
        }
    }

    /** SPEC.md appendix C: 20,000 messages a second, after 50,000 at once. */
    @Test
    void holdsBackAClientThatFloodsItsDevice() {
        byte[] batch = flood(499);
        try (RawVfioUserClient client = RawVfioUserClient.connect(socket)) {
            long start = System.nanoTime();
            for (int sent = 0; sent < FLOOD_MESSAGES; sent += 500) {
                client.sendBytes(batch);
                client.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isGreaterThan(Duration.ofMillis((FLOOD_MESSAGES - 50_000) / 20));
        }
    }

    /** Messages to which there is no reply. */
    private static byte[] flood(int messages) {
        byte[] one = RawVfioUserClient.message(0, GET_INFO, 32, 0x10, words(16, 0, 0, 0));
        byte[] all = new byte[messages * one.length];
        for (int at = 0; at < all.length; at += one.length) {
            System.arraycopy(one, 0, all, at, one.length);
        }
        return all;
    }

    @Test
    void servesTheNextClientAsSoonAsTheFirstIsGone() {
        for (int i = 0; i < 20; i++) {
            RawVfioUserClient.connect(socket).close();
        }
        RawVfioUserClient first = RawVfioUserClient.connect(socket);
        RawVfioUserClient second = RawVfioUserClient.silent(socket);
        first.close();
        second.request(1, RawVfioUserClient.version(0, 0, "{}")).succeeded();
        second.close();
    }

    @Test
    void findsADeviceAfterPowerOnForEachClient() {
        try (RawVfioUserClient first = RawVfioUserClient.connect(socket)) {
            first.register(4, 77);
        }
        try (RawVfioUserClient second = RawVfioUserClient.connect(socket)) {
            assertThat(second.register(4)).isZero();
        }
        await().pollDelay(Duration.ZERO).untilAsserted(
                () -> assertThat(served.events).containsExactly("connected", "disconnected", "connected",
                        "disconnected"));
    }

    @Test
    void tellsTheDomainNothingOfAClientThatNeverAgreed() {
        RawVfioUserClient.silent(socket).close();
        await().pollDelay(Duration.ZERO).until(() -> !served.server.hasClient());
        assertThat(served.events).isEmpty();
    }

    @Test
    void closesTheEventfdOfAClientThatIsGone() {
        long before = OpenDescriptors.count();
        try (Fd event = Fd.eventFd(); RawVfioUserClient client = RawVfioUserClient.connect(socket)) {
            client.request(SET_IRQS, setIrqs(0x24, 0, 0, 1), event).succeeded();
        }
        await().pollDelay(Duration.ZERO).untilAsserted(() -> assertThat(OpenDescriptors.count()).isEqualTo(before));
    }

    @Test
    void closesQuicklyAndLeavesNoFileAlsoWithAClient() {
        try (RawVfioUserClient client = RawVfioUserClient.connect(socket);
                RawVfioUserClient waiting = RawVfioUserClient.silent(socket)) {
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                served.server.close();
                client.expectClosed();
                waiting.expectClosed();
            });
        }
        assertThat(socket).doesNotExist();
        assertThat(served.events).containsExactly("connected", "disconnected");
        served.server.close();
    }

    @Test
    void survivesAClientThatDoesNotReadItsReplies() {
        try (RawVfioUserClient client = RawVfioUserClient.connect(socket)) {
            for (int i = 0; i < 8; i++) {
                client.send(RawVfioUserClient.REGION_READ, 0, RawVfioUserClient.access(0, 2, 1 << 20));
            }
            served.server.close();
            assertThat(served.server.hasClient()).isFalse();
        }
    }
}
