// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.infra.control.RunDirectory;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Where the agent is; a program's option, and of each of its commands. */
final class RunDirectoryOption {
    // spotless:off
    @Option(names = "--run-dir", paramLabel = "DIR", scope = CommandLine.ScopeType.INHERIT,
            description = "The agent's run directory (default: $VLINK_RUN_DIR, else /run/vlink or $XDG_RUNTIME_DIR/vlink).")
    private Path path;
    // spotless:on

    /** {@return the directory that was named, or the default} */
    RunDirectory directory() {
        return RunDirectory.of(path, System.getenv());
    }
}
