// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.OsException;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How domains come and go. For any thread: one registration at a time takes its time over memory and sockets, under a lock that
 * is always taken before the table's.
 */
final class Registrar {
    private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);

    private final ReentrantLock allocations = new ReentrantLock();
    private final DomainTable table;
    private final RegionStore regions;
    private final Keeping keeping;
    private final Function<String, Path> socketOfDomain;
    private final DeviceServer.Factory servers;

    Registrar(DomainTable table, RegionStore regions, Keeping keeping, Function<String, Path> socketOfDomain,
            DeviceServer.Factory servers) {
        this.table = table;
        this.regions = regions;
        this.keeping = keeping;
        this.socketOfDomain = socketOfDomain;
        this.servers = servers;
    }

    /** Does something while nobody registers or withdraws. */
    void alone(Runnable action) {
        allocations.lock();
        try {
            action.run();
        } finally {
            allocations.unlock();
        }
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
    Domain register(DomainRequest request, int pid, boolean persistent) throws RequestException {
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
        long regionBytes = regions.bytesFor(request.regionKey());
        if (request.barShape() == BarShape.BAR32 && regionBytes > BarShape.MAX_REGION_BYTES_BAR32) {
            throw new RequestException(StatusCode.INVALID, "a 32-bit BAR holds a region of 1 GiB at most: vm_domain="
                    + request.name() + " region_bytes=" + regionBytes + ": use bar=64");
        }
        synchronized (table) {
            if (table.isClosed()) {
                throw new RequestException(StatusCode.FAILED, "the agent is stopping");
            }
            Domain known = table.get(request.name());
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
                                + DomainTable.holders(known) + ": stop them, or use the same configuration");
            }
            table.checkLinkNames(request);
            table.checkMacAddresses(request);
            return known;
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
        DeviceWatch watch = new DeviceWatch(table, domain);
        synchronized (table) {
            domain.device(false);
            domain.listenThrough(watch);
        }
        DeviceServer server = watch.until(servers.start(domain, socketOfDomain.apply(domain.name()), watch));
        synchronized (table) {
            domain.register(pid, persistent, server);
            table.put(domain);
        }
        try {
            keeping.keep(domain);
        } catch (RuntimeException e) {
            synchronized (table) {
                domain.withdraw();
            }
            server.close();
            throw e;
        }
    }

    /**
     * Removes a persistent domain.
     *
     * @param name of the domain
     * @throws RequestException if there is none, it is not persistent, or its device is in use
     */
    void unregister(String name) throws RequestException {
        allocations.lock();
        try {
            withdraw(removable(name));
        } finally {
            allocations.unlock();
        }
    }

    private Domain removable(String name) throws RequestException {
        synchronized (table) {
            Domain domain = table.get(name);
            if (domain == null || !domain.isRegistered()) {
                throw new RequestException(StatusCode.NOT_FOUND,
                        "no such domain: vm_domain=" + name + " known=" + table.registeredNames());
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
    void withdraw(Domain domain) {
        allocations.lock();
        try {
            DeviceServer server;
            String held;
            synchronized (table) {
                if (!domain.isRegistered()) {
                    return;
                }
                server = domain.withdraw();
                held = DomainTable.holders(domain);
            }
            try {
                keepForDrivers(domain, held);
            } finally {
                server.close();
            }
            LOG.info("event=domain_gone vm_domain={} links={} still_attached={}", domain.name(),
                    domain.request().linkNames(), held.isEmpty() ? "none" : '"' + held + '"');
            release(domain);
        } finally {
            allocations.unlock();
        }
    }

    /**
     * Keeps that a domain is no longer registered. Where that fails, what is kept still says that it is, but not its listener:
     * the next agent ends the registration again.
     */
    private void keepForDrivers(Domain domain, String held) {
        if (held.isEmpty()) {
            return;
        }
        try {
            keeping.keep(domain);
        } catch (OsException e) {
            LOG.error("event=end_not_kept vm_domain={} error={}", domain.name(), e.getMessage());
        }
    }

    /** Frees a domain's memory if nobody needs it any more. The caller holds {@code allocations}. */
    private void release(Domain domain) {
        synchronized (table) {
            if (domain.isRegistered() || !domain.attachments().isEmpty()) {
                return;
            }
            table.remove(domain);
        }
        keeping.forget(domain);
        synchronized (table) {
            domain.release();
        }
        domain.links().forEach(link -> domain.region().extents().free(link.poolOffset()));
        regions.release(domain.request().regionKey());
    }

    /**
     * Frees what is left of a domain that is no longer registered, after its last driver has gone.
     *
     * @param domain the domain; nothing happens if it is gone already
     */
    void freeLeftover(Domain domain) {
        allocations.lock();
        try {
            synchronized (table) {
                if (table.get(domain.name()) != domain) {
                    return;
                }
            }
            release(domain);
        } finally {
            allocations.unlock();
        }
    }

    /**
     * Goes on with the device of a domain that the last agent served.
     *
     * @param domain an adopted domain that is in the table
     * @param kept   who registered it
     * @param last   its sockets, the server's from now on
     * @throws io.vlink.infra.os.OsException if they cannot be served; they are closed
     */
    void resume(Domain domain, KeptState.OfDomain kept, DeviceServer.Sockets last) {
        DeviceWatch watch = new DeviceWatch(table, domain);
        synchronized (table) {
            domain.listenThrough(watch);
        }
        DeviceServer server = watch.until(servers.resume(domain, last, watch));
        synchronized (table) {
            domain.register(kept.ownerPid(), kept.persistent(), server);
        }
    }

    /**
     * Ends the registration of an adopted domain that cannot be served: as if its owner had just left.
     *
     * @param domain an adopted domain that was never resumed
     * @param kept   who had registered it
     */
    void endAdopted(Domain domain, KeptState.OfDomain kept) {
        allocations.lock();
        try {
            String held;
            synchronized (table) {
                domain.device(false);
                held = DomainTable.holders(domain);
            }
            LOG.info("event=domain_gone vm_domain={} links={} pid={} still_attached={}", domain.name(),
                    domain.request().linkNames(), kept.ownerPid(), held.isEmpty() ? "none" : '"' + held + '"');
            keepForDrivers(domain, held);
            release(domain);
        } finally {
            allocations.unlock();
        }
    }
}
