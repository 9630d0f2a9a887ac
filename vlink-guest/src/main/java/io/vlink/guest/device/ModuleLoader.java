// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads kernel modules with {@code modprobe}, or with {@code insmod} where a small system has only that. One thread, at
 * start.
 */
public class ModuleLoader {
    private static final String[] SUFFIXES = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};

    private final SystemTree tree;

    /**
     * A loader for a system.
     *
     * @param tree the system
     */
    public ModuleLoader(SystemTree tree) {
        this.tree = tree;
    }

    /**
     * Tries to load a uio driver and what it needs.
     *
     * @param driver its name
     * @return why it may not have worked, in a few words
     */
    public String load(String driver) {
        String modprobe = run("modprobe", driver);
        if (modprobe == null) {
            return "modprobe found it, but it did not start";
        }
        Path folder = tree.path("lib/modules").resolve(tree.kernelRelease()).resolve("kernel/drivers/uio");
        for (String module : new String[]{"uio", driver}) {
            Path file = moduleFile(folder, module);
            if (file == null) {
                return modprobe + ", and there is no " + folder.resolve(module + SUFFIXES[0]);
            }
            run("insmod", file.toString()); // fails where it is loaded already, which is fine
        }
        return modprobe + ", and insmod did not start it either";
    }

    private static Path moduleFile(Path folder, String module) {
        for (String suffix : SUFFIXES) {
            Path file = folder.resolve(module + suffix);
            if (Files.exists(file)) {
                return file;
            }
        }
        return null;
    }

    /**
     * Runs a command to its end.
     *
     * @param command  its name
     * @param argument its only argument
     * @return null if it succeeded, otherwise why not
     */
    protected String run(String command, String argument) {
        try {
            Process process = new ProcessBuilder(command, argument).redirectErrorStream(true)
                    .redirectOutput(new File("/dev/null")).start();
            int status = process.waitFor();
            return status == 0 ? null : command + " failed (status " + status + ")";
        } catch (IOException e) {
            return "no command " + command;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return command + " was interrupted";
        }
    }
}
