// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.OsException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Comes to the one keeper of a run directory. Only an agent that holds the directory's lock may search. */
public final class KeeperSearch {
    private static final Logger LOG = LoggerFactory.getLogger(KeeperSearch.class);
    /** A JVM on a machine that is short of processors. */
    private static final long START_MILLIS = 20_000;
    /** A killed agent's connection takes a moment to end, and so long the keeper is not free. */
    private static final long BUSY_MILLIS = 3_000;
    private static final long LOOK_MILLIS = 5;

    private KeeperSearch() {
    }

    /**
     * The keeper that lives, else one that is started now. Keepers see to it themselves that there is never more than one: who
     * finds another at work ends, and that one is connected to.
     *
     * @throws KeeperException if none answers
     */
    static KeeperLink findOrStart(RunDirectory directory, long lingerMillis) {
        long begun = System.nanoTime();
        Process started = null;
        while (true) {
            RuntimeException why;
            long limitMillis = START_MILLIS;
            try {
                return KeeperLink.connect(directory, lingerMillis);
            } catch (OsException e) {
                why = e;
                boolean nobody = e.errno() == Errno.ENOENT || e.errno() == Errno.ECONNREFUSED;
                if (nobody && (started == null || hasLostTheRace(started))) {
                    started = KeeperProcess.start(directory);
                }
            } catch (KeeperException e) {
                why = e;
                limitMillis = BUSY_MILLIS;
            }
            if (started != null && !started.isAlive() && !hasLostTheRace(started)) {
                String said = KeeperFiles.lastLine(directory);
                KeeperFiles.remove(directory);
                throw new KeeperException("keeper cannot be started: exit_status=" + started.exitValue() + " said=\""
                        + said + "\": mend that, or start with --keeper=no", why);
            }
            if (System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(limitMillis)) {
                if (started != null) {
                    started.destroyForcibly();
                }
                throw new KeeperException("no keeper answers: run_dir=" + directory.path() + " reason=\""
                        + why.getMessage() + "\": see log=" + KeeperFiles.log(directory)
                        + ", or start with --keeper=no", why);
            }
            pause();
        }
    }

    private static boolean hasLostTheRace(Process started) {
        return !started.isAlive() && started.exitValue() == KeeperMain.ANOTHER_IS_HERE;
    }

    /**
     * Ends the keeper that a dead agent left, if one lives, and removes its files: for an agent that is to have none.
     *
     * @param directory of the agent, which holds its lock
     */
    public static void endLeftOver(RunDirectory directory) {
        try (KeeperLink left = KeeperLink.connect(directory, 0)) {
            LOG.warn("event=left_keeper_ended pid={}: what it kept is not adopted, as this agent has --keeper=no",
                    left.pid());
            left.end();
        } catch (OsException e) {
            LOG.debug("event=no_keeper reason={}", e.getMessage());
        } catch (KeeperException e) {
            LOG.warn("event=left_keeper_not_ended error=\"{}\"", e.getMessage());
            return;
        }
        KeeperFiles.remove(directory);
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KeeperException("interrupted while a keeper was searched", e);
        }
    }
}
