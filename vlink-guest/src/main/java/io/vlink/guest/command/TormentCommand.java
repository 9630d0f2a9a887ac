// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.device.DeviceException;
import io.vlink.guest.torment.Attack;
import io.vlink.guest.torment.Torment;
import io.vlink.guest.torment.TormentEcho;
import io.vlink.guest.torment.TormentPlan;
import io.vlink.traffic.worker.StopSignal;
import io.vlink.traffic.worker.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vlink-guest torment}. */
// spotless:off
@Command(name = "torment", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Misbehaves on a link in every way it knows, to test the host; between any two attacks it behaves"
                + " well again and sees whether the link works.%nThe link's traffic suffers, and nothing else may.",
        footer = {"", "Exit status: 0 the link came back each time, 1 it did not, 2 wrong usage."})
// spotless:on
public final class TormentCommand implements Callable<Integer> {
    private static final String LIST = "list";

    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOptions device;

    // spotless:off
    @Option(names = "--link", paramLabel = "NAME",
            description = "link to torment; may be left out if there is one only")
    private String link;

    @Option(names = "--echo", paramLabel = "NAME", split = ",",
            description = "link that a well-behaved echo serves meanwhile; may be given several times. Then the device is"
                    + " not reset")
    private List<String> echoes = List.of();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "draws the same attacks again (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(names = "--duration", paramLabel = "TIME", defaultValue = "10s",
            description = "how long, such as 10 (seconds), 5m or 1h (default: ${DEFAULT-VALUE})")
    private Duration duration;

    @Option(names = "--attack", paramLabel = "A", split = ",",
            description = "only these, by name; list: name them all (default: all)")
    private List<String> attacks = List.of();

    @Option(names = "--json", description = "one JSON object on one line")
    private boolean json;
    // spotless:on

    /** Made by picocli. */
    public TormentCommand() {
    }

    @Override
    public Integer call() {
        if (attacks.equals(List.of(LIST))) {
            for (Attack attack : Attack.values()) {
                spec.commandLine().getOut().printf("%-17s %s%n", attack.label(), attack.text());
            }
            return 0;
        }
        TormentPlan plan = new TormentPlan(seed, checkedDuration(), chosen());
        StopSignal stop = StopSignal.install();
        int status = 1;
        try {
            work(plan, stop);
            status = 0;
            return status;
        } finally {
            stop.finished(status);
        }
    }

    private void work(TormentPlan plan, StopSignal stop) {
        try (GuestDevice guest = device.openBound(spec.commandLine().getErr())) {
            GuestLink target = target(guest);
            if (!guest.access().claimLink(target.index())) {
                throw new DeviceException("link is in use by another program of this guest: link=" + target.name()
                        + ": stop the other vlink-guest, or name another link with --link");
            }
            try (TormentEcho echo = new TormentEcho(guest, echoes.stream().map(guest::link).toList())) {
                Torment torment = new Torment(guest, target, plan, stop);
                spec.commandLine().getErr().println("torment ready link=" + target.name() + " seed=" + plan.seed()
                        + " attacks=" + plan.attacks().size() + " echo_links=" + echo.links());
                spec.commandLine().getErr().flush();
                try {
                    torment.run();
                } finally {
                    // Also where it failed: what was done until then tells how rare that is.
                    TormentReport report = new TormentReport(target.name(), plan, torment);
                    spec.commandLine().getOut().println(json ? report.json() : report.text());
                    spec.commandLine().getOut().flush();
                }
            }
        }
    }

    private GuestLink target(GuestDevice guest) {
        if (link == null && guest.links().size() != 1) {
            throw new DeviceException("there is not one link only: links="
                    + String.join(",", guest.links().stream().map(GuestLink::name).toList())
                    + ": name the one to torment with --link");
        }
        GuestLink target = link == null ? guest.links().getFirst() : guest.link(link);
        if (echoes.contains(target.name())) {
            throw wrong("a link cannot be tormented and echo: link=" + target.name());
        }
        return target;
    }

    private Duration checkedDuration() {
        Usage.nanos(spec, "duration", duration);
        return duration;
    }

    private List<Attack> chosen() {
        List<Attack> chosen = new ArrayList<>();
        for (String name : attacks) {
            chosen.add(Arrays.stream(Attack.values()).filter(attack -> attack.label().equals(name)).findFirst()
                    .orElseThrow(() -> wrong("no such attack: attack=" + name + ": see --attack list")));
        }
        if (chosen.isEmpty()) {
            chosen.addAll(List.of(Attack.values()));
        }
        if (!echoes.isEmpty()) {
            chosen.removeIf(Attack::disturbsOtherLinks);
        }
        if (chosen.isEmpty()) {
            throw wrong("this attack disturbs the links that echo: attack=" + String.join(",", attacks));
        }
        return chosen;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
