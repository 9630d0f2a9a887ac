// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** {@code bin/torment}: a hostile guest against a live host, while other links' packets are checked. One thread. */
package io.vlink.tests.torment;
