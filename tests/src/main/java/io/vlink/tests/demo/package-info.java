// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** {@code bin/demo}: the main job, end to end, in one command. One thread, and a shutdown hook that tears down. */
package io.vlink.tests.demo;
