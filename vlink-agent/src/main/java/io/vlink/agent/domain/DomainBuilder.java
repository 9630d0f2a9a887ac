// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.OsException;
import io.vlink.infra.region.MemorySize;
import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.control.StatusCode;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a domain's memory. Closing it frees everything again unless {@link #build} came to its end. The inventory's lock for
 * allocations is held.
 */
final class DomainBuilder implements AutoCloseable {
    private final DomainRequest request;
    private final ChannelPlan plan;
    private final Region region;
    private final List<Long> pools = new ArrayList<>();
    private final List<AutoCloseable> memory = new ArrayList<>();

    DomainBuilder(DomainRequest request, ChannelPlan plan, Region region) {
        this.request = request;
        this.plan = plan;
        this.region = region;
    }

    /**
     * Makes everything.
     *
     * @return the domain, not yet registered
     * @throws RequestException if the region has no room, or memory is short
     */
    Domain build() throws RequestException {
        for (LinkDefinition link : request.links()) {
            pools.add(allocatePool(link));
        }
        try {
            ChannelMemory channels = new ChannelMemory(request, plan);
            memory.add(channels);
            SharedBlock device = new SharedBlock("vlink-device-" + request.name(), Domain.DEVICE_BYTES);
            memory.add(device);
            Domain domain = new Domain(request, region, channels, device);
            for (int link = 0; link < pools.size(); link++) {
                LinkRecord record = new LinkRecord(region, channels, request, link, pools.get(link));
                memory.add(record);
                domain.add(new Link(domain, link, pools.get(link), record));
            }
            memory.clear();
            pools.clear();
            return domain;
        } catch (OsException e) {
            throw new RequestException(StatusCode.NO_RESOURCES,
                    "the queues cannot be made: vm_domain=" + request.name() + ": " + e.getMessage());
        }
    }

    private long allocatePool(LinkDefinition link) throws RequestException {
        long offset = region.extents().allocate(BufferPoolSize.bytes(link));
        if (offset == ExtentAllocator.NO_ROOM) {
            throw new RequestException(StatusCode.NO_RESOURCES,
                    "the links' buffers do not fit the region: vm_domain=" + request.name() + " link=" + link.name()
                            + " needs=" + MemorySize.format(BufferPoolSize.bytes(link)) + " domain_needs="
                            + MemorySize.format(request.poolBytes()) + " region=" + MemorySize.format(region.bytes())
                            + " used=" + MemorySize.format(region.extents().usedBytes())
                            + ": lower queue_size= or the channels in link.config, or start the agent with more --memory");
        }
        return offset;
    }

    @Override
    public void close() {
        pools.forEach(region.extents()::free);
        for (AutoCloseable part : memory) {
            try {
                part.close();
            } catch (Exception e) {
                throw new IllegalStateException("memory could not be freed: vm_domain=" + request.name(), e);
            }
        }
    }
}
