// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The host's programs: {@code EchoMain} and {@code PktgenMain} over what they share in {@code HostProgram}: options, links that
 * are attached all or none, one-line errors. The work is done by the loops in {@code io.vlink.traffic}. One thread.
 */
package io.vlink.hostpmd.tools;
