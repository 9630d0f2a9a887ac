// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of its own with everything that runs in it. Closing ends the processes in reverse order and removes the folder,
 * whatever happened before. Safe to close from a shutdown hook.
 */
public final class Lab implements AutoCloseable {
    private final Path home;
    private final Path directory;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final Map<String, String> environment = new HashMap<>();
    private boolean closed;

    private Lab(Path home, Path directory) {
        this.home = home;
        this.directory = directory;
        environment.put("VLINK_RUN_DIR", runDirectory().toString());
    }

    /**
     * An empty lab in a new folder with a short path, because socket paths end at 107 bytes.
     *
     * @return the lab
     */
    public static Lab create() {
        try {
            return new Lab(projectHome(), Files.createTempDirectory("vlink-lab-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path projectHome() {
        String home = System.getProperty("vlink.home", System.getenv("VLINK_HOME"));
        Path start = home != null ? Path.of(home) : Path.of("").toAbsolutePath();
        for (Path candidate = start; candidate != null; candidate = candidate.getParent()) {
            if (Files.isExecutable(candidate.resolve("bin/virt_compute"))) {
                return candidate;
            }
        }
        throw new LabException("bin/virt_compute not found above " + start + ": set VLINK_HOME to the project", "");
    }

    /** {@return the project's folder, with bin/} */
    public Path home() {
        return home;
    }

    /** {@return this lab's folder} */
    public Path directory() {
        return directory;
    }

    /** {@return the run directory of this lab's agent} */
    public Path runDirectory() {
        return directory.resolve("run");
    }

    /**
     * One of the project's programs.
     *
     * @param name file name in bin/
     * @return its path
     */
    public String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    /**
     * Keeps a resource until the lab is closed.
     *
     * @param resource what to close
     * @param <T>      its type
     * @return the same resource
     */
    public synchronized <T extends AutoCloseable> T keep(T resource) {
        if (closed) {
            closeOne(resource);
            throw new LabException("the lab is closing", "");
        }
        resources.push(resource);
        return resource;
    }

    /**
     * Starts a process that ends with the lab.
     *
     * @param name    what it is called in messages
     * @param command program and arguments
     * @return the running process
     */
    public ManagedProcess start(String name, List<String> command) {
        return keep(ManagedProcess.start(name, command, environment));
    }

    /**
     * Gives a variable to every process that is started from now on.
     *
     * @param name  of the variable
     * @param value its value
     */
    public void putEnvironment(String name, String value) {
        environment.put(name, value);
    }

    /** {@return the process that outlives this lab's agent, if there is one} */
    public Optional<ProcessHandle> keeper() {
        try (UnixConnection keeper = UnixConnection.connect(new RunDirectory(runDirectory()).keeperSocket())) {
            return ProcessHandle.of(keeper.peer().pid());
        } catch (OsException nobody) {
            return Optional.empty();
        }
    }

    /**
     * Writes a file into the lab's folder.
     *
     * @param name file name
     * @param text content
     * @return its path
     */
    public Path write(String name, String text) {
        try {
            return Files.writeString(directory.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        while (!resources.isEmpty()) {
            closeOne(resources.pop());
        }
        // Of an agent that was killed and had no successor.
        keeper().ifPresent(ProcessHandle::destroyForcibly);
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            System.err.println("could not remove " + directory + ": " + e.getMessage());
        }
    }

    private static void closeOne(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            // The others must be closed all the same.
            System.err.println("while closing: " + e.getMessage());
        }
    }
}
