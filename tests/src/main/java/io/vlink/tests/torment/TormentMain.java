// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.torment;

import io.vlink.infra.command.OneLineErrors;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine;

/** {@code bin/torment}. */
// spotless:off
@Command(name = "torment", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Starts a host with three links, lets a hostile guest torment one of them, and checks every packet on"
                + " the other two.%nLast line: one JSON object with all counts.",
        footer = {"", "Exit status: 0 no harm was done, 1 some was, 2 wrong usage."})
// spotless:on
public final class TormentMain implements Callable<Integer> {
    // spotless:off
    @Option(names = "--seconds", paramLabel = "S", defaultValue = "60",
            description = "how long; 3600 for the hour (default: ${DEFAULT-VALUE})")
    private long seconds;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "draws the same attacks again (default: ${DEFAULT-VALUE})")
    private long seed;
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
        if (seconds < 1) {
            System.err.println("torment: seconds must be positive: seconds=" + seconds);
            return CommandLine.ExitCode.USAGE;
        }
        Lab lab = Lab.create();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(lab::close));
        try {
            Map<String, Object> result = new TormentLab(lab).run(seed, seconds);
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
