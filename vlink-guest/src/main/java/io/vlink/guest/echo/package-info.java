// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A zero-copy echo over any number of links: swaps the MAC addresses of each frame where it lies, and sends the same buffer
 * back. Called by the echo command and by tests; everything here runs on the one thread that owns the links.
 */
package io.vlink.guest.echo;
