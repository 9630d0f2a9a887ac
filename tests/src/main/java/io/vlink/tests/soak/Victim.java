// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

/** What is killed with SIGKILL, and started again. */
public enum Victim {
    /** virt_compute. */
    AGENT(false),
    /** The process that outlives virt_compute; the agent starts another by itself. */
    KEEPER(false),
    /** The host program that is attached to the link. */
    DRIVER(false),
    /** The program on the guest's side of the link. */
    GUEST_PROGRAM(false),
    /** The guest's kernel: the machine is reset. */
    GUEST_REBOOT(true),
    /** The guest's whole machine. */
    QEMU(true);

    private final boolean needsVm;

    Victim(boolean needsVm) {
        this.needsVm = needsVm;
    }

    /** {@return whether there is such a thing only where the guest is a VM} */
    public boolean needsVm() {
        return needsVm;
    }

    /** {@return whether no packet may be lost when it dies} */
    boolean losesNoPacket() {
        return this == AGENT || this == KEEPER;
    }
}
