// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Proof of the rings: every interleaving of a small model, the model against the real code, random histories against an oracle,
 * and jcstress on real processors. Called by the build; docs/ring-proof.md says what each part proves.
 */
package io.vlink.tests.rings;
