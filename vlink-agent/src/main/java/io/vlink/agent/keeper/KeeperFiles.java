// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.control.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a keeper has in its run directory. For any thread. */
public final class KeeperFiles {
    private static final Logger LOG = LoggerFactory.getLogger(KeeperFiles.class);

    private static final String ERROR = "error=\"";

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
     * What a keeper said last.
     *
     * @param directory of the agent
     * @return one line; empty if it said nothing
     */
    static String lastLine(RunDirectory directory) {
        try {
            List<String> lines = Files.readString(log(directory), StandardCharsets.ISO_8859_1).lines()
                    .filter(line -> !line.isBlank()).toList();
            if (lines.isEmpty()) {
                return "";
            }
            String last = lines.getLast().strip().replaceAll("\\p{Cntrl}", "?");
            int error = last.indexOf(ERROR);
            return error < 0 ? last : last.substring(error + ERROR.length()).replaceAll("\"$", "");
        } catch (IOException e) {
            return "";
        }
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
