// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Any payload is decoded or refused, and what was decoded means the same once it is written again. */
class PayloadFuzzTest {
    private static final List<Function<byte[], byte[]>> CODECS = List.of(
            payload -> VersionPayload.decode(payload).encode(), payload -> DeviceInfo.decode(payload).encode(),
            payload -> RegionInfo.decode(payload).encode(), payload -> IrqInfo.decode(payload).encode(),
            payload -> IrqSet.decode(payload).encode(), payload -> DmaMap.decode(payload).encode(),
            payload -> DmaUnmap.decode(payload).encode(),
            payload -> RegionAccess.decodeWithoutData(payload).encode(),
            payload -> RegionAccess.decodeWithData(payload).encode());

    @FuzzTest(maxDuration = "1m")
    void decodesOrRefuses(byte[] codecAndPayload) {
        if (codecAndPayload.length == 0) {
            return;
        }
        Function<byte[], byte[]> codec = CODECS.get((codecAndPayload[0] & 0xff) % CODECS.size());
        byte[] encoded;
        try {
            encoded = codec.apply(Arrays.copyOfRange(codecAndPayload, 1, codecAndPayload.length));
        } catch (VfioUserProtocolException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n");
            assertThat(refusal.errno()).isPositive();
            return;
        }
        assertThat(codec.apply(encoded)).isEqualTo(encoded);
    }
}
