// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The real rings with their accesses of shared memory made visible, by rewriting the compiled classes as they are loaded, so
 * that the model can be held against the code itself. One thread.
 */
package io.vlink.tests.rings.traced;
