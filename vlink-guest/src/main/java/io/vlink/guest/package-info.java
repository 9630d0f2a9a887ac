// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The guest's side of vlink as a library: the device, its links, and the queues of a link with receive and transmit bursts;
 * and the entry point of the programs. Called by the programs and by any guest application. A device and a link belong
 * to one thread, and so do all queues of the link, unless a {@code GuestPort} gives each queue to a worker of its own.
 */
package io.vlink.guest;
