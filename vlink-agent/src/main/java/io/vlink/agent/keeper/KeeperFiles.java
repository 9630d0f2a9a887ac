// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.control.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a keeper has in its run directory. For any thread. */
public final class KeeperFiles {
    private static final Logger LOG = LoggerFactory.getLogger(KeeperFiles.class);

    private KeeperFiles() {
    }

    /**
     * Where agents reach the keeper.
     *
     * @param directory of the agent
     * @return the socket's path
     */
    public static Path socket(RunDirectory directory) {
        return directory.keeperSocket();
    }

    /**
     * Where the keeper says what it does.
     *
     * @param directory of the agent
     * @return the file's path
     */
    public static Path log(RunDirectory directory) {
        return directory.path().resolve("keeper.log");
    }

    /**
     * Removes what a keeper left that is dead.
     *
     * @param directory of the agent
     */
    static void remove(RunDirectory directory) {
        for (Path path : new Path[]{socket(directory), log(directory)}) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("event=not_removed path={} error={}", path, e.toString());
            }
        }
    }
}
