// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EBUSY;
import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.SET_IRQS;
import static io.vlink.agent.vfiouser.RawVfioUserClient.setIrqs;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.spec.pci.BarShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VfioUserServerTest {
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
        List<RawVfioUserClient> crowd = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            crowd.add(RawVfioUserClient.silent(socket));
        }
        crowd.getFirst().expectClosed();
        crowd.forEach(RawVfioUserClient::close);
        RawVfioUserClient.connect(socket).close();
    }

    @Test
    void refusesAPeerThatMayNotUseTheAgentWhateverTheSocketsModeSays() throws IOException {
        Path open = folder.resolve("other.sock");
        try (ServedDevice strict = new ServedDevice(open, BarShape.BAR32, peer -> false);
                RawVfioUserClient refused = RawVfioUserClient.silent(open)) {
            refused.expectClosed();
            assertThat(strict.server.hasClient()).isFalse();
        }
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
