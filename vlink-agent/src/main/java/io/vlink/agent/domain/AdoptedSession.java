// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;

/**
 * A control connection of the last agent, to go on with.
 *
 * @param held       what it holds
 * @param connection our end of it, for whoever takes it to close
 */
public record AdoptedSession(HeldSession held, Fd connection) {
}
