// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The host poll-mode driver: attaches to a link of the agent by a vdev string, then lends packet buffers to the guest and
 * takes them back, checking everything that a guest can touch. Host programs call it; each queue of a port belongs to one worker,
 * and while the link is up its bursts neither allocate, nor lock, nor enter the kernel.
 */
package io.vlink.hostpmd;
