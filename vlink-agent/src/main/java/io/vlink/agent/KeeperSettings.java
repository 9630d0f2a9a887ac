// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import java.time.Duration;

/**
 * Whether an agent has a keeper, the process that outlives it.
 *
 * @param used   whether it has
 * @param linger how long the keeper stays when no agent and nobody else is connected any more
 */
public record KeeperSettings(boolean used, Duration linger) {
    /** No keeper: all that the agent has open dies with it. */
    public static final KeeperSettings NONE = new KeeperSettings(false, Duration.ZERO);

    /**
     * A keeper.
     *
     * @param linger how long it stays when no agent and nobody else is connected any more
     * @return the settings
     */
    public static KeeperSettings lingering(Duration linger) {
        return new KeeperSettings(true, linger);
    }
}
