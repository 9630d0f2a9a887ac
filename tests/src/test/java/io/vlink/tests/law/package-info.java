// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Holds the law {@code sent = received + dropped + in flight} against what the agent says of real traffic, at rest and while
 * it runs. JUnit calls it, on one thread.
 */
package io.vlink.tests.law;
