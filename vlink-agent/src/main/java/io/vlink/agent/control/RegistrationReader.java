// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import io.vlink.agent.domain.DomainRequest;
import io.vlink.agent.domain.RequestException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.linkconfig.LinkConfig;
import io.vlink.linkconfig.LinkConfigException;
import io.vlink.linkconfig.VmDomainName;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.Limits;

/** Reads what a REGISTER_DOMAIN request asks for; the asking tool has checked it before, and is not trusted to have. */
final class RegistrationReader {
    private RegistrationReader() {
    }

    /**
     * Reads a request.
     *
     * @param message a REGISTER_DOMAIN request
     * @return the domain
     * @throws RequestException with INVALID if a value is not acceptable
     * @throws io.vlink.infra.control.BadMessageException if the name is missing
     */
    static DomainRequest read(ControlMessage message) throws RequestException {
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
}
