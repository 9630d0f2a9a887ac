// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** Processes that are killed or stopped while traffic flows; started by tests. One thread each. */
package io.vlink.tests.recovery;
