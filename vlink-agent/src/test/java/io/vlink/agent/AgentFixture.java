// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.domain.RegionSettings;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.region.PageSizeChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A real agent in this process, with 16 MiB of ordinary memory and a run directory of its own with a short path. */
public final class AgentFixture implements AutoCloseable {
    /** Two small links. */
    public static final String LINKS = "tap123 52:54:00:00:00:01 3 queue_size=64\ntap456 52:54:00:00:00:02 2 queue_size=64\n";

    private final Path folder;
    private final RunDirectory directory;
    private final Agent agent;

    /**
     * Starts the agent.
     *
     * @throws IOException if there is no temporary folder
     */
    public AgentFixture() throws IOException {
        folder = Files.createTempDirectory("vl");
        directory = new RunDirectory(folder.resolve("run"));
        agent = new Agent(AgentSettings.of(directory, new RegionSettings(16 << 20, PageSizeChoice.ORDINARY,
                RegionSettings.NO_LIMIT, RegionSettings.Addressing.RANDOM))).start();
    }

    /** {@return the agent} */
    public Agent agent() {
        return agent;
    }

    /** {@return its run directory} */
    public RunDirectory directory() {
        return directory;
    }

    /** {@return a new control connection} */
    public ControlConnection connect() {
        return directory.connect();
    }

    /**
     * Writes a file.
     *
     * @param name    of the file
     * @param content of the file
     * @return its path
     * @throws IOException if it cannot be written
     */
    public Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    /** Stops the agent, and checks that it left nothing. */
    @Override
    public void close() throws IOException {
        agent.close();
        if (Files.exists(directory.path())) {
            throw new AssertionError("the agent left its run directory: " + directory.path());
        }
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
