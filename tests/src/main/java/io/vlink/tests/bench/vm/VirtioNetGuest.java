// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import io.vlink.infra.port.MacAddress;
import io.vlink.traffic.frame.UdpFlow;
import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * A real guest that has a virtio-net device beside its pci-vlink device, and answers UDP over it with {@code udp_echo.c}. The
 * device is virtio-net-pci as QEMU makes it, except for a receive queue of 1024 entries; 256 is the largest transmit queue that
 * this back end allows. One thread.
 */
final class VirtioNetGuest implements AutoCloseable {
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(1);
    private static final String PROGRAM = "usr/bin/udp_echo";
    private static final MacAddress GUEST_MAC = new MacAddress(0x52_54_00_00_99_01L);
    private static final String DEVICE = "eth0";

    private final GuestVm vm;
    private final UdpEchoLoad load;

    private VirtioNetGuest(GuestVm vm, UdpEchoLoad load) {
        this.vm = vm;
        this.load = load;
    }

    /**
     * Compiles the echo, boots the guest, starts the echo and connects to the device's back end.
     *
     * @param lab        where an agent runs
     * @param plan       what to boot
     * @param frameBytes frame size in bytes, FCS counted
     * @param window     packets in flight
     * @param progress   is told what happens
     * @return the guest, its UDP echo ready
     */
    static VirtioNetGuest boot(Lab lab, GuestVm.Plan plan, int frameBytes, int window, Consumer<String> progress) {
        Path image = lab.directory().resolve(plan.domain() + "-initrd.img");
        GuestArchive.append(Path.of(GuestVm.required("VLINK_GUEST_INITRD")), compileEcho(lab), PROGRAM, image);
        Path socket = lab.directory().resolve(plan.domain() + "-net.sock");
        GuestVm vm = GuestVm.boot(lab, plan.withExtra(List.of("-initrd", image.toString(),
                "-netdev", "stream,id=virtio0,server=on,addr.type=unix,addr.path=" + socket,
                "-device", "virtio-net-pci,netdev=virtio0,rx_queue_size=1024,rombar=0,mac=" + GUEST_MAC)), progress);
        startEcho(vm);
        try {
            return lab.keep(
                    new VirtioNetGuest(vm, new UdpEchoLoad(socket, new UdpEchoFrame(GUEST_MAC, frameBytes), window)));
        } catch (IOException e) {
            throw new LabException("virtio-net's back end is not reachable: socket=" + socket + ": " + e.getMessage(),
                    vm.qemu().tail(10));
        }
    }

    /** Static: the guest's C library need not be this machine's. */
    private static Path compileEcho(Lab lab) {
        Path program = lab.directory().resolve("udp_echo");
        Path source = lab.home().resolve("tests/src/test/c/udp_echo.c");
        ManagedProcess gcc = lab.start("gcc", List.of("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2",
                "-static", "-o", program.toString(), source.toString()));
        if (gcc.awaitExit(COMMAND_LIMIT) != 0) {
            throw new LabException("udp_echo.c was not compiled: it needs gcc and a static C library: apt-get install"
                    + " gcc libc6-dev", gcc.tail(10));
        }
        return program;
    }

    /** The guest needs no answers from us to send packets: the neighbour is entered, and IPv6 is kept from looking around. */
    private static void startEcho(GuestVm vm) {
        vm.run("echo 1 >/proc/sys/net/ipv6/conf/" + DEVICE + "/disable_ipv6", COMMAND_LIMIT);
        vm.run("ifconfig " + DEVICE + " " + dotted(UdpFlow.ECHO_ADDRESS) + " netmask 255.254.0.0 up", COMMAND_LIMIT);
        vm.run("arp -s " + dotted(UdpFlow.GENERATOR_ADDRESS) + " " + UdpFlow.GENERATOR_MAC, COMMAND_LIMIT);
        vm.run("udp_echo " + UdpFlow.ECHO_PORT + " " + dotted(UdpFlow.GENERATOR_ADDRESS) + " "
                + UdpFlow.FIRST_SOURCE_PORT + " >/tmp/udp_echo.log 2>&1 & true", COMMAND_LIMIT);
        vm.run("n=0; until grep -q 'udp_echo ready' /tmp/udp_echo.log; do n=$((n+1)); [ $n -lt 100 ]"
                + " || { cat /tmp/udp_echo.log; false; break; }; usleep 100000; done", COMMAND_LIMIT);
    }

    private static String dotted(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address & 0xff);
    }

    /** {@return the guest} */
    GuestVm vm() {
        return vm;
    }

    /**
     * Measures the UDP echo; while it is not measured it sleeps, and takes nothing from the guest's processor.
     *
     * @param time how long
     * @return what was counted
     */
    UdpEchoRate measure(Duration time) {
        try {
            return load.run(time);
        } catch (IOException e) {
            throw new LabException("virtio-net's back end failed: " + e.getMessage(), vm.qemu().tail(10));
        }
    }

    @Override
    public void close() throws IOException {
        load.close();
    }
}
