// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** jcstress tests of the real rings; two actors, one for each end. Run by RingStressTest, longer by hand (docs/ring-proof.md). */
package io.vlink.tests.rings.stress;
