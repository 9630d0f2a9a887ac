// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.spec.control.TlvType;
import java.util.function.Supplier;

/** Any bytes are a message or a refusal; there is one way to write each message. */
class ControlMessageFuzzTest {
    @FuzzTest(maxDuration = "1m")
    void decodesOrRefuses(byte[] bytes) {
        ControlMessage message;
        try {
            message = ControlMessage.decode(bytes);
        } catch (BadMessageException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n");
            return;
        }
        assertThat(message.encode()).isEqualTo(bytes);
        assertThat(message.dump()).isNotNull();
        assertThat(message.toString()).doesNotContain("\n");
        isReadOrRefused(message::role);
        isReadOrRefused(message::request);
        isReadOrRefused(message::status);
        for (TlvType type : TlvType.values()) {
            if (Tlv.isNumber(type)) {
                isReadOrRefused(() -> message.integer(type));
            } else {
                isReadOrRefused(() -> message.text(type));
                message.texts(type).forEach(text -> assertThat(TextRules.fault(text)).isNull());
            }
        }
    }

    private static void isReadOrRefused(Supplier<?> getter) {
        try {
            assertThat(getter.get()).isNotNull();
        } catch (BadMessageException refusal) {
            assertThat(refusal.getMessage()).isNotEmpty();
        }
    }
}
