// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.domain.RegionSettings;
import io.vlink.infra.control.RunDirectory;
import java.util.OptionalInt;

/**
 * What an agent is started with.
 *
 * @param runDirectory where its sockets stand
 * @param regions      how regions are made
 * @param socketMode   mode of sockets, or empty for the default
 * @param socketOwner  name of the user that owns sockets, or null
 * @param socketGroup  name of the group that may use sockets, or null
 * @param allowed      who else may use sockets
 * @param keeper       what outlives it
 */
public record AgentSettings(RunDirectory runDirectory, RegionSettings regions, OptionalInt socketMode,
        String socketOwner, String socketGroup, AllowedPeers allowed, KeeperSettings keeper) {
    /**
     * Settings without special access to sockets, and without a keeper.
     *
     * @param runDirectory where its sockets stand
     * @param regions      how regions are made
     * @return the settings
     */
    public static AgentSettings of(RunDirectory runDirectory, RegionSettings regions) {
        return new AgentSettings(runDirectory, regions, OptionalInt.empty(), null, null,
                AllowedPeers.NONE, KeeperSettings.NONE);
    }

    /**
     * The same settings but for the keeper.
     *
     * @param other what outlives the agent
     * @return the settings
     */
    public AgentSettings withKeeper(KeeperSettings other) {
        return new AgentSettings(runDirectory, regions, socketMode, socketOwner, socketGroup, allowed, other);
    }
}
