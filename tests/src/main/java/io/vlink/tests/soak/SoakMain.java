// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import io.vlink.infra.command.BuildVersion;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine;

/** The command line of {@code bin/soak}. */
// spotless:off
@Command(name = "soak", mixinStandardHelpOptions = true, versionProvider = BuildVersion.class, sortOptions = false,
        description = {
        "Kills agent, keeper, driver, guest program, guest kernel and QEMU in turn, at rest and at full rate, and checks"
                + " after each that the law of conservation holds and that no packet, buffer, descriptor, page, socket or file"
                + " is lost.",
        "Exit status: 0 all was as before each time, 1 it was not, 2 wrong usage."})
// spotless:on
public final class SoakMain implements Callable<Integer> {
    private static final int REGION_PAGES = 128;
    private static final int MAX_HOURS = 10_000;

    @Option(names = "--hours", paramLabel = "N", description = "How long; without it, once through the matrix.")
    private Double hours;

    @Option(names = "--strikes", paramLabel = "N", description = "How often each is killed, alternately at rest and at full rate"
            + " (default: 2).")
    private Integer strikes;

    @Option(names = "--vm", description = "The guest is a VM; else a process on the device socket, which has no kernel and no"
            + " QEMU to kill.")
    private boolean vm;

    @Option(names = "--only", paramLabel = "VICTIM", split = ",", description = "Kill only these: ${COMPLETION-CANDIDATES}.")
    private List<Victim> only = List.of(Victim.values());

    @Option(names = "--no-huge", description = "Ordinary memory instead of 128 hugepages of 2 MiB.")
    private boolean noHuge;

    @Option(names = "--json", description = "Last line: one JSON object with the result.")
    private boolean json;

    /**
     * Runs the matrix.
     *
     * @param arguments command line
     */
    public static void main(String[] arguments) {
        System.exit(OneLineErrors.of(new CommandLine(new SoakMain()), List.of(LabException.class)).execute(arguments));
    }

    @Override
    public Integer call() {
        if (hours != null && !(hours > 0 && hours <= MAX_HOURS)) {
            System.err.println("soak: hours must be more than 0 and at most " + MAX_HOURS + ": hours=" + hours);
            return CommandLine.ExitCode.USAGE;
        }
        if (strikes != null && (strikes <= 0 || hours != null)) {
            System.err.println("soak: strikes must be positive, and cannot be combined with hours: strikes=" + strikes
                    + (hours == null ? "" : " hours=" + hours));
            return CommandLine.ExitCode.USAGE;
        }
        if (!vm && only.stream().allMatch(Victim::needsVm)) {
            System.err.println("soak: there is no such thing without a VM: only=" + only + ": add --vm");
            return CommandLine.ExitCode.USAGE;
        }
        Lab lab = Lab.create();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(lab::close));
        SoakReport report = new SoakReport();
        try {
            run(lab, report);
            return CommandLine.ExitCode.OK;
        } catch (LabException e) {
            System.err.print(e.logs().isEmpty() || e.logs().endsWith("\n") ? e.logs() : e.logs() + "\n");
            System.err.println("soak: " + e.getMessage());
            report.failed(e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } catch (RuntimeException e) {
            report.failed(e.toString());
            throw e;
        } finally {
            lab.close();
            System.out.println(json ? JsonLine.write(report.toJson()) : report.toText());
        }
    }

    private void run(Lab lab, SoakReport report) {
        long start = System.nanoTime();
        long nanos = hours == null ? 0 : (long) (hours * Duration.ofHours(1).toNanos());
        if (!noHuge) {
            lab.keep(HugePageReservation.of(REGION_PAGES));
        }
        String machine = vm ? "auto" : SoakScene.NO_MACHINE;
        SoakScene scene = noHuge
                ? new SoakScene(lab, machine, "--no-huge", "--memory", "64M")
                : new SoakScene(lab, machine, "--page-size", "2M", "--memory", "256M");
        List<Victim> victims = only.stream().filter(victim -> vm || !victim.needsVm()).toList();
        for (int time = 0; isMore(time, start, nanos); time++) {
            boolean fullRate = time % 2 != 0;
            for (Victim victim : victims) {
                report.doing(victim, fullRate);
                report.add(scene.strike(victim, fullRate));
                report.atRest(scene.resources());
            }
        }
    }

    /** At rest and at full rate belong together. */
    private boolean isMore(int time, long start, long nanos) {
        return strikes != null
                ? time < strikes
                : time % 2 != 0 || time == 0 || System.nanoTime() - start < nanos;
    }
}
