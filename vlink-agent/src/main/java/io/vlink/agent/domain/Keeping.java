// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.agent.keeper.FdStore;
import io.vlink.agent.keeper.Kept;
import io.vlink.infra.os.Fd;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Which entries of a store hold what the next agent needs: one for each region, domain, device listener, device client, and
 * control connection that holds something. Entries are put before the peer can see the effect, and removed when it has
 * ended; {@link Adoption} copes with every state in between. For any thread.
 */
public final class Keeping {
    private static final String REGION = "region.";
    private static final String DOMAIN = "domain.";
    private static final String LISTENER = "listener.";
    private static final String CLIENT = "client.";
    private static final String SESSION = "session.";

    private final FdStore store;
    private final List<Kept> found;

    /**
     * Uses a store.
     *
     * @param store where entries are kept
     * @param found what the last agent left there, for the {@link Inventory} that is made next
     */
    public Keeping(FdStore store, List<Kept> found) {
        this.store = store;
        this.found = List.copyOf(found);
    }

    /** {@return what the last agent left} */
    List<Kept> found() {
        return found;
    }

    /** {@return a name that no other entry has} */
    static String newId() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    static boolean isRegion(Kept entry) {
        return entry.key().startsWith(REGION);
    }

    static boolean isDomain(Kept entry) {
        return entry.key().startsWith(DOMAIN);
    }

    static boolean isSession(Kept entry) {
        return entry.key().startsWith(SESSION);
    }

    static String idOfSession(Kept entry) {
        return entry.key().substring(SESSION.length());
    }

    static boolean isListenerOf(Kept entry, String domain) {
        return entry.key().equals(LISTENER + domain);
    }

    static boolean isClientOf(Kept entry, String domain) {
        return entry.key().equals(CLIENT + domain);
    }

    /** Forgets an entry that nobody can use. */
    void drop(Kept entry) {
        entry.close();
        store.remove(entry.key());
    }

    void keep(Region region, boolean first) {
        KeptState.OfRegion state = new KeptState.OfRegion(region.id(), first, region.addressing(), region.seed());
        store.put(REGION + region.id(), state.encode(), List.of(region.fd()));
    }

    void forget(Region region) {
        store.remove(REGION + region.id());
    }

    void keep(Domain domain) {
        List<Long> pools = domain.links().stream().map(Link::poolOffset).toList();
        KeptState.OfDomain state = new KeptState.OfDomain(domain.request(), domain.isRegistered(),
                domain.isPersistent(), domain.ownerPid(), domain.region().id(), pools);
        List<Fd> fds = new ArrayList<>(List.of(domain.channelMemoryFd(), domain.deviceFd()));
        domain.links().forEach(link -> fds.add(link.record().fd()));
        store.put(DOMAIN + domain.name(), state.encode(), fds);
    }

    void forget(Domain domain) {
        store.remove(DOMAIN + domain.name());
    }

    /**
     * Keeps the socket on which a domain's device waits for its QEMU.
     *
     * @param domain name of the domain
     * @param socket a listening socket
     */
    public void keepListener(String domain, Fd socket) {
        store.put(LISTENER + domain, new byte[0], List.of(socket));
    }

    /**
     * Forgets it.
     *
     * @param domain name of the domain
     */
    public void forgetListener(String domain) {
        store.remove(LISTENER + domain);
    }

    /**
     * Keeps a device's client.
     *
     * @param domain     name of the domain
     * @param connection its socket
     * @param interrupt  the eventfd of INTx, or null
     */
    public void keepClient(String domain, Fd connection, Fd interrupt) {
        store.put(CLIENT + domain, new byte[0],
                interrupt == null ? List.of(connection) : List.of(connection, interrupt));
    }

    /**
     * Forgets it.
     *
     * @param domain name of the domain
     */
    public void forgetClient(String domain) {
        store.remove(CLIENT + domain);
    }

    /**
     * Keeps a control connection that holds something.
     *
     * @param session    what it holds
     * @param connection our end of it
     */
    public void keepSession(HeldSession session, Fd connection) {
        KeptState.OfSession state = new KeptState.OfSession(session.domain() == null ? "" : session.domain().name(),
                session.attachment() == null ? "" : session.attachment().link().request().name(), session.owed());
        store.put(SESSION + session.id(), state.encode(), List.of(connection));
    }

    /**
     * Forgets it.
     *
     * @param session what it held
     */
    public void forgetSession(HeldSession session) {
        store.remove(SESSION + session.id());
    }
}
