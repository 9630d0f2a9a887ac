// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.log;

/** The two looks of a log line. */
public enum LogFormat {
    /** Time, level, then the event as {@code name=value} pairs. */
    TEXT,
    /** One JSON object. */
    JSON
}
