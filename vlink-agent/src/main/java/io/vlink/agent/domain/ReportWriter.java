// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.QuarantineReason;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes the state of everything as one JSON object. Names are those of {@code vlinkctl status --json}. The inventory's lock
 * is held while it works.
 */
public final class ReportWriter {
    private static final JsonFactory JSON = new JsonFactory();

    /**
     * What a report says of the agent itself.
     *
     * @param pid           process id
     * @param version       of the agent
     * @param runDirectory  where its sockets stand
     * @param uptimeSeconds since it was ready
     */
    public record AgentFacts(long pid, String version, String runDirectory, long uptimeSeconds) {
    }

    private final AgentFacts agent;
    private final RegionSettings settings;
    private final List<RegionStore.View> regions;
    private final List<Domain> domains;
    private final Map<Link, LinkLaw> laws;
    private final StringWriter text = new StringWriter();

    ReportWriter(AgentFacts agent, RegionSettings settings, List<RegionStore.View> regions, List<Domain> domains,
            Map<Link, LinkLaw> laws) {
        this.agent = agent;
        this.settings = settings;
        this.regions = regions;
        this.domains = domains;
        this.laws = laws;
    }

    /** {@return the report, on one line} */
    String write() {
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            writeAgent(json);
            json.writeArrayFieldStart("regions");
            for (RegionStore.View region : regions) {
                writeRegion(json, region);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("domains");
            for (Domain domain : domains) {
                writeDomain(json, domain);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private void writeAgent(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("agent");
        json.writeNumberField("pid", agent.pid());
        json.writeStringField("version", agent.version());
        json.writeStringField("runDir", agent.runDirectory());
        json.writeNumberField("uptimeSeconds", agent.uptimeSeconds());
        json.writeNumberField("regionBytes", settings.bytes());
        json.writeFieldName("memoryLimitBytes");
        if (settings.limitBytes() == RegionSettings.NO_LIMIT) {
            json.writeNull();
        } else {
            json.writeNumber(settings.limitBytes());
        }
        json.writeEndObject();
    }

    private static void writeRegion(JsonGenerator json, RegionStore.View view) throws IOException {
        Region region = view.region();
        json.writeStartObject();
        json.writeStringField("owner", view.group());
        json.writeNumberField("bytes", region.bytes());
        json.writeNumberField("pageBytes", 1L << region.pageShift());
        json.writeNumberField("pages", region.pageCount());
        json.writeNumberField("systemPageBytes", region.pageSize().bytes());
        json.writeBooleanField("hugepages", region.pageSize().isHuge());
        json.writeNumberField("poolBytes", view.poolBytes());
        json.writeNumberField("domains", view.domains());
        json.writeEndObject();
    }

    private void writeDomain(JsonGenerator json, Domain domain) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", domain.name());
        json.writeStringField("state",
                !domain.isRegistered() ? "gone" : domain.isConnected() ? "connected" : "registered");
        json.writeBooleanField("persistent", domain.isPersistent());
        json.writeNumberField("pid", domain.isRegistered() ? domain.ownerPid() : 0);
        json.writeNumberField("bar", domain.request().barShape().bits());
        json.writeStringField("region", domain.request().regionKey());
        json.writeNumberField("channelMemoryBytes", domain.channelMemory().byteSize());
        json.writeNumberField("channels", domain.channelCount());
        json.writeNumberField("maxChannels", domain.request().maxChannel());
        json.writeArrayFieldStart("links");
        for (Link link : domain.links()) {
            writeLink(json, link);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void writeLink(JsonGenerator json, Link link) throws IOException {
        LinkDefinition request = link.request();
        long host = link.record().hostLane();
        long guest = link.domain().channels().guestLane(link.index());
        boolean up = link.domain().isConnected() && link.attachment() != null && host == guest
                && LaneState.of(host) == LaneState.INITIALIZED;
        json.writeStartObject();
        json.writeStringField("name", request.name());
        json.writeStringField("mac", request.mac().toString());
        json.writeStringField("state", up ? "up" : "down");
        json.writeNumberField("channels", request.dataChannels() + 1);
        json.writeNumberField("queueSize", request.queueSize());
        json.writeNumberField("mtu", request.mtu());
        json.writeNumberField("buffers", BufferPoolSize.buffers(request));
        json.writeNumberField("poolOffset", link.poolOffset());
        json.writeNumberField("driverPid", link.attachment() == null ? 0 : link.attachment().pid());
        writeLane(json, "hostLane", host);
        writeLane(json, "guestLane", guest);
        LawWriter.write(json, link, laws.get(link));
        json.writeArrayFieldStart("dataChannels");
        for (int queue = 0; queue < request.dataChannels(); queue++) {
            writeDataChannel(json, link, queue);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeLane(JsonGenerator json, String name, long word) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField("state", LaneState.of(word).name().toLowerCase(Locale.ROOT));
        json.writeNumberField("epoch", Integer.toUnsignedLong(LaneState.epoch(word)));
        json.writeEndObject();
    }

    private static void writeDataChannel(JsonGenerator json, Link link, int queue) throws IOException {
        json.writeStartObject();
        json.writeNumberField("channel", queue + 1);
        QuarantineReason reason = QuarantineReason.of(link.record().counter(queue, HostCounter.QUARANTINE_REASON));
        json.writeStringField("quarantine", reason == QuarantineReason.NONE ? null : reason.label());
        json.writeObjectFieldStart("host");
        for (HostCounter counter : HostCounter.values()) {
            json.writeNumberField(counter.label(), link.record().counter(queue, counter));
        }
        json.writeEndObject();
        json.writeObjectFieldStart("guest");
        for (GuestCounter counter : GuestCounter.values()) {
            json.writeNumberField(counter.name().toLowerCase(Locale.ROOT),
                    link.domain().channels().guestCounter(link.index(), queue + 1, counter));
        }
        json.writeEndObject();
        json.writeEndObject();
    }
}
