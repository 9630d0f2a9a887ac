// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** The control of the jcstress tests: rings broken on purpose, which must be caught, else the harness proves nothing. */
package io.vlink.tests.rings.stress.control;
