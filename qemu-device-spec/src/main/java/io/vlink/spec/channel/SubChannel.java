// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

/** The four rings of a data channel in memory order, named from the guest's side (SPEC.md section 8). */
public enum SubChannel {
    /** Host to guest: packets. */
    RX,
    /** Guest to host: packets. */
    TX,
    /** Host to guest: empty buffers. */
    ALLOC,
    /** Guest to host: buffers that the guest has finished with. */
    FREE
}
