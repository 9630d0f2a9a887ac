// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/** What takes the place of {@code pci-vlink} on QEMU's command line. */
final class VfioUserDevice {
    private static final JsonFactory JSON = new JsonFactory();

    private VfioUserDevice() {
    }

    /**
     * The value of QEMU's {@code -device}; only the JSON form can name a socket.
     *
     * @param socketPath of the domain's device
     * @param properties further ones, such as addr and bus
     * @return one line
     */
    static String option(String socketPath, Map<String, String> properties) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("driver", "vfio-user-pci");
            json.writeNumberField("rombar", 0);
            json.writeObjectFieldStart("socket");
            json.writeStringField("type", "unix");
            json.writeStringField("path", socketPath);
            json.writeEndObject();
            for (Map.Entry<String, String> property : properties.entrySet()) {
                json.writeStringField(property.getKey(), property.getValue());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
