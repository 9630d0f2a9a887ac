// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Programs over {@link io.vlink.infra.port.Port}, written once and started on the host by vlink-host-pmd and in the guest by
 * vlink-guest. Each program has a package of its own; what they share is in packages below them.
 */
package io.vlink.traffic;
