// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The kill matrix: each process is killed, at rest and at full rate, again and again, and after each time everything must be as
 * before. {@code bin/soak} and a test call it, in one thread.
 */
package io.vlink.tests.soak;
