// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** What needs more than one module: the demo and its laboratory; the tests proper are in the test tree. */
package io.vlink.tests;
