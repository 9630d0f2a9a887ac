// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.ENOTSUP;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_IRQ_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IrqInfoCommandTest extends CommandTest {
    @Test
    void refusesAPayloadThatIsTooShort() {
        client.request(GET_IRQ_INFO, words(16, 0, 0)).failed(EINVAL);
    }

    @Test
    void refusesAnArgszTooSmallForTheReply() {
        client.request(GET_IRQ_INFO, words(12, 0, 0, 0)).failed(EINVAL);
    }

    @Test
    void hasNeitherErrorNorRequestInterrupts() {
        client.request(GET_IRQ_INFO, words(16, 0, 3, 0)).failed(ENOTSUP);
        client.request(GET_IRQ_INFO, words(16, 0, 4, 0)).failed(ENOTSUP);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 1_000, -1})
    void refusesAnIndexOutOfRange(int index) {
        client.request(GET_IRQ_INFO, words(16, 0, index, 0)).failed(EINVAL);
    }

    @Test
    void hasOneIntxAndNoMessageSignalledInterrupts() {
        assertThat(client.request(GET_IRQ_INFO, words(16, 0, 0, 0)).succeeded().bytes(0)).isEqualTo(words(16, 7, 0, 1));
        assertThat(client.request(GET_IRQ_INFO, words(16, 0, 1, 0)).succeeded().bytes(0)).isEqualTo(words(16, 0, 1, 0));
        assertThat(client.request(GET_IRQ_INFO, words(16, 0, 2, 0)).succeeded().bytes(0)).isEqualTo(words(16, 0, 2, 0));
    }
}
