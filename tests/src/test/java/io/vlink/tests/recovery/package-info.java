// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** Programs that are killed while others use them, in processes of their own. */
package io.vlink.tests.recovery;
