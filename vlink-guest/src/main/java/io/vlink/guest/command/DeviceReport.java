// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.device.DeviceAccess;
import io.vlink.guest.device.SystemTree;
import io.vlink.spec.channel.LaneState;

/** What {@code vlink-guest info} shows, for people and for programs. */
final class DeviceReport {
    private DeviceReport() {
    }

    /**
     * One JSON object.
     *
     * @param guest the device
     * @return one line
     */
    static String json(GuestDevice guest) {
        DeviceAccess access = guest.access();
        JsonText json = new JsonText().open('{').member("pci", access.pciId()).member("address", access.address())
                .member("kernel", SystemTree.real().kernelRelease()).member("driver", access.driver())
                .member("map", access.mapMethod()).member("bar", access.barBits()).member("version", guest.version())
                .member("domain", guest.domain());
        json.name("region").open('{').member("bytes", guest.translation().regionBytes())
                .member("pageBytes", 1L << guest.translation().pageShift())
                .member("pages", guest.translation().pageCount()).close('}');
        json.name("channelMemory").open('{').member("bytes", access.channelMemory().byteSize()).close('}');
        json.name("links").open('[');
        for (GuestLink link : guest.links()) {
            json.open('{').member("name", link.name()).member("mac", link.mac()).member("mtu", link.mtu())
                    .member("channels", link.queueCount()).member("queueSize", link.queueSize())
                    .member("bufferBytes", link.bufferBytes()).member("host", name(link.hostState()))
                    .member("guest", name(link.guestState()))
                    .member("epoch", Integer.toUnsignedLong(link.hostEpoch())).close('}');
        }
        return json.close(']').close('}').toString();
    }

    /**
     * A few lines for people.
     *
     * @param guest the device
     * @return the lines, without the last line's end
     */
    static String text(GuestDevice guest) {
        DeviceAccess access = guest.access();
        StringBuilder text = new StringBuilder(512);
        text.append("device   ").append(access.pciId()).append(" at ").append(access.address()).append(", domain ")
                .append(guest.domain()).append(", version ").append(guest.version()).append('\n');
        text.append("kernel   ").append(SystemTree.real().kernelRelease()).append(", driver ").append(access.driver())
                .append(", mapped by ").append(access.mapMethod()).append(", ").append(access.barBits())
                .append("-bit BARs\n");
        text.append("region   ").append(guest.translation().regionBytes() >> 20).append(" MiB in ")
                .append(guest.translation().pageCount()).append(" pages of ")
                .append(1L << (guest.translation().pageShift() - 20)).append(" MiB; channel memory ")
                .append(access.channelMemory().byteSize() >> 10).append(" KiB");
        for (GuestLink link : guest.links()) {
            text.append("\nlink     ").append(link.name()).append("  mac ").append(link.mac()).append("  mtu ")
                    .append(link.mtu()).append("  data channels ").append(link.queueCount()).append(" x ")
                    .append(link.queueSize()).append("  host ").append(name(link.hostState())).append("  guest ")
                    .append(name(link.guestState()));
        }
        return text.toString();
    }

    private static String name(LaneState state) {
        return switch (state) {
            case NOT_INITIALIZED -> "not initialized";
            case INITIALIZING -> "initializing";
            case INITIALIZED -> "initialized";
        };
    }
}
