// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.agent.keeper.RawKeeperClient.Header;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A keeper in this process, spoken to in bytes. */
@Timeout(60)
class KeeperTest {
    private static final byte[] NOTHING = {};

    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private final int ownUid = io.vlink.infra.control.RunDirectory.ownUid();
    private Path folder;
    private Path socket;
    private Keeper keeper;
    private Thread serving;

    @BeforeEach
    void start() throws IOException {
        folder = Files.createTempDirectory("vlk");
        socket = folder.resolve("k");
        keeper = new Keeper(UnixListener.bind(socket, 8), ownUid, log::add);
        serving = Thread.ofPlatform().start(() -> {
            try {
                keeper.serve();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @AfterEach
    void stop() throws Exception {
        keeper.close();
        serving.join();
        assertThat(socket).doesNotExist();
        Files.delete(folder);
    }

    private RawKeeperClient agent() {
        RawKeeperClient agent = new RawKeeperClient(socket).send(RawKeeperClient.hello(60_000));
        assertThat(agent.receive()).isEqualTo(RawKeeperClient.OK);
        return agent;
    }

    static Stream<Arguments> broken() {
        Header put = Header.of(RawKeeperClient.PUT, "k", 1, 1);
        byte[] body = {7};
        return Stream.of(
                Arguments.of("another magic", new Header(1, 1, 2, 1, 1, 1).with("k", body)),
                Arguments.of("another version", new Header(put.magic(), 2, 2, 1, 1, 1).with("k", body)),
                Arguments.of("an unknown type", new Header(put.magic(), 1, 99, 1, 1, 1).with("k", body)),
                Arguments.of("a reply's type", new Header(put.magic(), 1, 18, 1, 1, 1).with("k", body)),
                Arguments.of("a body that is too long",
                        new Header(put.magic(), 1, 2, 65_537, 1, 1).with("k", new byte[65_537])),
                Arguments.of("a negative body", new Header(put.magic(), 1, 2, -1, 1, 1).with("k", NOTHING)),
                Arguments.of("a key that is too long",
                        new Header(put.magic(), 1, 2, 0, 129, 1).with("k".repeat(129), NOTHING)),
                Arguments.of("no key", new Header(put.magic(), 1, 2, 1, 0, 1).with("", body)),
                Arguments.of("a key where none may be", new Header(put.magic(), 1, 4, 0, 1, 1).with("k", NOTHING)),
                Arguments.of("fewer descriptors than it says", new Header(put.magic(), 1, 2, 1, 1, 2).with("k", body)),
                Arguments.of("more descriptors than it says", new Header(put.magic(), 1, 2, 1, 1, 0).with("k", body)),
                Arguments.of("descriptors that nobody asked for",
                        new Header(put.magic(), 1, 3, 0, 1, 1).with("k", NOTHING)),
                Arguments.of("an end inside the header", new byte[]{0x76, 0x6c, 0x6b}),
                Arguments.of("an end inside the body", put.with("k", NOTHING)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void endsTheConnectionOverBrokenBytesAndKeepsWhatItHas(String name, byte[] bytes) {
        try (Fd mine = Fd.eventFd(); RawKeeperClient good = agent()) {
            good.send(RawKeeperClient.message(RawKeeperClient.PUT, "kept", new byte[]{1}, 1), mine);
            assertThat(good.receive()).isEqualTo(RawKeeperClient.OK);
        }
        for (int i = 0; i < 3; i++) {
            try (Fd mine = Fd.eventFd(); RawKeeperClient bad = agent()) {
                bad.sendAsFarAsItReads(bytes, mine);
                if (name.startsWith("an end")) {
                    bad.hangUp();
                }
                assertThat(bad.receiveToEnd()).isSubsetOf(RawKeeperClient.REFUSED);
            }
        }
        try (RawKeeperClient next = agent()) {
            next.send(RawKeeperClient.message(RawKeeperClient.FETCH, "", NOTHING, 0));
            assertThat(next.receive()).isEqualTo(RawKeeperClient.ENTRY);
            assertThat(next.receive()).as("nothing else was kept").isEqualTo(RawKeeperClient.OK);
        }
    }

    @Test
    void servesNobodyWhoDoesNotSayHelloFirst() {
        try (RawKeeperClient rude = new RawKeeperClient(socket)) {
            rude.send(RawKeeperClient.message(RawKeeperClient.REMOVE, "k", NOTHING, 0));
            assertThat(rude.receiveToEnd()).containsExactly(RawKeeperClient.REFUSED);
        }
        try (RawKeeperClient silent = new RawKeeperClient(socket)) {
            assertThat(silent.receiveToEnd()).as("after two seconds").isEmpty();
        }
    }

    @Test
    void refusesASecondAgentWhileTheFirstLivesAndTakesItAtOnceAfterwards() {
        RawKeeperClient first = agent();
        try (first; RawKeeperClient second = new RawKeeperClient(socket)) {
            assertThat(second.receiveToEnd()).containsExactly(RawKeeperClient.REFUSED);
            first.send(RawKeeperClient.message(RawKeeperClient.PUT, "k", NOTHING, 0));
            assertThat(first.receive()).isEqualTo(RawKeeperClient.OK);
        }
        agent().close();
        assertThat(log).anyMatch(line -> line.contains("event=agent_refused pid=" + ProcessHandle.current().pid()
                + " reason=\"another agent is connected: pid="));
    }

    @Test
    void refusesAnotherUserWhateverTheFilesModesSay(@TempDir Path classes) throws Exception {
        assumeTrue(ownUid == 0, "only root can start a program as another user");
        String name = Stranger.class.getName().replace('.', '/') + ".class";
        Files.createDirectories(classes.resolve(name).getParent());
        Files.copy(Path.of(Stranger.class.getProtectionDomain().getCodeSource().getLocation().toURI()).resolve(name),
                classes.resolve(name));
        Process open = new ProcessBuilder("chmod", "-R", "a+rwX", classes.toString(), folder.toString()).start();
        assertThat(open.waitFor()).isZero();
        Process stranger = new ProcessBuilder("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                ProcessHandle.current().info().command().orElseThrow(), "-cp", classes.toString(),
                Stranger.class.getName(), socket.toString()).redirectErrorStream(true).start();
        String said = new String(stranger.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(stranger.waitFor() < 126, "another user cannot run this JDK: " + said);
        assertThat(said).isEqualTo("type=" + RawKeeperClient.REFUSED + "\n");
        assertThat(log).contains(
                "event=agent_refused pid=" + stranger.pid() + " reason=\"not this user: uid=65534\"");
        agent().close();
    }

    @Test
    void refusesTheEntryThatIsTooManyAndGoesOn() {
        try (RawKeeperClient agent = agent()) {
            byte[] state = new byte[65_536];
            for (int i = 0; i < 64; i++) {
                agent.send(RawKeeperClient.message(RawKeeperClient.PUT, "k" + i, state, 0));
                assertThat(agent.receive()).isEqualTo(RawKeeperClient.OK);
            }
            agent.send(RawKeeperClient.message(RawKeeperClient.PUT, "more", new byte[1], 0));
            assertThat(agent.receive()).isEqualTo(RawKeeperClient.REFUSED);
            agent.send(RawKeeperClient.message(RawKeeperClient.PUT, "k0", new byte[1], 0));
            assertThat(agent.receive()).as("it makes room").isEqualTo(RawKeeperClient.OK);
            agent.send(RawKeeperClient.message(RawKeeperClient.PUT, "more", new byte[1], 0));
            assertThat(agent.receive()).isEqualTo(RawKeeperClient.OK);
        }
    }

    @Test
    void endsOnceTheAgentHasGoneAndNobodyIsConnectedAnyMore() {
        UnixConnection[] guest = UnixConnection.pair();
        try (RawKeeperClient agent = new RawKeeperClient(socket); UnixConnection kept = guest[0]) {
            agent.send(RawKeeperClient.hello(0));
            assertThat(agent.receive()).isEqualTo(RawKeeperClient.OK);
            agent.send(RawKeeperClient.message(RawKeeperClient.PUT, "k", NOTHING, 1), kept.fd());
            assertThat(agent.receive()).isEqualTo(RawKeeperClient.OK);
        }
        await().until(() -> log.stream().anyMatch(line -> line.startsWith("event=agent_gone")));
        guest[1].send(new byte[]{1}, 0, 1, List.of());
        assertThat(guest[1].hungUp()).as("the guest's connection, while no agent lives").isFalse();
        assertThat(socket).exists();
        guest[1].close();
        await().until(() -> !serving.isAlive());
        assertThat(log).last().asString()
                .startsWith("event=keeper_ending reason=\"no agent, and nobody is connected\"");
    }
}
