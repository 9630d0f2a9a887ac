// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.spec.control.StatusCode;
import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that the agent owns, and what may be done with it. For any thread. One lock, {@code state}, guards what exists and is
 * held for moments only; {@code allocations} lets one registration at a time take its time over memory and sockets, and is
 * always taken first.
 */
public final class Inventory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Inventory.class);

    private static final int REPORT_LOOKS = 10;
    private static final int REPORT_PAUSE_MILLIS = 10;

    private final ReentrantLock allocations = new ReentrantLock();
    private final Object state = new Object();
    private final RegionStore regions;
    private final Function<String, Path> socketOfDomain;
    private final DeviceServer.Factory servers;
    private final Map<String, Domain> domains = new TreeMap<>();
    private boolean closed;

    /**
     * Reserves the first region at once.
     *
     * @param settings       how regions are made
     * @param socketOfDomain where a domain's device socket stands
     * @param servers        makes device servers
     * @throws io.vlink.infra.region.RegionException if memory is short
     */
    public Inventory(RegionSettings settings, Function<String, Path> socketOfDomain, DeviceServer.Factory servers) {
        this.regions = new RegionStore(settings);
        this.socketOfDomain = socketOfDomain;
        this.servers = servers;
    }

    /** {@return the region that every agent starts with, for the line that says what it got} */
    public Region firstRegion() {
        return regions.first();
    }

    /**
     * Registers a domain and serves its device. The same domain again, while drivers still hold links of the last one,
     * reuses the memory and brings the links back. Blocks while memory is allocated.
     *
     * @param request    the domain
     * @param pid        who asks
     * @param persistent true: it lives until {@link #unregister}; false: until {@link #withdraw}
     * @return the domain
     * @throws RequestException if a name is taken, or memory is short
     */
    public Domain register(DomainRequest request, int pid, boolean persistent) throws RequestException {
        allocations.lock();
        try {
            Domain known = check(request);
            Domain domain = known == null ? build(request) : known;
            try {
                serve(domain, pid, persistent);
            } catch (RuntimeException e) {
                release(domain);
                throw new RequestException(StatusCode.FAILED, "no device socket: " + e.getMessage());
            }
            LOG.info("event={} vm_domain={} links={} bar={} pid={} persistent={} socket={}",
                    known == null ? "domain_registered" : "domain_restored", domain.name(), request.linkNames(),
                    request.barShape().bits(), pid, persistent, socketOfDomain.apply(domain.name()));
            return domain;
        } finally {
            allocations.unlock();
        }
    }

    /** Returns what is left of the same domain, or null for a new one. */
    private Domain check(DomainRequest request) throws RequestException {
        if (request.barShape() == BarShape.BAR32 && firstRegion().bytes() > BarShape.MAX_REGION_BYTES_BAR32) {
            throw new RequestException(StatusCode.INVALID, "a 32-bit BAR holds a region of 1 GiB at most: vm_domain="
                    + request.name() + " region_bytes=" + firstRegion().bytes() + ": use bar=64");
        }
        synchronized (state) {
            if (closed) {
                throw new RequestException(StatusCode.FAILED, "the agent is stopping");
            }
            Domain known = domains.get(request.name());
            if (known != null && known.isRegistered()) {
                // Who registered a persistent domain has ended long since.
                throw new RequestException(StatusCode.BUSY, "the domain is registered already: vm_domain="
                        + request.name() + (known.isPersistent()
                                ? ": run vlinkctl unregister " + request.name() + " first"
                                : " pid=" + known.ownerPid()
                                        + ": stop that QEMU first, or choose another vm_domain="));
            }
            if (known != null && !known.request().equals(request)) {
                throw new RequestException(StatusCode.BUSY,
                        "drivers still hold links of the last " + request.name() + ", which was configured otherwise: "
                                + holders(known) + ": stop them, or use the same configuration");
            }
            checkLinkNames(request);
            return known;
        }
    }

    private static String holders(Domain domain) {
        return domain.attachments().stream()
                .map(attachment -> "link=" + attachment.link().request().name() + " pid=" + attachment.pid())
                .collect(Collectors.joining(" "));
    }

    private void checkLinkNames(DomainRequest request) throws RequestException {
        for (Domain other : domains.values()) {
            for (Link link : other.links()) {
                String name = link.request().name();
                if (!other.name().equals(request.name())
                        && request.links().stream().anyMatch(wanted -> wanted.name().equals(name))) {
                    throw new RequestException(StatusCode.BUSY, "a link's name is unique in the agent: link=" + name
                            + " is taken by vm_domain=" + other.name() + ": rename it in link.config");
                }
            }
        }
    }

    private Domain build(DomainRequest request) throws RequestException {
        ChannelPlan plan = ChannelPlan.of(request);
        Region region = regions.acquire(request.regionKey());
        try (DomainBuilder builder = new DomainBuilder(request, plan, region)) {
            Domain domain = builder.build();
            regions.changed();
            return domain;
        } catch (RequestException | RuntimeException e) {
            regions.release(request.regionKey());
            throw e;
        }
    }

    private void serve(Domain domain, int pid, boolean persistent) {
        Watch watch = new Watch(domain);
        synchronized (state) {
            domain.channels().describe();
            domain.device(false);
            domain.listenThrough(watch);
        }
        DeviceServer server = servers.start(domain, socketOfDomain.apply(domain.name()), watch);
        synchronized (state) {
            domain.register(pid, persistent, server);
            domains.put(domain.name(), domain);
        }
    }

    /**
     * Removes a persistent domain.
     *
     * @param name of the domain
     * @throws RequestException if there is none, it is not persistent, or its device is in use
     */
    public void unregister(String name) throws RequestException {
        allocations.lock();
        try {
            withdraw(removable(name));
        } finally {
            allocations.unlock();
        }
    }

    private Domain removable(String name) throws RequestException {
        synchronized (state) {
            Domain domain = domains.get(name);
            if (domain == null || !domain.isRegistered()) {
                throw new RequestException(StatusCode.NOT_FOUND,
                        "no such domain: vm_domain=" + name + " known=" + registeredNames());
            }
            if (!domain.isPersistent()) {
                throw new RequestException(StatusCode.BUSY, "the domain goes when its QEMU ends: vm_domain=" + name
                        + " pid=" + domain.ownerPid() + ": stop that QEMU");
            }
            if (domain.isConnected()) {
                throw new RequestException(StatusCode.BUSY, "the domain's device is in use: vm_domain=" + name
                        + ": stop the QEMU or the guest program that uses it");
            }
            return domain;
        }
    }

    /**
     * Ends a domain's registration: its links report down. Its memory goes too, unless drivers hold links of it.
     *
     * @param domain what {@link #register} returned; nothing happens if it is gone already
     */
    public void withdraw(Domain domain) {
        allocations.lock();
        try {
            DeviceServer server;
            String held;
            synchronized (state) {
                if (!domain.isRegistered()) {
                    return;
                }
                server = domain.withdraw();
                held = holders(domain);
            }
            server.close();
            LOG.info("event=domain_gone vm_domain={} links={} still_attached={}", domain.name(),
                    domain.request().linkNames(), held.isEmpty() ? "none" : '"' + held + '"');
            release(domain);
        } finally {
            allocations.unlock();
        }
    }

    /** Frees a domain's memory if nobody needs it any more. The caller holds {@code allocations}. */
    private void release(Domain domain) {
        synchronized (state) {
            if (domain.isRegistered() || !domain.attachments().isEmpty()) {
                return;
            }
            domains.remove(domain.name(), domain);
            domain.release();
        }
        domain.links().forEach(link -> domain.region().extents().free(link.poolOffset()));
        regions.release(domain.request().regionKey());
    }

    /**
     * Gives a link to a driver.
     *
     * @param linkName of the link
     * @param pid      of the driver
     * @return the driver's hold, for {@link #detach}
     * @throws RequestException if there is no such link, or another driver has it
     */
    public Attachment attach(String linkName, int pid) throws RequestException {
        Attachment attachment;
        synchronized (state) {
            Link link = find(linkName);
            if (link.attachment() != null) {
                throw new RequestException(StatusCode.BUSY, "the link is taken: link=" + linkName + " pid="
                        + link.attachment().pid() + ": stop that driver, or attach to another link");
            }
            attachment = new Attachment(link, pid);
            link.attach(attachment);
        }
        LOG.info("event=driver_attached link={} vm_domain={} pid={}", linkName, attachment.link().domain().name(), pid);
        return attachment;
    }

    private Link find(String linkName) throws RequestException {
        List<Link> links = domains.values().stream().flatMap(domain -> domain.links().stream()).toList();
        for (Link link : links) {
            if (link.request().name().equals(linkName) && !closed) {
                return link;
            }
        }
        String known = links.stream().map(link -> link.request().name()).collect(Collectors.joining(","));
        throw new RequestException(StatusCode.NOT_FOUND, "no such link: link=" + linkName + " known="
                + (known.isEmpty() ? "none: start a VM with bin/vlink-qemu first" : known));
    }

    /**
     * Takes a link back from a driver that left or died. Its host lane reports down.
     *
     * @param attachment what {@link #attach} returned, once
     */
    public void detach(Attachment attachment) {
        Domain domain = attachment.link().domain();
        boolean last;
        synchronized (state) {
            if (attachment.link().attachment() != attachment) {
                return;
            }
            attachment.link().detach();
            last = !domain.isRegistered() && domain.attachments().isEmpty();
        }
        LOG.info("event=driver_detached link={} vm_domain={} pid={}", attachment.link().request().name(), domain.name(),
                attachment.pid());
        if (last) {
            freeLeftover(domain);
        }
    }

    private void freeLeftover(Domain domain) {
        allocations.lock();
        try {
            synchronized (state) {
                if (domains.get(domain.name()) != domain) {
                    return;
                }
            }
            release(domain);
        } finally {
            allocations.unlock();
        }
    }

    /**
     * The state of everything. Waits up to {@value #REPORT_LOOKS} times {@value #REPORT_PAUSE_MILLIS} ms where packets do not
     * add up: a side that the scheduler has stopped within a burst has yet to count it.
     *
     * @param agent what the report says of the agent itself
     * @return one JSON object, on one line
     */
    public String report(ReportWriter.AgentFacts agent) {
        for (int look = 1;; look++) {
            synchronized (state) {
                List<Domain> all = List.copyOf(domains.values());
                Map<Link, LinkLaw> laws = LawReader.read(all);
                if (look == REPORT_LOOKS || laws.values().stream().noneMatch(LinkLaw::isBroken)) {
                    return new ReportWriter(agent, regions.settings(), regions.views(), all, laws).write();
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(REPORT_PAUSE_MILLIS));
        }
    }

    private String registeredNames() {
        String names = domains.values().stream().filter(Domain::isRegistered).map(Domain::name)
                .collect(Collectors.joining(","));
        return names.isEmpty() ? "none" : names;
    }

    /**
     * Says that the agent is about to stop: links are left as they are, so that drivers and guests, whose memory outlives the
     * agent, finish what is on its way instead of seeing the other side leave.
     */
    public void leaveLanesAlone() {
        synchronized (state) {
            domains.values().forEach(Domain::leaveLanesAlone);
        }
    }

    /** Withdraws every domain and frees all memory, also that of links whose drivers are still there: they keep theirs. */
    @Override
    public void close() {
        allocations.lock();
        try {
            List<Domain> left;
            synchronized (state) {
                closed = true;
                left = List.copyOf(domains.values());
            }
            left.forEach(this::withdraw);
            left.stream().flatMap(domain -> attachments(domain).stream()).forEach(this::detach);
            regions.close();
        } finally {
            allocations.unlock();
        }
    }

    private List<Attachment> attachments(Domain domain) {
        synchronized (state) {
            return domain.attachments();
        }
    }

    /** Keeps the lane words true to what happens to one domain's device. */
    private final class Watch implements DeviceServer.Listener {
        private final Domain domain;

        Watch(Domain domain) {
            this.domain = domain;
        }

        @Override
        public void connected() {
            apply(() -> domain.device(true));
            LOG.info("event=device_connected vm_domain={}", domain.name());
        }

        @Override
        public void reset() {
            apply(domain::resetGuestLanes);
            LOG.info("event=device_reset vm_domain={}", domain.name());
        }

        @Override
        public void disconnected() {
            apply(() -> domain.device(false));
            LOG.info("event=device_disconnected vm_domain={}", domain.name());
        }

        private void apply(Runnable change) {
            synchronized (state) {
                if (domain.listensThrough(this)) {
                    change.run();
                }
            }
        }
    }
}
