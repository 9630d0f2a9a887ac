// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.agent.domain.DomainRequest;
import io.vlink.agent.domain.RegistrationMessage;
import io.vlink.agent.domain.RequestException;
import io.vlink.infra.control.BadMessageException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.spec.pci.Limits;

/** Any request to register a domain is refused, or is a domain within the limits. */
class RegistrationFuzzTest {
    @FuzzTest(maxDuration = "1m")
    void readsOrRefuses(byte[] message) {
        try {
            DomainRequest request = RegistrationMessage.read(ControlMessage.decode(message));
            assertThat(request.name()).matches("[A-Za-z0-9_.-]{1,63}");
            assertThat(request.links()).hasSizeBetween(1, Limits.MAX_LINKS);
            assertThat(request.maxChannel()).isBetween(2, Limits.MAX_CHANNELS_PER_DOMAIN);
        } catch (BadMessageException | RequestException refusal) {
            assertThat(refusal.getMessage()).isNotEmpty();
        }
    }
}
