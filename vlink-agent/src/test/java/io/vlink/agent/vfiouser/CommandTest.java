// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.infra.os.Fd;
import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What every command is held to: whatever was sent, the next request works and no descriptor has stayed behind. */
abstract class CommandTest {
    @TempDir
    Path folder;

    ServedDevice served;
    RawVfioUserClient client;
    private final List<Fd> ours = new ArrayList<>();
    private long descriptorsBefore;

    @BeforeEach
    void connect() {
        served = new ServedDevice(folder.resolve("device.sock"), shape());
        client = RawVfioUserClient.connect(served.server.socket());
        descriptorsBefore = OpenDescriptors.count();
    }

    @AfterEach
    void nextRequestWorksAndNothingIsLeft() {
        try (ServedDevice device = served; RawVfioUserClient last = client) {
            last.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
            long kept = descriptorsBefore + ours.size() + descriptorsTheDeviceKeeps();
            await().pollDelay(Duration.ZERO)
                    .untilAsserted(() -> assertThat(OpenDescriptors.count()).as("open descriptors").isEqualTo(kept));
            assertThat(device.server.hasClient()).isTrue();
        } finally {
            ours.forEach(Fd::close);
        }
    }

    BarShape shape() {
        return BarShape.BAR32;
    }

    /** Descriptors that the device holds at the end of a test, by right. */
    int descriptorsTheDeviceKeeps() {
        return 0;
    }

    /** An eventfd that the test sends, and closes at its end. */
    Fd eventFd() {
        return ours(Fd.eventFd());
    }

    Fd ours(Fd fd) {
        ours.add(fd);
        return fd;
    }

    Fd[] eventFds(int count) {
        Fd[] fds = new Fd[count];
        for (int i = 0; i < count; i++) {
            fds[i] = eventFd();
        }
        return fds;
    }
}
