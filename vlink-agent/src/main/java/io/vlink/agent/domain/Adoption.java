// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.agent.keeper.Kept;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.UnixConnection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on with what the last agent left: regions, then domains with their links, then who holds them, then devices. Memory is
 * mapped and not written, as guests and drivers are at work in it. The last agent may have ended between any two instructions,
 * so an entry that fits nothing is dropped with a line in the log; no entry keeps an agent from starting. Used once, by the
 * thread that makes the {@link Inventory}.
 */
final class Adoption {
    private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
    /** Channel memory and device memory; the links' records follow. */
    private static final int FIXED_MEMORIES = 2;

    private final DomainTable table;
    private final RegionStore regions;
    private final Keeping keeping;
    private final Registrar registrar;
    private final Map<Domain, KeptState.OfDomain> adopted = new LinkedHashMap<>();
    private final List<AdoptedSession> sessions = new ArrayList<>();
    private List<Kept> left;

    Adoption(DomainTable table, RegionStore regions, Keeping keeping, Registrar registrar) {
        this.table = table;
        this.regions = regions;
        this.keeping = keeping;
        this.registrar = registrar;
    }

    /** Takes one entry; its descriptors belong to what it makes of them. */
    @FunctionalInterface
    private interface Step {
        void take(Kept entry) throws RequestException;
    }

    /**
     * Adopts what can be adopted, drops the rest, and reserves the first region if it is not there.
     *
     * @param entries what was kept
     * @return control connections to go on with
     * @throws io.vlink.infra.region.RegionException if memory is short; domains are not served yet, and entries stay
     */
    List<AdoptedSession> run(List<Kept> entries) {
        left = new ArrayList<>(entries);
        each(Keeping::isRegion, this::region);
        each(Keeping::isDomain, this::domain);
        regions.begin();
        each(Keeping::isSession, this::session);
        adopted.forEach(this::goOn);
        left.forEach(entry -> drop(entry, "nothing that it belongs to"));
        if (!entries.isEmpty()) {
            LOG.info("event=adopted domains={} sessions={} entries={}", table.all().size(), sessions.size(),
                    entries.size());
        }
        return List.copyOf(sessions);
    }

    private void each(Predicate<Kept> which, Step step) {
        for (Kept entry : List.copyOf(left)) {
            if (which.test(entry)) {
                left.remove(entry);
                try {
                    step.take(entry);
                } catch (RequestException | RuntimeException e) {
                    drop(entry, e.getMessage());
                }
            }
        }
    }

    private void drop(Kept entry, String why) {
        LOG.warn("event=entry_dropped key={} error={}", entry.key(), why);
        keeping.drop(entry);
    }

    private void region(Kept entry) {
        KeptState.OfRegion kept = KeptState.OfRegion.decode(entry.state());
        regions.adopt(Region.adopt(kept, entry.fds().get(0)), kept.first());
    }

    private void domain(Kept entry) throws RequestException {
        KeptState.OfDomain kept = KeptState.OfDomain.decode(entry.state());
        DomainRequest request = kept.request();
        int links = request.links().size();
        if (entry.fds().size() != FIXED_MEMORIES + links || kept.poolOffsets().size() != links) {
            throw new IllegalArgumentException("each link must have a record and a pool: links=" + links
                    + " descriptors=" + entry.fds().size() + " pools=" + kept.poolOffsets().size());
        }
        table.checkLinkNames(request);
        Region region = regions.acquireAdopted(request.regionKey(), kept.region());
        List<Long> taken = new ArrayList<>();
        List<AutoCloseable> memory = new ArrayList<>();
        try {
            for (int link = 0; link < links; link++) {
                region.extents().take(kept.poolOffsets().get(link), BufferPoolSize.bytes(request.links().get(link)));
                taken.add(kept.poolOffsets().get(link));
            }
            Domain domain = domain(kept, region, entry.fds(), memory);
            synchronized (table) {
                table.put(domain);
            }
            adopted.put(domain, kept);
        } catch (RequestException | RuntimeException e) {
            memory.forEach(Adoption::close);
            taken.forEach(region.extents()::free);
            regions.release(request.regionKey());
            throw e;
        }
    }

