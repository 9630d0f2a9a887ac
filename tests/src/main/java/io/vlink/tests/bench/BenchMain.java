// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.command.BuildVersion;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@code bin/bench}. */
// spotless:off
@Command(name = "bench", mixinStandardHelpOptions = true, versionProvider = BuildVersion.class,
        sortOptions = false, description = {
        "Measures vlink and, in turn on the same two cores, what people use today: DPDK's testpmd over vhost-user"
                + " and over memif.",
        "Exit status: 0 measured, 1 something failed, 2 wrong usage."})
// spotless:on
public final class BenchMain implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Option(names = "--quick", description = "The most important figures only; under 3 minutes instead of under 20.")
    private boolean quick;

    @Option(names = "--only", split = ",", paramLabel = "PART", description = "Only these parts, of"
            + " ${COMPLETION-CANDIDATES}.")
    private List<BenchPlan.Part> only;

    @Option(names = "--no-dpdk", description = "vlink alone; the ratios to DPDK are null.")
    private boolean noDpdk;

    @Option(names = "--no-vm", description = "No real VM; its ratio to virtio-net is null, as with --quick.")
    private boolean noVm;

    @Option(names = "--rounds", paramLabel = "N", description = "Exactly N runs of each contestant,"
            + " instead of what fits the time; none is done again because it was disturbed.")
    private Integer rounds;

    @Option(names = "--json", description = "Last line, after the tables: one JSON object with the result.")
    private boolean json;

    @Option(names = "--plot", paramLabel = "DIR", description = "Also draws echo.svg and ratios.svg into this folder.")
    private Path plot;

    /** For the launcher: measure nothing, and print what is needed to. */
    private final boolean needs = Boolean.getBoolean("vlink.bench.needs");

    /**
     * Runs the bench.
     *
     * @param arguments command line
     */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** {@return the command, which says in one line what is wrong with its arguments} */
    static CommandLine commandLine() {
        return OneLineErrors.of(new CommandLine(new BenchMain()), List.of());
    }

    @Override
    public Integer call() {
        BenchPlan plan = plan();
        if (needs) {
            printNeeds(plan);
            return ExitCode.OK;
        }
        Lab lab = Lab.create();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(lab::close));
        try {
            BenchReport report = new Bench(lab, plan).run();
            System.out.println(BenchText.of(report));
            boolean drawn = draw(report);
            if (json) {
                System.out.println(JsonLine.write(report.toJson()));
            }
            return drawn ? ExitCode.OK : ExitCode.SOFTWARE;
        } catch (LabException e) {
            System.err.print(e.logs().isEmpty() || e.logs().endsWith("\n") ? e.logs() : e.logs() + "\n");
            System.err.println("bench: " + e.getMessage());
            return ExitCode.SOFTWARE;
        } finally {
            lab.close();
        }
    }

    private BenchPlan plan() {
        if (rounds != null && rounds < 1) {
            throw wrong("rounds must be positive: rounds=" + rounds);
        }
        if (quick && only != null) {
            throw wrong("--quick and --only exclude each other: leave one out");
        }
        if (plot != null) {
            makePlotFolder();
        }
        BenchPlan plan = quick ? BenchPlan.quick(!noDpdk) : BenchPlan.full(!noDpdk);
        EnumSet<BenchPlan.Part> parts = EnumSet.copyOf(only == null ? plan.parts() : only);
        if (noVm && parts.remove(BenchPlan.Part.vm) && parts.isEmpty()) {
            throw wrong("--no-vm and --only vm leave nothing to measure: leave one out");
        }
        plan = plan.withParts(parts);
        return rounds == null ? plan : plan.withRounds(rounds);
    }

    private ParameterException wrong(String rule) {
        return new ParameterException(command.commandLine(), rule);
    }

    /** For the launcher, which fetches what is missing. */
    private static void printNeeds(BenchPlan plan) {
        if (plan.dpdk() && plan.isCompared()) {
            System.out.println("dpdk");
        }
        if (plan.parts().contains(BenchPlan.Part.warm)) {
            System.out.println("strace");
        }
        if (plan.parts().contains(BenchPlan.Part.vm)) {
            System.out.println("vm");
        }
    }

    private boolean draw(BenchReport report) {
        if (plot == null) {
            return true;
        }
        try {
            for (Map.Entry<String, String> chart : report.charts().entrySet()) {
                Files.writeString(plot.resolve(chart.getKey()), chart.getValue());
            }
            return true;
        } catch (IOException e) {
            System.err.println("bench: could not draw: plot=" + plot + ": " + e.getMessage());
            return false;
        }
    }

    /** Before anything is measured: after twenty minutes it would be late to say that there is no such place. */
    private void makePlotFolder() {
        try {
            Files.createDirectories(plot);
        } catch (IOException e) {
            throw wrong("folder cannot be made: plot=" + plot + ": " + e + ": name one that can be written");
        }
    }
}
