// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The echo, for host and guest alike: workers take packets from the queues of ports and send them back on the same queue, MAC
 * addresses swapped, or sink them. {@code EchoRun} is for the programs, on their main thread; {@code EchoLoop} and
 * {@code EchoQueue} are each a worker's.
 */
package io.vlink.traffic.echo;
