// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.keeper.KeeperFiles;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.DescriptorLimit;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the agent of a run directory the hard way, so that the next one adopts all that it had: what an upgrade does. There is
 * no second, gentle way, which would be one more that is never tried.
 */
final class AgentReplacement {
    private static final Logger LOG = LoggerFactory.getLogger(AgentReplacement.class);
    private static final long END_SECONDS = 10;

    private AgentReplacement() {
    }

    /**
     * Kills the agent that holds a run directory's lock, and waits for its end; does nothing if there is none.
     *
     * @param directory where it runs
     * @throws StartException if it has no keeper, cannot be killed, or this one would find too little room or too few descriptors
     */
    static void endAgent(RunDirectory directory) {
        Optional<ProcessHandle> holder = holder(directory.lockFile());
        if (holder.isEmpty()) {
            LOG.info("event=nobody_to_replace run_dir={}", directory.path());
            return;
        }
        long pid = holder.get().pid();
        if (!Files.exists(KeeperFiles.socket(directory))) {
            throw new StartException("the agent that runs has no keeper, so its VMs would lose their network: run_dir="
                    + directory.path() + " pid=" + pid + ": stop it with SIGTERM, then start without --replace");
        }
        checkEnough(directory, pid);
        LOG.info("event=agent_replaced run_dir={} pid={}", directory.path(), pid);
        holder.get().destroyForcibly();
        try {
            holder.get().onExit().get(END_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new StartException("the agent that runs cannot be ended: run_dir=" + directory.path() + " pid=" + pid
                    + ": run as its user or root", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while the last agent ended: pid=" + pid, e);
        }
    }

    /** An agent that works is worth more than one that cannot start: what the new one needs is looked at before. */
    private static void checkEnough(RunDirectory directory, long pid) {
        HeldRunDirectory.probeRoom(directory);
        try (Stream<Path> fds = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            // What is adopted is open as often here as it was there.
            String shortage = DescriptorLimit.shortage((int) fds.count());
            if (shortage != null) {
                throw new StartException(shortage);
            }
        } catch (IOException e) {
            LOG.debug("event=descriptors_unknown pid={} reason={}", pid, e.toString());
        }
    }

    /** The process that the lock names, if it has the lock open: the number may be another process's by now. */
    private static Optional<ProcessHandle> holder(Path lock) {
        try {
            String pid = Files.readString(lock).lines().findFirst().orElse("").strip();
            return pid.matches("[0-9]{1,18}") && hasOpen(pid, lock)
                    ? ProcessHandle.of(Long.parseLong(pid))
                    : Optional.empty();
        } catch (IOException e) {
            LOG.debug("event=no_lock path={} reason={}", lock, e.toString());
            return Optional.empty();
        }
    }

    private static boolean hasOpen(String pid, Path file) throws IOException {
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(Path.of("/proc", pid, "fd"))) {
            for (Path fd : fds) {
                if (Files.exists(fd) && Files.isSameFile(fd, file)) {
                    return true;
                }
            }
        }
        return false;
    }
}
