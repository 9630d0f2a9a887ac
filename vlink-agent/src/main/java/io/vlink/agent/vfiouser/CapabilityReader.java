// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import java.io.IOException;

/**
 * Checks a client's capabilities: one JSON object, known names with the right kind of value, room for the one descriptor that a
 * reply may carry. Unknown names are let pass, since newer clients have more.
 */
final class CapabilityReader {
    private static final int MAX_TEXT_BYTES = 16_384;
    private static final int MAX_DEPTH = 8;
    private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH)
            .maxDocumentLength(MAX_TEXT_BYTES).maxNumberLength(32).build();
    private static final JsonFactory JSON = JsonFactory.builder().streamReadConstraints(LIMITS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private CapabilityReader() {
    }

    /** Checks the text of a version message; empty text has no capabilities, which is fine. */
    static void check(String json) {
        if (json.isEmpty()) {
            return;
        }
        if (json.length() > MAX_TEXT_BYTES) {
            throw new VfioUserProtocolException(
                    "capabilities must have at most " + MAX_TEXT_BYTES + " bytes: bytes=" + json.length());
        }
        try (JsonParser parser = JSON.createParser(json)) {
            expect(parser.nextToken() == JsonToken.START_OBJECT, "version data must be a JSON object", json);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean capabilities = parser.currentName().equals("capabilities");
                JsonToken value = parser.nextToken();
                if (capabilities) {
                    expect(value == JsonToken.START_OBJECT, "capabilities must be a JSON object", json);
                    checkEach(parser);
                } else {
                    parser.skipChildren();
                }
            }
            expect(parser.nextToken() == null, "version data must end after its object", json);
        } catch (IOException e) {
            throw new VfioUserProtocolException("version data must be JSON: " + e.getClass().getSimpleName());
        }
    }

    private static void checkEach(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "max_msg_fds", "max_data_xfer_size", "max_dma_maps", "pgsizes" -> {
                    expect(value == JsonToken.VALUE_NUMBER_INT, name + " must be a whole number", value);
                    expect(parser.getBigIntegerValue().signum() > 0, name + " must be at least 1", parser.getText());
                }
                case "write_multiple" -> expect(value.isBoolean(), name + " must be true or false", value);
                default -> parser.skipChildren();
            }
        }
    }

    private static void expect(boolean holds, String rule, Object value) {
        if (!holds) {
            String text = String.valueOf(value);
            throw new VfioUserProtocolException(rule + ": value=" + text.substring(0, Math.min(text.length(), 80)));
        }
    }
}
