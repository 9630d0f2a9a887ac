// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** What idling costs and how soon an idle worker wakes, as a program whose figures stand in docs/idle.md. Main thread. */
package io.vlink.tests.idle;
