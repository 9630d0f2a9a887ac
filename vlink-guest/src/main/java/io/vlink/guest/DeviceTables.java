// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.guest.device.DeviceAccess;
import io.vlink.guest.device.DeviceException;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.pci.ControlRegister;
import io.vlink.spec.pci.Limits;

/**
 * What the control registers say: a checked copy, read in the order of SPEC.md section 4.1.
 *
 * @param version         version of the contract
 * @param translation     the page table
 * @param channelBytes    bytes of channel memory
 * @param channelCount    channels in it
 * @param controlChannels directory row of each link's control channel; {@link ControlRegister#NO_CHANNEL}: no such link
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record DeviceTables(int version, AddressTranslation translation, long channelBytes, int channelCount,
        int[] controlChannels) {

    /**
     * Reads the tables of a device.
     *
     * @param access the device
     * @return the copy
     * @throws DeviceException if the device is not one of ours, is gone, or says impossible things
     */
    static DeviceTables read(DeviceAccess access) {
        int version = checkedIdentity(access);
        int pageShift = inRange(access, ControlRegister.PAGE_SHIFT, Limits.MIN_PAGE_SHIFT, Limits.MAX_PAGE_SHIFT);
        int pages = inRange(access, ControlRegister.NR_PAGES, 1, Limits.MAX_PAGES);
        long regionBytes = (present(access, ControlRegister.REGION_BYTES_LOW) & 0xffff_ffffL)
                | (long) present(access, ControlRegister.REGION_BYTES_HIGH) << 32;
        if ((long) pages << pageShift != regionBytes || regionBytes > access.region().byteSize()) {
            throw new DeviceException("page table and region do not fit: pages=" + pages + " page_shift=" + pageShift
                    + " region_bytes=" + regionBytes + " bar_bytes=" + access.region().byteSize() + remedy());
        }
        int channelBytes = inRange(access, ControlRegister.CHANNEL_MEMORY_BYTES,
                (int) ChannelMemoryLayout.MIN_TOTAL_BYTES,
                (int) Math.min(ChannelMemoryLayout.MAX_TOTAL_BYTES, access.channelMemory().byteSize()));
        int links = inRange(access, ControlRegister.NR_LINKS, 0, Limits.MAX_LINKS);
        int channels = inRange(access, ControlRegister.NR_CHANNELS, 0, Limits.MAX_CHANNELS_PER_DOMAIN);
        int shape = present(access, ControlRegister.BAR_SHAPE);
        if (shape != access.barBits()) {
            throw new DeviceException("BAR_SHAPE differs from the BARs that were found: bar_shape=" + shape + " bar="
                    + access.barBits() + remedy());
        }
        access.beginSelection();
        try {
            return new DeviceTables(version, pageTable(access, pages, pageShift), channelBytes, channels,
                    controlChannels(access, links, channels));
        } finally {
            access.endSelection();
        }
    }

    private static int checkedIdentity(DeviceAccess access) {
        int magic = present(access, ControlRegister.MAGIC);
        if (magic != ControlRegister.MAGIC_VALUE) {
            throw new DeviceException("device is not pci-vlink: address=" + access.address() + " magic=0x"
                    + Integer.toHexString(magic) + " expected=0x" + Integer.toHexString(ControlRegister.MAGIC_VALUE)
                    + ": choose another one with --device");
        }
        int version = present(access, ControlRegister.VERSION);
        if (version >>> 16 != ControlRegister.VERSION_VALUE >>> 16) {
            throw new DeviceException("device speaks another version: version=" + (version >>> 16) + "."
                    + (version & 0xffff) + " expected=" + (ControlRegister.VERSION_VALUE >>> 16)
                    + ".x: use the vlink-guest that came with the agent");
        }
        return version;
    }

    private static AddressTranslation pageTable(DeviceAccess access, int pages, int pageShift) {
        long[] busAddress = new long[pages];
        for (int page = 0; page < pages; page++) {
            access.writeRegister(ControlRegister.COMMON_0, page);
            long low = present(access, ControlRegister.HUGEPAGE_ADDRESS_LOW) & 0xffff_ffffL;
            busAddress[page] = low | (long) present(access, ControlRegister.HUGEPAGE_ADDRESS_HIGH) << 32;
        }
        try {
            return new AddressTranslation(busAddress, pageShift);
        } catch (IllegalArgumentException e) {
            throw new DeviceException("page table of the device is wrong: " + e.getMessage() + remedy(), e);
        }
    }

    private static int[] controlChannels(DeviceAccess access, int links, int channels) {
        int[] found = new int[links];
        for (int link = 0; link < links; link++) {
            access.writeRegister(ControlRegister.COMMON_0, link);
            boolean enabled = present(access, ControlRegister.LINK_ENABLED) == 1;
            found[link] = enabled
                    ? inRange(access, ControlRegister.LINK_CTRL_CHANNEL_IDX, 0, channels - 1)
                    : ControlRegister.NO_CHANNEL;
        }
        return found;
    }

    /**
     * Reads a register that is never all ones: those are what is read of a device whose agent has gone away, at any moment. Only
     * a link without a control channel says so too, and that one is not asked.
     */
    private static int present(DeviceAccess access, ControlRegister register) {
        int value = access.readRegister(register);
        if (value == ControlRegister.ABSENT) {
            throw new DeviceException(access.goneMessage());
        }
        return value;
    }

    private static int inRange(DeviceAccess access, ControlRegister register, int least, int most) {
        int value = present(access, register);
        if (value < least || value > most) {
            throw new DeviceException("register is out of range: " + register + "=" + Integer.toUnsignedString(value)
                    + " range=" + least + ".." + most + remedy());
        }
        return value;
    }

    private static String remedy() {
        return ": agent and guest do not fit together: use the same vlink version";
    }
}
