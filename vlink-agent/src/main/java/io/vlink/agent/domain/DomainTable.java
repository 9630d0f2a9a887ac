// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.control.StatusCode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which domains there are. Its monitor guards them, their links, and who holds what; every method is called under it, and it is
 * held for moments only.
 */
final class DomainTable {
    private final Map<String, Domain> domains = new TreeMap<>();
    private boolean closed;

    /** {@return the domain of a name, registered or held by drivers only, or null} */
    Domain get(String name) {
        return domains.get(name);
    }

    /** {@return all domains by name} */
    List<Domain> all() {
        return List.copyOf(domains.values());
    }

    void put(Domain domain) {
        domains.put(domain.name(), domain);
    }

    void remove(Domain domain) {
        domains.remove(domain.name(), domain);
    }

    /** Lets nobody in any more. */
    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * A link by its name.
     *
     * @param linkName of the link
     * @return the link
     * @throws RequestException with NOT_FOUND, and the names that there are
     */
    Link link(String linkName) throws RequestException {
        List<Link> links = domains.values().stream().flatMap(domain -> domain.links().stream()).toList();
        for (Link link : links) {
            if (link.request().name().equals(linkName) && !closed) {
                return link;
            }
        }
        String known = links.stream().map(link -> link.request().name()).collect(Collectors.joining(","));
        throw new RequestException(StatusCode.NOT_FOUND, "no such link: link=" + linkName + " known="
                + (known.isEmpty() ? "none: start a VM with bin/vlink-qemu first" : known + ": name one of these"));
    }

    /**
     * Checks that no other domain has a link of the same name.
     *
     * @param request a domain that is to come
     * @throws RequestException with BUSY if one has
     */
    void checkLinkNames(DomainRequest request) throws RequestException {
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

    /**
     * Checks that no other domain has a link of the same MAC address: on one bridge, the two would take each other's packets.
     * What an agent adopts is not checked, as it runs already.
     *
     * @param request a domain that is to come
     * @throws RequestException with BUSY if one has
     */
    void checkMacAddresses(DomainRequest request) throws RequestException {
        for (LinkDefinition wanted : request.links()) {
            for (Domain other : domains.values()) {
                for (Link link : other.links()) {
                    if (!other.name().equals(request.name()) && link.request().mac().equals(wanted.mac())) {
                        throw new RequestException(StatusCode.BUSY, "a link's MAC address is unique in the agent: mac="
                                + wanted.mac() + " link=" + wanted.name() + " is taken by link="
                                + link.request().name() + " of vm_domain=" + other.name()
                                + ": change it in link.config");
                    }
                }
            }
        }
    }

    /** {@return who drives links of a domain, for people} */
    static String holders(Domain domain) {
        return domain.attachments().stream()
                .map(attachment -> "link=" + attachment.link().request().name() + " pid=" + attachment.pid())
                .collect(Collectors.joining(" "));
    }

    /** {@return names of the registered domains, for people} */
    String registeredNames() {
        String names = domains.values().stream().filter(Domain::isRegistered).map(Domain::name)
                .collect(Collectors.joining(","));
        return names.isEmpty() ? "none: see vlinkctl status" : names + ": name one of these";
    }
}
