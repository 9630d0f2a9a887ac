// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The vfio-user server of one domain: socket, transport, one handler per command, device. The domain starts and closes it; it
 * accepts and serves on two threads of its own.
 */
package io.vlink.agent.vfiouser;
