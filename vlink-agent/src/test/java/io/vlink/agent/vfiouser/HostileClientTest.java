// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.dmaMap;
import static io.vlink.agent.vfiouser.RawVfioUserClient.dmaUnmap;
import static io.vlink.agent.vfiouser.RawVfioUserClient.access;
import static io.vlink.agent.vfiouser.RawVfioUserClient.regionInfo;
import static io.vlink.agent.vfiouser.RawVfioUserClient.setIrqs;
import static io.vlink.agent.vfiouser.RawVfioUserClient.version;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;

import io.vlink.infra.os.Fd;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Payloads spoilt at random, but the same in every run: afterwards the device answers, and no descriptor is left. */
class HostileClientTest extends CommandTest {
    private static final int NO_REPLY = 0x10;
    private static final int MESSAGES = 20_000;

    private final byte[][] valid = {{}, version(0, 0, "{\"capabilities\":{\"max_msg_fds\":8}}"),
            dmaMap(32, 3, 0, 4_096, 4_096),
            dmaUnmap(24, 0, 4_096, 4_096), words(16, 0, 0, 0), regionInfo(32, 2), {}, words(16, 0, 0, 0),
            setIrqs(0x11, 0, 0, 1),
            access(0x18, 7, 4), access(4, 7, 4, words(3))};

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void survivesSpoiltPayloads(long seed) {
        var random = new Random(seed);
        Fd[] none = {};
        Fd[] some = eventFds(3);
        for (int i = 0; i < MESSAGES; i++) {
            int command = random.nextInt(16);
            byte[] payload = spoil(random, valid[command % valid.length]);
            client.send(command, NO_REPLY, payload, random.nextInt(8) == 0 ? some : none);
        }
    }

    private static byte[] spoil(Random random, byte[] payload) {
        byte[] spoilt = random.nextInt(4) == 0 ? Arrays.copyOf(payload, random.nextInt(64)) : payload.clone();
        for (int i = random.nextInt(3); i > 0 && spoilt.length > 0; i--) {
            spoilt[random.nextInt(spoilt.length)] = (byte) random.nextInt();
        }
        return spoilt;
    }
}
