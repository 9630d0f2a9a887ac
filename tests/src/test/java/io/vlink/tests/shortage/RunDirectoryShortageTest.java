// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.shortage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Run directories in which an agent cannot work: it says why, leaves nothing, and starts there once it can. */
class RunDirectoryShortageTest {
    private static final String[] OPTIONS = {"--no-huge", "--memory", "16M"};

    private final Scarcity scarcity = new Scarcity();
    private boolean mounted;

    @AfterEach
    void tearDown() {
        try {
            if (mounted) {
                scarcity.system("umount", run().toString());
            }
        } finally {
            scarcity.close();
        }
    }

    private Path run() {
        return scarcity.lab().runDirectory();
    }

    private void mount(String options) throws IOException {
        Scarcity.requireRoot("a small file system has to be mounted");
        Files.createDirectory(run());
        scarcity.system("mount", "-t", "tmpfs", "-o", "mode=755," + options, "vlink-test", run().toString());
        mounted = true;
    }

    private void remount(String options) {
        scarcity.system("mount", "-o", "remount," + options, run().toString());
    }

    @Test
    void aFileInItsPlaceAndAPlaceForTheKeepersLogThatIsTaken() throws IOException {
        Files.createFile(run());
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS)).isEqualTo(
                "virt_compute: run directory is not a directory: run_dir=" + run() + ": choose another with --run-dir");
        Files.delete(run());
        Path log = Files.createDirectories(run().resolve("keeper.log/taken"));
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS)).contains("keeper cannot be started:",
                "keeper.log (Is a directory)", "--keeper=no");
        Files.delete(log);
        Files.delete(log.getParent());
        scarcity.startsWellAndStops(OPTIONS);
        assertThat(run()).isEmptyDirectory();
    }

    @Test
    void aFileSystemWithoutRoomOrThatIsReadOnly() throws IOException {
        mount("size=4k");
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS))
                .startsWith("virt_compute: run directory is full: run_dir="
                        + run() + " need=16384 free=")
                .endsWith("make room, or choose another with --run-dir");
        remount("size=1m,ro");
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS))
                .isEqualTo("virt_compute: run directory cannot be used:"
                        + " run_dir=" + run() + " reason=\"Read-only file system\": choose another with --run-dir");
        remount("rw");
        scarcity.startsWellAndStops(OPTIONS);
        assertThat(run()).isEmptyDirectory();
    }

    @Test
    void aFileSystemWithTooFewInodesForEachOfTheFilesInTurn() throws IOException {
        mount("size=1m,nr_inodes=1");
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS)).contains("No space left on device", "agent.lock");
        remount("nr_inodes=2");
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS)).contains("run directory is full:");
        remount("nr_inodes=3");
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS)).contains("keeper cannot be started:", "ENOSPC",
                "keeper.sock", "has no inode left");
        remount("nr_inodes=4");
        assertThat(scarcity.failsToStart(Scarcity.NONE, OPTIONS)).contains("no control socket:", "ENOSPC",
                "has no inode left");
        remount("nr_inodes=100");
        scarcity.startsWellAndStops(OPTIONS);
        assertThat(run()).isEmptyDirectory();
    }
}
