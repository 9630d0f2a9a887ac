// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.Pktgen;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Measures two echoes in one real guest in turn: {@code vlink-guest echo} over vlink, and UDP over the guest's virtio-net
 * device, with the same window of the same frames. While one is measured the other takes no time: vlink's echo polls, so it is
 * stopped by a signal; the UDP echo sleeps in a system call. One thread.
 */
public final class VirtioNetComparison {
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(2);
    /** Warm-ups at most. */
    private static final int WARM_UPS = 8;
    /** A rate that is so many times the best before says that the compiler is still at work. */
    private static final double STILL_GROWING = 1.2;
    private static final String LINK = "vmbench0";
    private static final String DOMAIN = "vmbench";

    private final Lab lab;
    private final Plan plan;
    private final VirtioNetGuest guest;
    private final Consumer<String> progress;

    /**
     * What to measure.
     *
     * @param accelerator QEMU's: {@code tcg}, {@code kvm}, or {@code auto}
     * @param echoOptions options of {@code vlink-guest echo}; may be empty
     * @param frameBytes  frame size in bytes, FCS counted
     * @param window      packets in flight
     * @param rounds      measurements of each, in turn
     * @param time        of each measurement
     * @param warmUp      before the first one; vlink's is repeated while its rate grows
     */
    public record Plan(String accelerator, String echoOptions, int frameBytes, int window, int rounds, Duration time,
            Duration warmUp) {
        /**
         * Checks what is not checked elsewhere.
         *
         * @throws IllegalArgumentException for no rounds or no time
         */
        public Plan {
            if (rounds < 1) {
                throw new IllegalArgumentException("rounds must be 1 or more: rounds=" + rounds);
            }
            if (!time.isPositive() || !warmUp.isPositive()) {
                throw new IllegalArgumentException("times must be positive: time=" + time + " warmUp=" + warmUp);
            }
        }

        /** {@return the standard plan with shorter measurements: about 45 s on a quiet machine} */
        public static Plan quick() {
            Plan standard = standard();
            return new Plan(standard.accelerator, standard.echoOptions, standard.frameBytes, standard.window,
                    standard.rounds, Duration.ofSeconds(2), standard.warmUp);
        }

        /** {@return 64-byte frames, 512 in flight, an emulated guest, three rounds: about a minute on a quiet machine} */
        public static Plan standard() {
            return new Plan("tcg", "--burst 64", 64, 512, 3, Duration.ofSeconds(4), Duration.ofSeconds(2));
        }
    }

    private VirtioNetComparison(Lab lab, Plan plan, VirtioNetGuest guest, Consumer<String> progress) {
        this.lab = lab;
        this.plan = plan;
        this.guest = guest;
        this.progress = progress;
    }

    /**
     * Boots a guest, measures, and ends the guest.
     *
     * @param lab      where an agent runs
     * @param plan     what to measure
     * @param progress is told what happens, a line at a time
     * @return what was measured
     * @throws LabException if a program fails, or vlink loses a packet
     */
    public static VmComparison run(Lab lab, Plan plan, Consumer<String> progress) {
        Path linkConfig = lab.write(DOMAIN + ".config", LINK + " 52:54:00:00:99:02 2\n");
        progress.accept("booting a guest with pci-vlink and virtio-net");
        VirtioNetGuest guest = VirtioNetGuest.boot(lab,
                new GuestVm.Plan("pc", plan.accelerator(), DOMAIN, linkConfig, List.of()), plan.frameBytes(),
                plan.window(), progress);
        try {
            return new VirtioNetComparison(lab, plan, guest, progress).measure();
        } finally {
            guest.vm().qemu().close();
        }
    }

    private VmComparison measure() {
        progress.accept("guest is up (" + guest.vm().accelerator() + "), its UDP echo runs; starting vlink's");
        guest.vm().run("vlink-guest bind", COMMAND_LIMIT);
        guest.vm().startEcho(plan.echoOptions());
        progress.accept("warming up");
        warmUp();
        measureVirtio(plan.warmUp());
        List<VmComparison.Round> rounds = new ArrayList<>();
        for (int i = 0; i < plan.rounds(); i++) {
            double vlink = measureVlink(plan.time());
            UdpEchoRate virtio = measureVirtio(plan.time());
            VmComparison.Round round = new VmComparison.Round(vlink, virtio.packetsPerSecond(), virtio.sent(),
                    virtio.lost());
            rounds.add(round);
            progress.accept("vlink %.0f packets/s, virtio-net %.0f packets/s, %d lost: %.1f x".formatted(
                    round.vlinkPps(), round.virtioPps(), round.virtioLost(), round.ratio()));
        }
        return new VmComparison(guest.vm().accelerator(), plan.window(), plan.frameBytes(), rounds);
    }

    /**
     * Until vlink's rate has stopped growing: the guest's compiler shares one emulated processor with the echo, so that the
     * time it takes depends on the machine, from two seconds to half a minute.
     */
    private void warmUp() {
        double best = 0;
        int steady = 0; // one rate alone may be low because the machine was busy
        for (int i = 0; i < WARM_UPS && steady < 2; i++) {
            double rate = measureVlink(plan.warmUp());
            progress.accept("warming up: vlink %.0f packets/s".formatted(rate));
            steady = rate < STILL_GROWING * best ? steady + 1 : 0;
            best = Math.max(best, rate);
        }
    }

    private UdpEchoRate measureVirtio(Duration time) {
        guest.vm().run("kill -STOP $(cat /tmp/echo.pid)", COMMAND_LIMIT);
        UdpEchoRate rate = guest.measure(time);
        guest.vm().run("kill -CONT $(cat /tmp/echo.pid)", COMMAND_LIMIT);
        if (rate.received() == 0) {
            throw new LabException("no UDP packet came back over virtio-net: sent=" + rate.sent(),
                    guest.vm().run("cat /tmp/udp_echo.log; ifconfig; arp -n", COMMAND_LIMIT));
        }
        return rate;
    }

    private double measureVlink(Duration time) {
        Pktgen.Result result = Pktgen.run(lab, LINK, COMMAND_LIMIT, "--duration",
                Double.toString(time.toMillis() / 1e3), "--size", Integer.toString(plan.frameBytes()), "--window",
                Integer.toString(plan.window()), "--burst", "64");
        if (result.status() != 0 || !(result.json().get("mpps") instanceof Number mpps)) {
            throw new LabException("pktgen failed: status=" + result.status(), result.errors());
        }
        return mpps.doubleValue() * 1e6;
    }
}
