// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.spec.control.StatusCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that the agent owns, and what may be done with it. For any thread. What exists is guarded by the {@link DomainTable}'s
 * monitor; registrations, which take their time, wait for each other in the {@link Registrar}.
 */
public final class Inventory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Inventory.class);

    private static final int REPORT_LOOKS = 10;
    private static final int REPORT_PAUSE_MILLIS = 10;

    private final DomainTable table = new DomainTable();
    private final RegionStore regions;
    private final Keeping keeping;
    private final Registrar registrar;
    private final List<AdoptedSession> adopted;

    /**
     * Goes on with what the last agent left, and reserves the first region if that is not among it.
     *
     * @param settings       how regions are made
     * @param socketOfDomain where a domain's device socket stands
     * @param servers        makes device servers
     * @param keeping        where the next agent finds everything
     * @throws io.vlink.infra.region.RegionException if memory is short; what was kept still is
     */
    public Inventory(RegionSettings settings, Function<String, Path> socketOfDomain, DeviceServer.Factory servers,
            Keeping keeping) {
        this.keeping = keeping;
        this.regions = new RegionStore(settings, keeping);
        this.registrar = new Registrar(table, regions, keeping, socketOfDomain, servers);
        this.adopted = new Adoption(table, regions, keeping, registrar).run(keeping.found());
    }

    /** {@return control connections of the last agent, to go on with; whoever asks first owns them} */
    public List<AdoptedSession> adoptedSessions() {
        return adopted;
    }

    /** {@return where the next agent finds everything} */
    public Keeping keeping() {
        return keeping;
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
        return registrar.register(request, pid, persistent);
    }

    /**
     * Removes a persistent domain.
     *
     * @param name of the domain
     * @throws RequestException if there is none, it is not persistent, or its device is in use
     */
    public void unregister(String name) throws RequestException {
        registrar.unregister(name);
    }

    /**
     * Ends a domain's registration: its links report down. Its memory goes too, unless drivers hold links of it.
     *
     * @param domain what {@link #register} returned; nothing happens if it is gone already
     */
    public void withdraw(Domain domain) {
        registrar.withdraw(domain);
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
        synchronized (table) {
            Link link = table.link(linkName);
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

    /**
     * Takes a link back from a driver that left or died. Its host lane reports down.
     *
     * @param attachment what {@link #attach} returned, once
     */
    public void detach(Attachment attachment) {
        Domain domain = attachment.link().domain();
        boolean last;
        synchronized (table) {
            if (attachment.link().attachment() != attachment) {
                return;
            }
            attachment.link().detach();
            last = !domain.isRegistered() && domain.attachments().isEmpty();
        }
        LOG.info("event=driver_detached link={} vm_domain={} pid={}", attachment.link().request().name(), domain.name(),
                attachment.pid());
        if (last) {
            registrar.freeLeftover(domain);
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
            synchronized (table) {
                List<Domain> all = table.all();
                Map<Link, LinkLaw> laws = LawReader.read(all);
                if (look == REPORT_LOOKS || laws.values().stream().noneMatch(LinkLaw::isBroken)) {
                    return new ReportWriter(agent, regions.settings(), regions.views(), all, laws).write();
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(REPORT_PAUSE_MILLIS));
        }
    }

    /**
     * Says that the agent is about to stop: links are left as they are, so that drivers and guests, whose memory outlives the
     * agent, finish what is on its way instead of seeing the other side leave.
     */
    public void leaveLanesAlone() {
        synchronized (table) {
            table.all().forEach(Domain::leaveLanesAlone);
        }
    }

    /** Withdraws every domain and frees all memory, also that of links whose drivers are still there: they keep theirs. */
    @Override
    public void close() {
        registrar.alone(() -> {
            List<Domain> left;
            synchronized (table) {
                table.close();
                left = table.all();
            }
            left.forEach(this::withdraw);
            left.stream().flatMap(domain -> attachments(domain).stream()).forEach(this::detach);
            regions.close();
        });
    }

    private List<Attachment> attachments(Domain domain) {
        synchronized (table) {
            return domain.attachments();
        }
    }
}
