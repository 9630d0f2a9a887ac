// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.control.ControlMessage;
import io.vlink.linkconfig.LinkConfig;
import io.vlink.linkconfig.LinkConfigException;
import io.vlink.linkconfig.VmDomainName;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.Limits;

/** A domain as a REGISTER_DOMAIN request asks for it; the asking tool has checked it before, and is not trusted to have. */
public final class RegistrationMessage {
    private RegistrationMessage() {
    }

    /**
     * Reads a request.
     *
     * @param message a REGISTER_DOMAIN request
     * @return the domain
     * @throws RequestException with INVALID if a value is not acceptable
     * @throws io.vlink.infra.control.BadMessageException if the name is missing
     */
    public static DomainRequest read(ControlMessage message) throws RequestException {
        String name = message.text(TlvType.VM_DOMAIN);
        try {
            VmDomainName.check(name);
            String trustGroup = message.optionalText(TlvType.TRUST_GROUP).orElse("");
            if (!trustGroup.isEmpty()) {
                VmDomainName.checkTrustGroup(trustGroup);
            }
            LinkConfig links = LinkConfig.parseLines("links of " + name, message.texts(TlvType.LINK));
            int bar = message.optionalInteger(TlvType.BAR).orElse(BarShape.BAR32.bits());
            int maxChannel = message.optionalInteger(TlvType.MAX_CHANNEL).orElse(links.channels());
            if (maxChannel < links.channels() || maxChannel > Limits.MAX_CHANNELS_PER_DOMAIN) {
                throw new IllegalArgumentException(
                        "max_channel must be at least the channels of all links, and at most "
                                + Limits.MAX_CHANNELS_PER_DOMAIN + ": max_channel=" + maxChannel + " channels="
                                + links.channels());
            }
            return new DomainRequest(name, links.links(), BarShape.ofBits(bar), trustGroup, maxChannel);
        } catch (IllegalArgumentException | LinkConfigException e) {
            throw new RequestException(StatusCode.INVALID, e.getMessage());
        }
    }

    /**
     * Writes a request that {@link #read} understands.
     *
     * @param domain what to ask for
     * @return a REGISTER_DOMAIN request
     */
    static ControlMessage write(DomainRequest domain) {
        ControlMessage.Builder message = ControlMessage.request(Role.TOOL, Request.REGISTER_DOMAIN)
                .addText(TlvType.VM_DOMAIN, domain.name());
        domain.links().forEach(link -> message.addText(TlvType.LINK, link.toLine()));
        message.addInt(TlvType.BAR, domain.barShape().bits()).addInt(TlvType.MAX_CHANNEL, domain.maxChannel());
        if (!domain.trustGroup().isEmpty()) {
            message.addText(TlvType.TRUST_GROUP, domain.trustGroup());
        }
        return message.build();
    }
}
