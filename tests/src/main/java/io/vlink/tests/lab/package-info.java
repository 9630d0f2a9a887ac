// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Real processes for the demo and the tests: the agent, a QEMU guest with a shell, drivers, reserved hugepages. Everything
 * that a lab starts or makes ends with it. Used from one thread; process output is read by threads of its own.
 */
package io.vlink.tests.lab;
