// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import io.vlink.agent.tools.AgentClient;
import io.vlink.agent.tools.ToolException;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.spec.control.Role;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Patience;
import io.vlink.tests.lab.Pktgen;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** An agent, a guest that echoes, and a driver, one of which is killed at a time. One thread; its lab ends everything. */
public final class SoakScene {
    /** The guest is no VM. */
    public static final String NO_MACHINE = "";

    private static final String LINK = "tap123";
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final long FLOWING = 10_000;
    private static final List<String> FAULTS = List.of("lost", "duplicated", "corrupt", "reordered");

    private final Lab lab;
    private final String[] options;
    private final SoakGuest guest;
    private final Map<Boolean, Resources> atRest = new HashMap<>();
    private AgentProcess agent;
    private boolean adopted;

    /**
     * Starts agent and guest.
     *
     * @param lab     ends what is started
     * @param machine {@code kvm}, {@code tcg} or {@code auto}: the guest is a VM under QEMU; {@link #NO_MACHINE}: it is a process
     *                on the device socket
     * @param options of virt_compute
     */
    public SoakScene(Lab lab, String machine, String... options) {
        this.lab = lab;
        this.options = options.clone();
        agent = AgentProcess.start(lab, this.options);
        Path config = lab.write("link.config", LINK + " 52:54:00:00:00:01 3 queue_size=512\n");
        guest = machine.equals(NO_MACHINE)
                ? new SoakGuest.Local(lab,
                        agent.vlinkctl("register", "vm_domain=soak,init_config=" + config).getLast())
                : new SoakGuest.InVm(lab, machine, "soak", config);
    }

    /**
     * Kills one, brings it back, and checks that all is as before.
     *
     * @param victim   what to kill
     * @param fullRate whether packets flow meanwhile; else a driver is attached, and idle
     * @return how it went
     * @throws LabException if something is not as it was
     */
    public Strike strike(Victim victim, boolean fullRate) {
        ManagedProcess driver = fullRate ? send() : idle();
        await("the driver is at work", driver,
                () -> fullRate ? received() > FLOWING : "up".equals(link().get("state")));
        long start = System.nanoTime();
        kill(victim, driver);
        boolean fresh = !fullRate || !victim.losesNoPacket();
        if (fresh) {
            if (fullRate) {
                // A generator whose other side has left the link says how many packets are lost with it, and ends.
                driver.awaitExit(LIMIT);
            }
            driver.close();
            driver = send();
        }
        await("a packet comes back", driver, movesOn());
        long firstMillis = (System.nanoTime() - start) / 1_000_000;
        driver.signal("INT");
        Pktgen.Result result = Pktgen.finish(driver, LIMIT);
        if (fresh || victim.losesNoPacket()) {
            require(result.status() == 0 && FAULTS.stream().allMatch(fault -> result.count(fault) == 0)
                    && result.count("sent") == result.count("received"), "packets are lost or broken", result.errors());
        }
        checkAtRest();
        return new Strike(victim, fullRate, firstMillis, result.count("received"));
    }

    private ManagedProcess send() {
        return Pktgen.start(lab, LINK, "--timeout", "600");
    }

    private ManagedProcess idle() {
        return lab.start("vlink-echo", List.of(lab.program("vlink-echo"), "--run-dir", lab.runDirectory().toString(),
                "--vdev=eth_vlink0,link=" + LINK + ",mode=mq"));
    }

    private void kill(Victim victim, ManagedProcess driver) {
        switch (victim) {
            case AGENT -> {
                agent.process().signal("KILL");
                agent.process().awaitExit(LIMIT);
                agent = AgentProcess.start(lab, options);
                adopted = true;
            }
            case KEEPER -> {
                long before = keeper();
                ProcessHandle.of(before).ifPresent(ProcessHandle::destroyForcibly);
                await("there is another keeper", agent.process(),
                        () -> lab.keeper().map(ProcessHandle::pid).filter(pid -> pid != before).isPresent());
            }
            case DRIVER -> {
                driver.signal("KILL");
                driver.awaitExit(LIMIT);
            }
            default -> guest.strike(victim);
        }
    }

    /** Whether more packets have come back since it was asked first; a new epoch counts from 0, which is a change as well. */
    private BooleanSupplier movesOn() {
        long[] before = {-1};
        return () -> {
            long now = received();
            boolean more = before[0] >= 0 && now > before[0];
            before[0] = now;
            return more;
        };
    }

    private void checkAtRest() {
        await("the agent sees that the driver has gone", agent.process(),
                () -> Long.valueOf(0).equals(link().get("driverPid")));
        Map<?, ?> link = link();
        for (String direction : List.of("hostToGuest", "guestToHost")) {
            Map<?, ?> law = (Map<?, ?>) link.get(direction);
            require(Boolean.TRUE.equals(law.get("holds")) && Long.valueOf(0).equals(law.get("difference")),
                    "the law does not hold: " + direction, link.toString());
        }
        Map<?, ?> ledger = (Map<?, ?>) link.get("ledger");
        require(Boolean.TRUE.equals(ledger.get("complete")) && Long.valueOf(0).equals(ledger.get("unknown")),
                "buffers are lost", link.toString());
        require(Long.valueOf(0).equals(ledger.get("held")), "a driver that has gone still has buffers",
                link.toString());
        Resources first = atRest.computeIfAbsent(adopted, kind -> resources());
        Resources[] now = {first};
        try {
            await("descriptors, memory and files are what they were", agent.process(), () -> {
                now[0] = resources();
                return now[0].isWithoutMoreThan(first);
            });
        } catch (LabException e) {
            throw new LabException(e.getMessage() + ": then: " + first + " now: " + now[0], e.logs());
        }
        // The first look may have seen a connection that had ended and was not closed yet: the fewest ever seen are the rest. It
        // cannot have seen too few: an agent or a keeper that is ready has all of its sockets.
        atRest.put(adopted, now[0]);
    }

    /** {@return what agent and keeper have now} */
    Resources resources() {
        return Resources.of(agent.process().pid(), keeper(), lab.runDirectory());
    }

    private long keeper() {
        return lab.keeper().map(ProcessHandle::pid).orElseThrow(() -> new LabException("there is no keeper", ""));
    }

    private long received() {
        return link().get("guestToHost") instanceof Map<?, ?> law && law.get("received") instanceof Long count
                ? count
                : -1;
    }

    /** What the agent says of the link; nothing while there is no agent. */
    private Map<?, ?> link() {
        try (AgentClient client = new AgentClient(new RunDirectory(lab.runDirectory()), Role.TOOL)) {
            Map<?, ?> domain = (Map<?, ?>) ((List<?>) JsonLine.read(client.report()).get("domains")).getFirst();
            return (Map<?, ?>) ((List<?>) domain.get("links")).getFirst();
        } catch (ToolException | ControlException | OsException | java.util.NoSuchElementException notYet) {
            return Map.of();
        }
    }

    private static void require(boolean good, String what, String details) {
        if (!good) {
            throw new LabException(what, details + "\n");
        }
    }

    private static void await(String what, ManagedProcess needed, BooleanSupplier condition) {
        Patience.await(what, LIMIT, needed, condition);
    }
}
