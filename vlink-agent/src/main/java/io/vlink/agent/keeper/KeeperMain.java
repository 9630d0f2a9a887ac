// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.OwnSession;
import io.vlink.infra.os.UnixListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The keeper process of a run directory: an agent starts it, nobody else needs to. Its log is its standard error. */
public final class KeeperMain {
    /** Exit status of one that found another keeper of the same run directory. */
    static final int ANOTHER_IS_HERE = 3;
    private static final int BACKLOG = 8;
    /** A log that only grows while agents come and go would fill the run directory one day. */
    private static final int MAX_LOG_LINES = 2_000;
    private static int logLines;

    private KeeperMain() {
    }

    /**
     * Runs the keeper until it has nothing to keep.
     *
     * @param args the run directory
     * @throws InterruptedException never
     */
    public static void main(String[] args) throws InterruptedException {
        if (args.length != 1) {
            System.err.println("keeper: it is started by virt_compute, with its run directory");
            System.exit(2);
        }
        try {
            System.exit(run(new RunDirectory(Path.of(args[0]))));
        } catch (IOException | OsException e) {
            log("event=keeper_failed error=\"" + (e instanceof OsException ? e.getMessage() : e) + "\"");
            System.exit(1);
        }
    }

    private static int run(RunDirectory directory) throws IOException, InterruptedException {
        leaveSession();
        Path socket = KeeperFiles.socket(directory);
        // The directory itself is what is locked: nothing to remove, and no lock outlives the process.
        try (Fd lock = Fd.open(directory.path(), false)) {
            if (!lock.tryLock()) {
                log("event=keeper_not_needed run_dir=" + directory.path());
                return ANOTHER_IS_HERE;
            }
            KeeperRehearsal.run();
            Files.deleteIfExists(socket);
            UnixListener listener = UnixListener.bind(socket, BACKLOG, PosixFilePermissions.fromString("rw-------"));
            try (Keeper keeper = new Keeper(listener, RunDirectory.ownUid(), KeeperMain::log)) {
                Runtime.getRuntime().addShutdownHook(new Thread(listener::close, "signal"));
                log("event=keeper_ready pid=" + ProcessHandle.current().pid() + " run_dir=" + directory.path());
                keeper.serve();
            }
            log("event=keeper_ended");
            return 0;
        }
    }

    private static void leaveSession() {
        try {
            OwnSession.start();
        } catch (OsException e) {
            // It leads a process group, as when a shell started it by hand: then it has one of its own already.
            log("event=session_kept reason=" + Errno.name(e.errno()));
        }
    }

    private static synchronized void log(String line) {
        logLines++;
        if (logLines < MAX_LOG_LINES) {
            System.err.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " keeper " + line);
        } else if (logLines == MAX_LOG_LINES) {
            System.err.println("keeper: the log ends here, the keeper goes on");
        }
    }
}
