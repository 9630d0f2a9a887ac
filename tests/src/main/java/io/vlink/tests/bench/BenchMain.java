// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of {@code bin/bench}. */
@Command(name = "bench", mixinStandardHelpOptions = true, version = "vlink 0.1.0", sortOptions = false, description = {
        "Measures vlink and, in turn on the same two cores, what people use today: DPDK's testpmd over vhost-user"
                + " and over memif.",
        "Exit status: 0 measured, 1 something failed, 2 wrong usage."})
public final class BenchMain implements Callable<Integer> {
    @Option(names = "--quick", description = "The most important figures only; under 3 minutes instead of under 20.")
    private boolean quick;

    @Option(names = "--no-dpdk", description = "vlink alone; the ratios to DPDK are null.")
    private boolean noDpdk;

    @Option(names = "--no-vm", description = "No real VM; its ratio to virtio-net is null, as with --quick.")
    private boolean noVm;

    @Option(names = "--rounds", paramLabel = "N", description = "Runs of each contestant, instead of what fits the time.")
    private Integer rounds;

    @Option(names = "--json", description = "Last line, after the tables: one JSON object with the result.")
    private boolean json;

    @Option(names = "--plot", paramLabel = "DIR", description = "Also draws echo.svg and ratios.svg into this folder.")
    private Path plot;

    /**
     * Runs the bench.
     *
     * @param arguments command line
     */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BenchMain()).execute(arguments));
    }

    @Override
    public Integer call() {
        if (rounds != null && rounds < 1) {
            System.err.println("bench: rounds must be positive: rounds=" + rounds);
            return CommandLine.ExitCode.USAGE;
        }
        if (plot != null && !makePlotFolder()) {
            return CommandLine.ExitCode.SOFTWARE;
        }
        BenchPlan plan = quick ? BenchPlan.quick(!noDpdk) : BenchPlan.full(!noDpdk, !noVm);
        Lab lab = Lab.create();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(lab::close));
        try {
            Bench bench = new Bench(lab, rounds == null ? plan : plan.withRounds(rounds));
            BenchReport report = bench.run();
            System.out.println(BenchText.of(report));
            if (json) {
                System.out.println(JsonLine.write(report.toJson()));
            }
            return draw(report) ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (LabException e) {
            System.err.print(e.logs().isEmpty() || e.logs().endsWith("\n") ? e.logs() : e.logs() + "\n");
            System.err.println("bench: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } finally {
            lab.close();
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
    private boolean makePlotFolder() {
        try {
            Files.createDirectories(plot);
            return true;
        } catch (IOException e) {
            System.err.println(
                    "bench: folder cannot be made: plot=" + plot + ": " + e + ": name one that can be written");
            return false;
        }
    }
}
