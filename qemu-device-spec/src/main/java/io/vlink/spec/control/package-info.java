// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The control protocol between the agent and its drivers and tools: header, TLV types, roles, requests and status codes.
 * Numbers only; SPEC.md appendix B. Used from any thread.
 */
package io.vlink.spec.control;
