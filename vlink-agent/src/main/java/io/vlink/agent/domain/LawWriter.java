// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.record.HostCounter;
import java.io.IOException;
import java.util.Locale;

/** Writes what the law and the ledger say of a link into the agent's report. */
final class LawWriter {
    private LawWriter() {
    }

    /**
     * Writes the fields {@code hostToGuest}, {@code guestToHost} and {@code ledger}.
     *
     * @param json inside the link's object
     * @param link the link
     * @param law  of the link
     * @throws IOException if the generator fails
     */
    static void write(JsonGenerator json, Link link, LinkLaw law) throws IOException {
        json.writeObjectFieldStart("hostToGuest");
        writeDirection(json, law.hostToGuest());
        json.writeObjectFieldStart("reasons");
        json.writeNumberField(GuestCounter.RX_BAD_DESCRIPTORS.name().toLowerCase(Locale.ROOT),
                law.hostToGuest().dropped());
        json.writeEndObject();
        json.writeEndObject();
        json.writeObjectFieldStart("guestToHost");
        writeDirection(json, law.guestToHost());
        // With empty buffers that came back wrong, which are no packets.
        json.writeObjectFieldStart("reasons");
        for (HostCounter reason : HostCounter.dropReasons()) {
            long sum = 0;
            for (int queue = 0; queue < link.request().dataChannels(); queue++) {
                sum += link.record().countedInEpoch(queue, reason.atEpochStart());
            }
            json.writeNumberField(reason.label(), sum);
        }
        json.writeEndObject();
        json.writeEndObject();
        writeBuffers(json, link);
    }

    private static void writeDirection(JsonGenerator json, LinkLaw.Direction direction) throws IOException {
        json.writeNumberField("sent", direction.sent());
        json.writeNumberField("received", direction.received());
        json.writeNumberField("dropped", direction.dropped());
        json.writeNumberField("inFlight", direction.inFlight());
        json.writeNumberField("descriptors", direction.descriptors());
        json.writeNumberField("difference", direction.difference());
        json.writeNumberField("tolerance", direction.tolerance());
        json.writeFieldName("holds");
        if (direction.verdict() == LinkLaw.Verdict.UNKNOWN) {
            json.writeNull();
        } else {
            json.writeBoolean(direction.verdict() == LinkLaw.Verdict.HOLDS);
        }
    }

    private static void writeBuffers(JsonGenerator json, Link link) throws IOException {
        LinkRecord.BufferCounts buffers = link.record().buffers();
        json.writeObjectFieldStart("ledger");
        json.writeNumberField("free", buffers.free());
        json.writeNumberField("lent", buffers.lent());
        json.writeNumberField("held", buffers.held());
        json.writeNumberField("unknown", buffers.unknown());
        int known = buffers.free() + buffers.lent() + buffers.held();
        json.writeBooleanField("complete", known == BufferPoolSize.buffers(link.request()));
        json.writeEndObject();
    }
}
