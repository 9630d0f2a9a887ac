// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.guest.device.DeviceAccess;
import io.vlink.guest.device.DeviceException;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.ChannelMemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A pci-vlink device, read once and checked: region, page table, links. Everything that the device or shared memory says is
 * held against the sizes of the mapped memories before it is used. One thread.
 */
public final class GuestDevice implements AutoCloseable {
    private final DeviceAccess access;
    private final DeviceTables tables;
    private final String domain;
    private final List<GuestLink> links;
    private final MemorySegment region;

    private GuestDevice(DeviceAccess access, DeviceTables tables, String domain, List<GuestLink> links) {
        this.access = access;
        this.tables = tables;
        this.domain = domain;
        this.links = links;
        this.region = access.region().asSlice(0, tables.translation().regionBytes());
    }

    /**
     * Reads the device's tables (three register accesses a page, so a moment in an emulated machine) and its links.
     *
     * @param access the device; closed with this object, also if this fails
     * @return the device
     * @throws DeviceException if it is no vlink device, is gone, has another version, or says impossible things
     */
    public static GuestDevice open(DeviceAccess access) {
        boolean opened = false;
        try {
            DeviceTables tables = DeviceTables.read(access);
            ChannelDirectory directory = new ChannelDirectory(access.channelMemory(), tables);
            GuestDevice device = new GuestDevice(access, tables, LinkDescription.nameAt(access.channelMemory(),
                    ChannelMemoryLayout.DOMAIN_NAME_OFFSET), directory.links(access));
            opened = true;
            return device;
        } finally {
            if (!opened) {
                access.close();
            }
        }
    }

    /** {@return the links of the device, in the order of their indices} */
    public List<GuestLink> links() {
        return links;
    }

    /**
     * A link by its name.
     *
     * @param name as in {@code link.config}
     * @return the link
     * @throws DeviceException if there is none of that name
     */
    public GuestLink link(String name) {
        StringBuilder known = new StringBuilder();
        for (GuestLink link : links) {
            if (link.name().equals(name)) {
                return link;
            }
            known.append(known.isEmpty() ? "" : ", ").append(link.name());
        }
        throw new DeviceException("no such link: link=" + name + ": this device has "
                + (known.isEmpty() ? "no links: see its link.config on the host" : known + ": name one of these"));
    }

    /** {@return the packet region; offsets in a burst count from its start} */
    public MemorySegment region() {
        return region;
    }

    /** {@return the page table, both ways} */
    public AddressTranslation translation() {
        return tables.translation();
    }

    /** {@return name of the domain, as the agent knows this machine} */
    public String domain() {
        return domain;
    }

    /** {@return the contract's version that the device speaks, such as {@code 1.0}} */
    public String version() {
        return (tables.version() >>> 16) + "." + (tables.version() & 0xffff);
    }

    /** {@return the way to the device} */
    public DeviceAccess access() {
        return access;
    }

    /** Leaves all links, then gives the device back. */
    @Override
    public void close() {
        for (GuestLink link : links) {
            link.close();
        }
        access.close();
    }
}
