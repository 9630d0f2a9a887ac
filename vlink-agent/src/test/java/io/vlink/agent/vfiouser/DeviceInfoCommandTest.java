// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeviceInfoCommandTest extends CommandTest {
    @Test
    void refusesAPayloadThatIsTooShort() {
        client.request(GET_INFO, new byte[0]).failed(EINVAL);
        client.request(GET_INFO, words(16, 0, 0)).failed(EINVAL);
    }

    @Test
    void refusesAnArgszTooSmallForTheReply() {
        client.request(GET_INFO, words(15, 0, 0, 0)).failed(EINVAL);
    }

    @Test
    void acceptsAnArgszThatIsLarger() {
        client.request(GET_INFO, words(-1, 0, 0, 0)).succeeded();
    }

    @Test
    void tellsOfAPciDeviceThatCanBeReset() {
        byte[] info = client.request(GET_INFO, words(16, 0, 0, 0)).succeeded().bytes(0);
        assertThat(info).isEqualTo(words(16, 3, 9, 5));
    }
}
