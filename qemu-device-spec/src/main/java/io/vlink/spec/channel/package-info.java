// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Channel memory: its header and directory, control channels, rings, descriptors and lane words. Numbers and layouts only;
 * SPEC.md sections 5 to 9. Used by both sides of a link, from any thread.
 */
package io.vlink.spec.channel;
