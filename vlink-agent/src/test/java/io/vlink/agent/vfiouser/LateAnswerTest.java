// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserTransport;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.vfiouser.VfioUserCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client gives up on an answer after 5 s. One that comes later would be taken for the answer to its next request. */
class LateAnswerTest {
    @TempDir
    Path folder;

    private final UnixConnection[] ends = UnixConnection.pair();
    private final VfioUserTransport client = new VfioUserTransport(ends[0]);
    private final ClientMemory memory = ClientMemory.ofThisProcess();
    private ServedDevice served;
    private VfioUserServer server;

    @BeforeEach
    void start() {
        served = new ServedDevice(folder.resolve("other.sock"), BarShape.BAR32);
        ends[0].receiveTimeout(10_000);
        memory.agree();
    }

    @AfterEach
    void stop() {
        server.close();
        served.close();
        ends[0].close();
    }

    /** The server of a process that was started so long after the last one had looked at the socket for the last time. */
    private void goOnAfter(long seconds) {
        memory.looked(System.nanoTime() - TimeUnit.SECONDS.toNanos(seconds));
        server = VfioUserServer.resume("test", UnixListener.bind(folder.resolve("device.sock"),
                VfioUserServer.BACKLOG), served.device, memory, ClientKeeper.NONE, peer -> true, ends[1]);
    }

    private void ask(int id) {
        client.send(VfioUserMessage.command(id, VfioUserCommand.REGION_READ, RawVfioUserClient.access(4, 0, 4),
                List.of()));
    }

    /** The server looks several times a second, and only once it has taken everything. */
    private void awaitEmptySocket() {
        long begin = System.nanoTime();
        await().atMost(Duration.ofSeconds(30)).until(() -> memory.looked() - begin > TimeUnit.SECONDS.toNanos(1));
    }

    private void assertNextAnswerIs(int id) {
        try (VfioUserMessage answer = client.receive()) {
            assertThat(answer.id()).isEqualTo(id);
            assertThat(answer.isError()).isFalse();
        }
    }

    @Test
    void requestsThatWaitedTooLongAreTakenAndNotAnswered() {
        ask(7);
        ask(8);
        goOnAfter(30);
        awaitEmptySocket();
        ask(9);
        assertNextAnswerIs(9);
        assertThat(ends[0].readable(0)).isFalse();
    }

    @Test
    void requestsThatWaitedForAShortTimeAreAnsweredInOrder() {
        ask(7);
        ask(8);
        goOnAfter(2);
        assertNextAnswerIs(7);
        assertNextAnswerIs(8);
    }

    @Test
    void theAnswerThatTheLastProcessOwedIsDroppedWhenItIsLate() {
        try (VfioUserMessage request = VfioUserMessage.command(7, VfioUserCommand.REGION_READ,
                RawVfioUserClient.access(4, 0, 4), List.of())) {
            memory.due(request, request.errorReply(5), false);
        }
        goOnAfter(30);
        awaitEmptySocket();
        assertThat(memory.due()).isNull();
        ask(8);
        assertNextAnswerIs(8);
    }
}
