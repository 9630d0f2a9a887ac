// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Packet regions: how large they may be, which pages they are made of, and what to say when pages are short. Used by the
 * agent, which creates them, and by drivers, which adopt them. Any thread may call it.
 */
package io.vlink.infra.region;
