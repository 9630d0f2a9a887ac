// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.infra.command.OneLineErrors;
import io.vlink.infra.control.RunDirectory;
import io.vlink.spec.control.Role;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where the agent is, and whether to wait for it; a program's options, and of each of its commands. One thread. */
final class AgentOptions {
    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    // spotless:off
    @Option(names = "--run-dir", paramLabel = "DIR", scope = CommandLine.ScopeType.INHERIT,
            description = "The agent's run directory (default: $VLINK_RUN_DIR, else /run/vlink or $XDG_RUNTIME_DIR/vlink).")
    private Path path;

    @Option(names = "--wait", scope = CommandLine.ScopeType.INHERIT,
            description = "Where there is no agent, wait for one, as long as it takes.")
    private boolean wait;
    // spotless:on

    private RunDirectory directory() {
        return RunDirectory.of(path, System.getenv());
    }

    /**
     * Connects to the agent.
     *
     * @param role who asks
     * @return a connection, which the caller closes
     * @throws ToolException    if it may not be used
     * @throws NoAgentException if there is none, and none is waited for
     */
    AgentClient connect(Role role) {
        return patiently(agent -> agent, role);
    }

    /**
     * Asks something of the agent that changes nothing, so that it is asked again where the agent dies meanwhile.
     *
     * @param question what to ask
     * @param <T>      of the answer
     * @return the answer
     * @throws ToolException as {@link #connect}, and if the agent refuses
     */
    <T> T ask(Function<AgentClient, T> question) {
        return patiently(agent -> {
            try (agent) {
                return question.apply(agent);
            }
        }, Role.TOOL);
    }

    private <T> T patiently(Function<AgentClient, T> step, Role role) {
        boolean told = false;
        while (true) {
            try {
                return step.apply(new AgentClient(directory(), role));
            } catch (NoAgentException e) {
                if (!wait) {
                    throw e;
                }
                if (!told) {
                    OneLineErrors.failed(command.commandLine(), "waiting: " + e.getMessage());
                    told = true;
                }
                LockSupport.parkNanos(AGAIN_NANOS);
            }
        }
    }
}
