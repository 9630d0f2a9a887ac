// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.GuestPort;
import io.vlink.guest.device.DeviceException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** The option that says which links a guest program attaches to; a picocli mixin. One thread. */
final class LinkOptions {
    @Option(names = "--link", paramLabel = "NAME", description = "only this link; may be given several times (default: all)")
    private List<String> names;

    /** {@return the first link that is asked for twice, if there is one} */
    Optional<String> givenTwice() {
        Set<String> given = new HashSet<>();
        return names == null ? Optional.empty() : names.stream().filter(name -> !given.add(name)).findFirst();
    }

    /**
     * The links that are asked for; nothing is attached yet.
     *
     * @param guest the device
     * @return at least one
     * @throws DeviceException if there is none, or none of that name
     */
    List<GuestLink> of(GuestDevice guest) {
        List<GuestLink> links = names == null ? guest.links() : names.stream().map(guest::link).toList();
        if (links.isEmpty()) {
            throw new DeviceException("device has no links: domain=" + guest.domain()
                    + ": add some to its link.config on the host and start this machine again");
        }
        return links;
    }

    /**
     * Takes links for this program, all or none; joins none.
     *
     * @param guest the device
     * @param links from {@link #of}
     * @return their ports, in order; the caller closes them
     * @throws DeviceException if another program has one
     */
    static List<GuestPort> open(GuestDevice guest, List<GuestLink> links) {
        List<GuestPort> ports = new ArrayList<>();
        boolean complete = false;
        try {
            for (GuestLink link : links) {
                ports.add(GuestPort.open(guest, link));
            }
            complete = true;
        } finally {
            if (!complete) {
                ports.forEach(GuestPort::close);
            }
        }
        return ports;
    }
}
