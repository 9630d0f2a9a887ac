// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_REGION_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.REGION_READ;
import static io.vlink.agent.vfiouser.RawVfioUserClient.SET_IRQS;
import static io.vlink.agent.vfiouser.RawVfioUserClient.VERSION;
import static io.vlink.agent.vfiouser.RawVfioUserClient.access;
import static io.vlink.agent.vfiouser.RawVfioUserClient.regionInfo;
import static io.vlink.agent.vfiouser.RawVfioUserClient.setIrqs;
import static io.vlink.agent.vfiouser.RawVfioUserClient.version;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.vfiouser.VfioUserCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that goes on with a client of another process, which died at this or that point of a request. */
class ResumedClientTest {
    private static final int COMMON_0 = 0;
    private static final byte[] READ_COMMON_0 = access(COMMON_0, 0, 4);

    @TempDir
    Path folder;

    private final ServedDevice served = new ServedDevice(BarShape.BAR32);
    private final UnixConnection[] ends = UnixConnection.pair();
    private final RawVfioUserClient client = RawVfioUserClient.of(ends[0]);
    private UnixListener listener;

    @BeforeEach
    void listen() {
        listener = UnixListener.bind(folder.resolve("device.sock"), VfioUserServer.BACKLOG);
        served.clientMemory.agree();
        served.clientMemory.looked(System.nanoTime());
    }

    @AfterEach
    void release() {
        client.close();
        served.close();
        ends[1].close();
        listener.close();
    }

    private void resume() {
        served.server = VfioUserServer.resume("test", listener, served.device, served.clientMemory, ClientKeeper.NONE,
                peer -> true,
                ends[1]);
    }

    private VfioUserMessage readRequest(int id) {
        return VfioUserMessage.command(id, VfioUserCommand.REGION_READ, READ_COMMON_0, List.of());
    }

    /** The answer that the dead process had found for a read of COMMON_0. */
    private VfioUserMessage answer(int id, int value) {
        return readRequest(id).reply(access(COMMON_0, 0, 4, words(value)), List.of());
    }

    private void expectRead(int id, int value) {
        RawVfioUserClient.Reply reply = client.receive().succeeded();
        assertThat(reply.id()).isEqualTo(id);
        assertThat(reply.payload().getInt(16)).isEqualTo(value);
    }

    private void expectNothingElse() {
        client.request(GET_INFO, words(16, 0, 0, 0)).succeeded();
    }

    @Test
    void answersWhatWaitsInTheSocketAndKnowsWhatWasWritten() {
        served.device.write(0, COMMON_0, words(77));
        int id = client.send(REGION_READ, 0, READ_COMMON_0);
        resume();
        expectRead(id, 77);
        expectNothingElse();
        assertThat(served.events).containsExactly("connected");
    }

    @Test
    void answersOnceWhereTheRequestIsAnsweredButStillInTheSocket() {
        int id = client.send(REGION_READ, 0, READ_COMMON_0);
        served.clientMemory.due(readRequest(id), answer(id, 5), true);
        resume();
        expectRead(id, 5);
        expectNothingElse();
    }

    @Test
    void answersWhatWasTakenFromTheSocketAndThenTheRequestBehind() {
        served.device.write(0, COMMON_0, words(77));
        served.clientMemory.due(readRequest(9), answer(9, 5), true);
        int behind = client.send(REGION_READ, 0, READ_COMMON_0);
        resume();
        expectRead(9, 5);
        expectRead(behind, 77);
        expectNothingElse();
    }

    @Test
    void answersNothingTwiceThatMayHaveBeenSent() {
        served.clientMemory.due(readRequest(9), answer(9, 5), true);
        served.clientMemory.sending();
        resume();
        expectNothingElse();
    }

    @Test
    void asksTheDeviceAgainWhereTheAnswerHasADescriptor() {
        VfioUserMessage request = VfioUserMessage.command(9, VfioUserCommand.DEVICE_GET_REGION_INFO, regionInfo(32, 2),
                List.of());
        served.clientMemory.due(request, request.reply(new byte[32], List.of(served.region.fd())), false);
        resume();
        RawVfioUserClient.Reply reply = client.receive().succeeded();
        assertThat(reply.payload().getLong(16)).isEqualTo(ServedDevice.REGION_BYTES);
        assertThat(reply.fds()).hasSize(1);
        reply.fds().forEach(Fd::close);
    }

    @Test
    void passesOnAnErrorThatWasFound() {
        int id = client.send(GET_REGION_INFO, 0, new byte[1]);
        VfioUserMessage request = VfioUserMessage.command(id, VfioUserCommand.DEVICE_GET_REGION_INFO, new byte[1],
                List.of());
        served.clientMemory.due(request, request.errorReply(22), true);
        resume();
        client.receive().failed(22);
        expectNothingElse();
    }

    @Test
    void agreesOnAVersionThatNobodyHasAnsweredYet() {
        served.clientMemory.clear();
        client.send(VERSION, 0, version(0, 0, "{}"));
        resume();
        client.receive().succeeded();
        expectNothingElse();
        assertThat(served.events).containsExactly("disconnected", "connected");
    }

    @Test
    void isAgreedWithAClientWhoseVersionOnlyWaitsForItsAnswer() {
        served.clientMemory.clear();
        VfioUserMessage request = VfioUserMessage.command(9, VfioUserCommand.VERSION, version(0, 0, "{}"), List.of());
        served.clientMemory.due(request, request.reply(version(0, 0, "{}"), List.of()), false);
        resume();
        client.receive().succeeded();
        expectNothingElse();
        assertThat(served.events).containsExactly("disconnected", "connected");
    }

    @Test
    void isToldThatAClientHasGoneMeanwhileAndServesTheNext() {
        served.device.write(0, COMMON_0, words(77));
        client.close();
        resume();
        try (RawVfioUserClient next = RawVfioUserClient.connect(listener.path())) {
            assertThat(next.register(COMMON_0)).isZero();
        }
        await().pollDelay(Duration.ZERO).until(
                () -> List.copyOf(served.events).equals(List.of("connected", "disconnected", "connected",
                        "disconnected")));
    }

    @Test
    void keepsTheClientFromItsFirstMessageToItsEndWithTheEventfdOfItsInterrupt() {
        var kept = new java.util.concurrent.ConcurrentLinkedQueue<String>();
        ClientKeeper keeper = new ClientKeeper() {
            @Override
            public void keep(Fd connection, Fd interrupt) {
                kept.add(interrupt == null ? "client" : "interrupt");
            }

            @Override
            public void forget() {
                kept.add("forgotten");
            }
        };
        served.server = VfioUserServer.start("test", listener, served.device, served.clientMemory, keeper,
                peer -> true);
        try (RawVfioUserClient _ = RawVfioUserClient.connect(listener.path())) {
            await().pollDelay(Duration.ZERO).until(() -> List.copyOf(kept).equals(List.of("client")));
        }
        await().pollDelay(Duration.ZERO).until(() -> kept.contains("forgotten"));
        kept.clear();
        try (Fd event = Fd.eventFd(); RawVfioUserClient next = RawVfioUserClient.connect(listener.path())) {
            next.request(SET_IRQS, setIrqs(0x24, 0, 0, 1), event).succeeded();
            assertThat(kept).containsExactly("client", "interrupt");
        }
        await().pollDelay(Duration.ZERO).until(() -> kept.contains("forgotten"));
    }
}