    private static Domain domain(KeptState.OfDomain kept, Region region, List<Fd> fds, List<AutoCloseable> memory)
            throws RequestException {
        DomainRequest request = kept.request();
        ChannelMemory channels = ChannelMemory.adopt(request, ChannelPlan.of(request), fds.get(0));
        memory.add(channels);
        SharedBlock device = SharedBlock.adopt(fds.get(1), Domain.DEVICE_BYTES);
        memory.add(device);
        Domain domain = new Domain(request, region, channels, device);
        for (int link = 0; link < request.links().size(); link++) {
            long pool = kept.poolOffsets().get(link);
            LinkRecord record = LinkRecord.adopt(region, request.links().get(link), pool,
                    fds.get(FIXED_MEMORIES + link));
            memory.add(record);
            domain.add(new Link(domain, link, pool, record));
        }
        return domain;
    }

    private static void close(AutoCloseable memory) {
        try {
            memory.close();
        } catch (Exception e) {
            throw new IllegalStateException("memory could not be freed", e);
        }
    }

    private void session(Kept entry) throws RequestException {
        KeptState.OfSession kept = KeptState.OfSession.decode(entry.state());
        String id = Keeping.idOfSession(entry);
        Fd connection = entry.fds().get(0);
        int pid = UnixConnection.of(connection).peer().pid(); // also says whether it is a connection
        HeldSession held = kept.link().isEmpty()
                ? new HeldSession(id, owned(kept.domain()), null, kept.owed())
                : new HeldSession(id, null, attachment(kept, pid), false);
        sessions.add(new AdoptedSession(held, connection));
    }

    private Domain owned(String name) {
        synchronized (table) {
            Domain domain = table.get(name);
            boolean waitsForOwner = domain != null && adopted.get(domain).registered()
                    && !adopted.get(domain).persistent()
                    && sessions.stream().noneMatch(other -> other.held().domain() == domain);
            if (!waitsForOwner) {
                throw new IllegalArgumentException(
                        "an owner must have its domain: vm_domain=" + name + ": it is hung up");
            }
            return domain;
        }
    }

    private Attachment attachment(KeptState.OfSession kept, int pid) throws RequestException {
        if (kept.owed()) {
            // A second answer to the same request would spoil the stream for a driver that has got the first.
            throw new IllegalArgumentException("a driver must know that it is attached: link=" + kept.link()
                    + ": it is hung up, and may attach again");
        }
        synchronized (table) {
            Link link = table.link(kept.link());
            if (link.attachment() != null) {
                throw new IllegalArgumentException("a link must have one driver: link=" + kept.link());
            }
            Attachment attachment = new Attachment(link, pid);
            link.attach(attachment);
            return attachment;
        }
    }

    /** Serves a domain's device again, or ends the registration if its owner or its socket is gone. */
    private void goOn(Domain domain, KeptState.OfDomain kept) {
        synchronized (table) {
            domain.links().stream().filter(link -> link.attachment() == null).forEach(Link::detach);
        }
        Kept listener = take(entry -> Keeping.isListenerOf(entry, domain.name()));
        Kept client = take(entry -> Keeping.isClientOf(entry, domain.name()));
        boolean owned = kept.persistent()
                || sessions.stream().anyMatch(session -> domain.equals(session.held().domain()));
        if (kept.registered() && owned && listener != null && resumed(domain, kept, listener, client)) {
            LOG.info("event=domain_adopted vm_domain={} links={} pid={} persistent={} drivers=\"{}\"", domain.name(),
                    domain.request().linkNames(), kept.ownerPid(), kept.persistent(),
                    DomainTable.holders(domain));
            return;
        }
        for (Kept entry : new Kept[]{listener, client}) {
            if (entry != null) {
                keeping.drop(entry);
            }
        }
        registrar.endAdopted(domain, kept);
    }

    private boolean resumed(Domain domain, KeptState.OfDomain kept, Kept listener, Kept client) {
        try {
            List<Fd> ofClient = client == null ? List.of() : client.fds();
            registrar.resume(domain, kept, new DeviceServer.Sockets(listener.fds().get(0),
                    ofClient.isEmpty() ? null : ofClient.get(0), ofClient.size() < 2 ? null : ofClient.get(1)));
            return true;
        } catch (RuntimeException e) {
            LOG.warn("event=device_not_adopted vm_domain={} error={}", domain.name(), e.getMessage());
            return false;
        }
    }

    private Kept take(Predicate<Kept> which) {
        Kept found = left.stream().filter(which).findFirst().orElse(null);
        left.remove(found);
        return found;
    }
}
