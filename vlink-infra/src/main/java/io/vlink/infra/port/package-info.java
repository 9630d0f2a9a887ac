// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A link as programs use it, host and guest alike: bursts of packets in and out, empty buffers, statistics, link state.
 * Generators and echo programs are written against this and run on either side. A queue belongs to the worker that claimed it.
 */
package io.vlink.infra.port;
