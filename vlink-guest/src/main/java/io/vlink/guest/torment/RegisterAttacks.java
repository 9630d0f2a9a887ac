// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.guest.device.RawAccess;
import io.vlink.guest.torment.Tally.Count;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.ConfigSpaceOffset;
import io.vlink.spec.pci.ControlRegister;
import io.vlink.spec.pci.PciIdentity;
import io.vlink.spec.vfiouser.VfioUserProtocol;

/** Attacks through the device's registers and regions, as far as the way to the device lets them through. One thread. */
final class RegisterAttacks {
    private static final int ACCESSES = 256;
    private static final int LARGEST = 4_096;

    private final RawAccess raw;
    private final Tally tally;

    /**
     * Attacks on a device.
     *
     * @param raw   the way to it
     * @param tally counts
     */
    RegisterAttacks(RawAccess raw, Tally tally) {
        this.raw = raw;
        this.tally = tally;
    }

    /**
     * One attack.
     *
     * @param attack of the kinds {@code REGISTER} and {@code DEVICE}
     * @param draws  where values come from
     */
    void run(Attack attack, Draws draws) {
        switch (attack) {
            case REGISTERS -> registers(draws);
            case DOORBELL -> doorbells(draws);
            case REGIONS -> regions(draws);
            default -> reset();
        }
    }

    private void registers(Draws draws) {
        for (int i = 0; i < ACCESSES; i++) {
            int width = 1 << draws.below(4);
            long offset = draws.oneIn(4)
                    ? draws.below(BarShape.REGISTER_BAR_BYTES + 8)
                    : draws.below(BarShape.REGISTER_BAR_BYTES / 4) * 4L;
            access(BarShape.REGISTER_BAR, offset, width, draws);
        }
    }

    private void doorbells(Draws draws) {
        for (int i = 0; i < ACCESSES; i++) {
            long link = draws.oneOf(0, 1, 15, 16, -1, draws.next());
            write(BarShape.REGISTER_BAR, ControlRegister.DOORBELL.offset(), 4, link);
        }
    }

    private void regions(Draws draws) {
        for (int i = 0; i < ACCESSES; i++) {
            int region = (int) draws.oneOf(BarShape.REGISTER_BAR, 1, 5, 6, VfioUserProtocol.REGION_CONFIG, 8, 9, 255,
                    -1, draws.next());
            int bytes = region == VfioUserProtocol.REGION_CONFIG ? PciIdentity.CONFIG_SPACE_BYTES : LARGEST;
            long offset = draws.oneOf(0, draws.below(bytes), bytes - 1, bytes, draws.next(), -1, Long.MIN_VALUE,
                    0xffff_ffffL);
            access(region, offset, 1 + draws.below(draws.oneIn(4) ? LARGEST : 8), draws);
        }
        // Other attacks need memory decoding; a device reset takes it away as well.
        write(VfioUserProtocol.REGION_CONFIG, ConfigSpaceOffset.COMMAND, 4, 0x3);
    }

    private void access(int region, long offset, int bytes, Draws draws) {
        if (draws.oneIn(2)) {
            tally.add(Count.REGISTER_READS, 1);
            tally.add(Count.REFUSED, raw.read(region, offset, bytes) ? 0 : 1);
        } else {
            write(region, offset, bytes, draws.next());
        }
    }

    private void write(int region, long offset, int bytes, long value) {
        byte[] data = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            data[i] = (byte) (value >>> ((i % Long.BYTES) * Byte.SIZE));
        }
        tally.add(Count.REGISTER_WRITES, 1);
        tally.add(Count.REFUSED, raw.write(region, offset, data) ? 0 : 1);
    }

    private void reset() {
        tally.add(Count.RESETS, 1);
        tally.add(Count.REFUSED, raw.reset() ? 0 : 1);
    }
}
