// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.torment;

import io.vlink.infra.command.OneLineErrors;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/** {@code bin/torment}. */
// spotless:off
@Command(name = "torment", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Starts a host with three links, lets a hostile guest torment one of them, and checks every packet on"
                + " the other two.%nLast line: one JSON object with all counts.",
        footer = {"", "Exit status: 0 no harm was done, 1 some was, 2 wrong usage."})
// spotless:on
public final class TormentMain implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    // spotless:off
    @Option(names = {"--duration", "--seconds"}, paramLabel = "TIME", defaultValue = "60s",
            description = "how long, such as 60 (seconds), 5m or 1h (default: ${DEFAULT-VALUE})")
    private Duration duration;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "draws the same attacks again (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(names = "--json", description = "taken as by other programs: the last line is one JSON object with or without it")
    private boolean unusedJson;
    // spotless:on

    private TormentMain() {
    }

    /**
     * Runs it.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        System.exit(
                OneLineErrors.of(new CommandLine(new TormentMain()), List.of(LabException.class)).execute(arguments));
    }

    @Override
    public Integer call() {
        if (duration.toSeconds() < 1) {
            return OneLineErrors.wrongUsage(spec.commandLine(),
                    "duration must be at least a second: duration=" + duration.toSeconds());
        }
        Lab lab = Lab.create();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(lab::close));
        try {
            Map<String, Object> result = new TormentLab(lab, seed).run(duration.toSeconds());
            System.out.println(JsonLine.write(result));
            return result.get("failures") instanceof List<?> failures && failures.isEmpty() ? 0 : 1;
        } catch (LabException e) {
            System.err.print(e.logs());
            System.err.println("torment: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } finally {
            lab.close();
        }
    }
}
