// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.ENOTSUP;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_REGION_IO_FDS;
import static io.vlink.agent.vfiouser.RawVfioUserClient.RESET;
import static io.vlink.agent.vfiouser.RawVfioUserClient.message;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Fd;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramingTest extends CommandTest {
    private static final byte[] NOTHING = {};
    private static final byte[] INFO = words(16, 0, 0, 0);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, Integer.MIN_VALUE, -1, Integer.MAX_VALUE, (1 << 20) + 4_097})
    void dropsAConnectionWhoseMessageSizeIsImpossible(int size) {
        client.sendBytes(message(1, GET_INFO, size, 0, NOTHING), eventFd());
        client.expectClosed();
        reconnect();
    }

    @Test
    void dropsAConnectionWhoseMessageTypeIsUnknown() {
        client.sendBytes(message(1, GET_INFO, 16, 2, NOTHING), eventFd());
        client.expectClosed();
        reconnect();
    }

    @Test
    void dropsAConnectionThatSendsMoreDescriptorsThanAllowed() {
        client.sendBytes(message(1, GET_INFO, 32, 0, INFO), eventFds(9));
        client.expectClosed();
        reconnect();
    }

    @Test
    void dropsAConnectionThatSendsFarTooManyDescriptors() {
        client.sendBytes(message(1, GET_INFO, 32, 0, INFO), eventFds(253));
        client.expectClosed();
        reconnect();
    }

    @Test
    void survivesAClientThatLeavesInsideAMessage() {
        for (int bytes : new int[]{1, 15, 16, 31}) {
            client.sendBytes(Arrays.copyOf(message(1, GET_INFO, 32, 0, INFO), bytes), eventFd());
            reconnect();
        }
    }

    @Test
    void acceptsAMessageInPieces() {
        byte[] whole = message(77, GET_INFO, 32, 0, INFO);
        for (byte piece : whole) {
            client.sendBytes(new byte[]{piece});
        }
        assertThat(client.receive().succeeded().id()).isEqualTo(77);
    }

    @Test
    void answersSeveralMessagesOfOneWriteInOrder() {
        byte[] two = Arrays.copyOf(message(1, GET_INFO, 32, 0, INFO), 64);
        System.arraycopy(message(2, GET_INFO, 32, 0, INFO), 0, two, 32, 32);
        client.sendBytes(two);
        assertThat(client.receive().succeeded().id()).isEqualTo(1);
        assertThat(client.receive().succeeded().id()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 6, 11, 12, 14, 15, 16, 17, 18, 0x7fff, 0xffff})
    void refusesCommandsItDoesNotHave(int command) {
        client.request(command, NOTHING, eventFd()).failed(ENOTSUP);
        client.request(GET_REGION_IO_FDS, words(16, 0, 0, 0)).failed(ENOTSUP);
    }

    @Test
    void refusesDescriptorsWithACommandThatTakesNone() {
        client.request(GET_INFO, INFO, eventFds(8)).failed(EINVAL);
    }

    @Test
    void ignoresRepliesToCommandsThatItNeverSent() {
        client.sendBytes(message(5, GET_INFO, 16, 1, NOTHING), eventFd());
        assertThat(client.request(GET_INFO, INFO).succeeded().id()).isNotEqualTo(5);
    }

    @Test
    void isSilentWhereNoReplyIsWanted() {
        client.send(RESET, 0x10, NOTHING);
        client.send(999, 0x10, NOTHING);
        client.request(GET_INFO, INFO).succeeded();
        assertThat(served.events).contains("reset");
    }

    @Test
    void closesDescriptorsOfEveryKind() {
        Fd[] pair = {eventFd(), eventFd()};
        for (int i = 0; i < 100; i++) {
            client.request(GET_INFO, INFO, pair).failed(EINVAL);
        }
    }

    private void reconnect() {
        client.close();
        client = RawVfioUserClient.connect(served.server.socket());
    }
}
