// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.pci.BarShape;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A domain as somebody asks for it. Two equal requests describe the same device, so the second may reuse the memory of the
 * first.
 *
 * @param name       of the domain
 * @param links      in the order of link.config
 * @param barShape   how the device lays out its BARs
 * @param trustGroup name under which domains share a packet region; empty: this one has its own
 * @param maxChannel channels that channel memory has room for
 */
public record DomainRequest(String name, List<LinkDefinition> links, BarShape barShape, String trustGroup,
        int maxChannel) {
    /** Copies the list. */
    public DomainRequest {
        links = List.copyOf(links);
    }

    /**
     * Which region the domain uses. A group never has the key of a domain that wants to be alone, whatever their names.
     *
     * @return the same for two domains that share
     */
    public String regionKey() {
        return trustGroup.isEmpty() ? "vm_domain=" + name : "trust_group=" + trustGroup;
    }

    /** {@return bytes of packet buffers that the links need together} */
    public long poolBytes() {
        return links.stream().mapToLong(BufferPoolSize::bytes).sum();
    }

    /** {@return the links' names for a log line, separated by commas} */
    public String linkNames() {
        return links.stream().map(LinkDefinition::name).collect(Collectors.joining(","));
    }
}
