// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The control protocol as objects: messages, their strict codec, and a connection that carries them with file descriptors.
 * The agent, the host drivers and the tools call it; a message belongs to any thread, a connection to one at a time.
 */
package io.vlink.infra.control;
