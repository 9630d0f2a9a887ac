// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** What happens where hugepages, room, descriptors or memory are short: real programs, under real limits. */
package io.vlink.tests.shortage;
