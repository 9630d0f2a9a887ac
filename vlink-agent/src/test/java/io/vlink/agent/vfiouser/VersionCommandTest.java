// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.ENOTSUP;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.RESET;
import static io.vlink.agent.vfiouser.RawVfioUserClient.VERSION;
import static io.vlink.agent.vfiouser.RawVfioUserClient.version;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionCommandTest extends CommandTest {
    private static final String QEMU_CAPABILITIES = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,"
            + "\"pgsizes\":4096,\"max_dma_maps\":65535,\"migration\":{\"pgsize\":4096,\"max_bitmap_size\":8388608},"
            + "\"write_multiple\":true}}";

    /** These tests are about a client's first words, so the one that has already agreed makes room. */
    @BeforeEach
    void startOver() {
        client.close();
        client = RawVfioUserClient.silent(served.server.socket());
    }

    @Test
    void refusesCommandsBeforeVersion() {
        client.request(GET_INFO, words(16, 0, 0, 0)).failed(EINVAL);
        client.request(RESET, new byte[0]).failed(EINVAL);
        agree();
    }

    @Test
    void refusesPayloadsThatAreTooShort() {
        client.request(VERSION, new byte[0]).failed(EINVAL);
        client.request(VERSION, new byte[]{0, 0, 0}).failed(EINVAL);
        agree();
    }

    @Test
    void refusesAnotherMajor() {
        client.request(VERSION, version(1, 0, "{}")).failed(ENOTSUP);
        agree();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{", "{}{}", "nonsense", "{\"capabilities\":7}",
            "{\"capabilities\":{\"max_msg_fds\":\"8\"}}",
            "{\"capabilities\":{\"max_msg_fds\":0}}", "{\"capabilities\":{\"pgsizes\":-1}}",
            "{\"capabilities\":{\"max_data_xfer_size\":1.5}}", "{\"capabilities\":{\"write_multiple\":1}}",
            "{\"capabilities\":{},\"capabilities\":{}}", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"})
    void refusesCapabilitiesThatAreNotWhatTheyShouldBe(String json) {
        client.request(VERSION, version(0, 0, json)).failed(EINVAL);
        agree();
    }

    @Test
    void refusesTextWithoutTerminatingZeroOrNotUtf8() {
        client.request(VERSION, new byte[]{0, 0, 0, 0, '{', '}'}).failed(EINVAL);
        client.request(VERSION, new byte[]{0, 0, 0, 0, '{', (byte) 0xff, '}', 0}).failed(EINVAL);
        agree();
    }

    @Test
    void hangsUpOnAFirstMessageThatIsTooLong() {
        client.send(VERSION, 0, version(0, 0, "{" + " ".repeat(100_000) + "}"));
        client.expectClosed();
        client.close();
        client = RawVfioUserClient.connect(served.server.socket());
    }

    @Test
    void hangsUpOnAFirstMessageWithDescriptors() {
        client.send(VERSION, 0, version(0, 0, "{}"), eventFd());
        client.expectClosed();
        client.close();
        client = RawVfioUserClient.connect(served.server.socket());
    }

    @Test
    void refusesASecondVersion() {
        agree();
        client.request(VERSION, version(0, 0, "{}")).failed(EINVAL);
    }

    @Test
    void answersWithOurVersionWhateverMinorIsProposed() {
        RawVfioUserClient.Reply reply = client.request(VERSION, version(0, 7, QEMU_CAPABILITIES)).succeeded();
        assertThat(reply.payload().getShort(0)).as("major").isZero();
        assertThat(reply.payload().getShort(2)).as("minor").isZero();
        assertThat(new String(reply.bytes(4), StandardCharsets.UTF_8)).isEqualTo("{\"capabilities\":{\"max_msg_fds\":8,"
                + "\"max_data_xfer_size\":1048576,\"max_dma_maps\":65535,\"pgsizes\":4096,\"write_multiple\":false}}\0");
    }

    @Test
    void offersNothingToAClientThatNamesNoCapabilities() {
        assertThat(client.request(VERSION, words(0)).succeeded().payload().capacity()).isEqualTo(4);
    }

    private void agree() {
        client.request(VERSION, version(0, 0, QEMU_CAPABILITIES)).succeeded();
    }
}
