// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.region.PageSizeChoice;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a new agent makes of what a dead one left, whichever instruction was its last. */
class AdoptionTest {
    private static final int PID = (int) ProcessHandle.current().pid();
    private static final RegionSettings SETTINGS = TestDomains.settings(4 * TestDomains.MIB, RegionSettings.NO_LIMIT);
    private static final DomainRequest VM1 = TestDomains.request("vm1", "tap1 52:54:00:00:00:01 3 queue_size=64",
            "tap2 52:54:00:00:00:02 2 queue_size=64 mtu=9000");
    private static final DomainRequest VM2 = TestDomains.sharing("vm2", "blue",
            "tap3 52:54:00:00:00:03 2 queue_size=64");
    private static final long RUNNING = 0x7_12345602L;
    // Literals of SPEC.md, so that a wrong constant cannot agree with itself.
    private static final long RECORD_CONTROL_CHANNEL = 0x100;
    private static final long RECORD_HOST_LANE = 0x280;
    private static final long CONTROL_HOST_LANE = 0x100;
    private static final long CONTROL_GUEST_LANE = 0x180;

    private final MemoryStore store = new MemoryStore();
    private final UnixConnection[] owner = UnixConnection.pair();
    private final UnixConnection[] driver = UnixConnection.pair();
    private final UnixConnection[] guest = UnixConnection.pair();
    private final Map<String, DeviceServer.Listener> devices = new HashMap<>();

    @AfterEach
    void release() {
        store.end();
        for (UnixConnection[] ends : List.of(owner, driver, guest)) {
            ends[0].close();
            ends[1].close();
        }
    }

    /** Devices without servers, which keep what real ones do. */
    private record Devices(Keeping keeping, Map<String, DeviceServer.Listener> open) implements DeviceServer.Factory {
        @Override
        public DeviceServer start(Domain domain, Path socket, DeviceServer.Listener listener) {
            try (Fd socketOfDevice = Fd.eventFd()) {
                keeping.keepListener(domain.name(), socketOfDevice);
            }
            return server(domain, listener);
        }

        @Override
        public DeviceServer resume(Domain domain, DeviceServer.Sockets last, DeviceServer.Listener listener) {
            if (last.client() == null) {
                listener.disconnected();
            } else {
                listener.connected();
            }
            return server(domain, listener);
        }

        private DeviceServer server(Domain domain, DeviceServer.Listener listener) {
            open.put(domain.name(), listener);
            return () -> {
                keeping.forgetClient(domain.name());
                keeping.forgetListener(domain.name());
            };
        }
    }

    private Inventory agent(RegionSettings settings) {
        Keeping keeping = new Keeping(store, store.fetchAll());
        return new Inventory(settings, name -> Path.of("/nowhere", name), new Devices(keeping, devices), keeping);
    }

    private static HeldSession hold(Inventory agent, HeldSession session, UnixConnection connection) {
        agent.keeping().keepSession(session, connection.fd());
        agent.keeping().keepSession(session.settled(), connection.fd());
        return session;
    }

    private static String report(Inventory agent) {
        return agent.report(new ReportWriter.AgentFacts(1, "test", "/nowhere", 0));
    }

    /** All that can happen to two domains and the links of one. */
    private void life(Inventory agent) throws RequestException {
        Keeping keeping = agent.keeping();
        Domain vm1 = agent.register(VM1, 11, false);
        HeldSession ofQemu = hold(agent, HeldSession.of(vm1), owner[1]);
        keeping.keepClient("vm1", guest[1].fd(), null);
        devices.get("vm1").connected();
        HeldSession first = hold(agent, HeldSession.of(agent.attach("tap1", 21)), driver[1]);
        agent.register(VM2, 12, true);
        keeping.forgetSession(first);
        agent.detach(first.attachment());
        HeldSession second = hold(agent, HeldSession.of(agent.attach("tap2", 22)), driver[1]);
        agent.withdraw(vm1);
        keeping.forgetSession(ofQemu);
        agent.detach(second.attachment());
        keeping.forgetSession(second);
        agent.unregister("vm2");
    }

    @Test
    void findsSomethingConsistentAfterEveryStepThatAnAgentCanDieAt() throws RequestException {
        int steps = 0;
        for (boolean died = true; died; steps++) {
            store.dieAfter(steps);
            try {
                life(agent(SETTINGS));
                died = false;
            } catch (MemoryStore.Death atThisStep) {
                died = true;
            }
            store.dieAfter(Long.MAX_VALUE);
            assertConsistent("after " + steps + " operations");
            assertThat(store.keys()).as("left by an orderly stop, after %d operations", steps).isEmpty();
        }
        assertThat(steps).as("steps of a life").isGreaterThan(20);
    }

    private void assertConsistent(String when) throws RequestException {
        Inventory once = agent(SETTINGS);
        String report = report(once);
        List<String> held = new ArrayList<>();
        for (AdoptedSession session : once.adoptedSessions()) {
            HeldSession what = session.held();
            held.add(what.domain() == null ? what.attachment().link().request().name() : what.domain().name());
        }
        Inventory twice = agent(SETTINGS);
        assertThat(report(twice)).as("adopted again, %s", when).isEqualTo(report);
        assertThat(twice.adoptedSessions()).as(when).hasSameSizeAs(held);
        assertThat(report).as(when).doesNotContain("\"holds\":false", "\"complete\":false");
        boolean vm1 = report.contains("\"name\":\"vm1\"");
        boolean vm2 = report.contains("\"name\":\"vm2\"");
        boolean driven = report.contains("\"driverPid\":" + PID);
        assertThat(held.contains("vm1")).as("vm1 is registered as long as its owner is there, %s", when)
                .isEqualTo(vm1 && !report.contains("\"state\":\"gone\""));
        assertThat(held.stream().filter(name -> name.startsWith("tap")).count()).as("drivers, %s", when)
                .isEqualTo(driven ? 1 : 0);
        assertThat(twice.firstRegion().extents().usedBytes() == 0).as("pools, %s", when).isEqualTo(!vm1);
        Domain other = twice.register(TestDomains.request("vm4", "tap4 52:54:00:00:00:04 2 queue_size=64"), 13, true);
        assertThat(other.region() == twice.firstRegion()).as("vm4 alone in its region, %s", when).isEqualTo(!vm1);
        if (!vm1) {
            twice.register(VM1, 14, true);
        }
        if (!vm2) {
            twice.register(VM2, 15, true);
        }
        twice.adoptedSessions().forEach(session -> twice.keeping().forgetSession(session.held()));
        twice.close();
    }

    @Test
    void goesOnWithMemoryAddressesAndLanesAsTheyAre() throws RequestException {
        Inventory dead = agent(SETTINGS);
        Domain before = dead.register(VM1, 11, false);
        hold(dead, HeldSession.of(before), owner[1]);
        dead.keeping().keepClient("vm1", guest[1].fd(), null);
        devices.get("vm1").connected();
        Link driven = dead.attach("tap2", PID).link();
        hold(dead, HeldSession.of(driven.attachment()), driver[1]);
        try (Mapping record = TestDomains.map(driven.descriptors().get(2));
                Mapping channels = TestDomains.map(driven.descriptors().get(1))) {
            long control = record.segment().get(ValueLayout.JAVA_LONG, RECORD_CONTROL_CHANNEL);
            record.segment().set(ValueLayout.JAVA_LONG, RECORD_HOST_LANE, RUNNING);
            channels.segment().set(ValueLayout.JAVA_LONG, control + CONTROL_HOST_LANE, RUNNING);
            channels.segment().set(ValueLayout.JAVA_LONG, control + CONTROL_GUEST_LANE, RUNNING);
            before.region().segment().set(ValueLayout.JAVA_BYTE, driven.poolOffset() + 5, (byte) 42);
            String report = report(dead);

            Inventory next = agent(SETTINGS);

            assertThat(report(next)).isEqualTo(report).contains("\"state\":\"connected\"", "\"state\":\"up\"");
            assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_HOST_LANE)).isEqualTo(RUNNING);
            assertThat(channels.segment().get(ValueLayout.JAVA_LONG, control + CONTROL_HOST_LANE)).isEqualTo(RUNNING);
            assertThat(channels.segment().get(ValueLayout.JAVA_LONG, control + CONTROL_GUEST_LANE))
                    .isEqualTo(RUNNING);
            Domain after = next.adoptedSessions().getFirst().held().domain();
            assertThat(after.region().segment().get(ValueLayout.JAVA_BYTE, driven.poolOffset() + 5))
                    .isEqualTo((byte) 42);
            assertThat(addresses(after.region())).isEqualTo(addresses(before.region()));
            next.withdraw(after);
            next.detach(next.adoptedSessions().getLast().held().attachment());
            assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_HOST_LANE)).isEqualTo(7L << 32);
            next.close();
        }
    }

    private static List<Long> addresses(Region region) {
        return IntStream.range(0, region.pageCount()).mapToObj(region::busAddress).toList();
    }

    @Test
    void dropsWhatFitsNothingAndStarts() throws RequestException {
        try (Fd something = Fd.eventFd();
                SharedMemory small = SharedMemory.create("test", 4_096, PageSize.ORDINARY)) {
            byte[] domain = new KeptState.OfDomain(VM1, true, true, 11, "r1", List.of(0L, 1L << 20)).encode();
            store.put("region.r0", new byte[]{9}, List.of(something));
            store.put("region.r1", new KeptState.OfRegion("r1", true, RegionSettings.Addressing.OFFSETS, 1).encode(),
                    List.of(something));
            store.put("region.r2", new KeptState.OfRegion("r2", true, RegionSettings.Addressing.OFFSETS, 1).encode(),
                    List.of());
            store.put("domain.a", domain, List.of(small.fd(), small.fd(), small.fd(), small.fd()));
            store.put("domain.b", domain, List.of());
            store.put("domain.c", java.util.Arrays.copyOf(domain, 40), List.of(something));
            store.put("session.a", new KeptState.OfSession("vm1", "", false).encode(), List.of(something));
            store.put("session.b", new KeptState.OfSession("", "tap1", false).encode(), List.of(something));
            store.put("session.c", new KeptState.OfSession("", "tap1", false).encode(), List.of());
            store.put("client.vm1", new byte[0], List.of(something));
            store.put("listener.vm1", new byte[0], List.of(something));
            store.put("of a later version", new byte[0], List.of(something));
        }
        Inventory agent = agent(SETTINGS);
        assertThat(agent.adoptedSessions()).isEmpty();
        assertThat(report(agent)).contains("\"domains\":[]");
        assertThat(store.keys()).singleElement().asString().startsWith("region.");
        agent.register(VM1, 11, false);
        agent.close();
    }

    @Test
    void keepsARegionInUseWhateverTheNewSettingsAreAndReplacesAnEmptyOne() throws RequestException {
        RegionSettings larger = TestDomains.settings(8 * TestDomains.MIB, RegionSettings.NO_LIMIT);
        agent(SETTINGS);
        assertThat(agent(larger).firstRegion().bytes()).isEqualTo(8 * TestDomains.MIB);
        agent(SETTINGS).register(VM2, 11, true);
        try (Warnings warnings = new Warnings(RegionStore.class)) {
            Inventory last = agent(new RegionSettings(8 * TestDomains.MIB, PageSizeChoice.ORDINARY,
                    12 * TestDomains.MIB, RegionSettings.Addressing.OFFSETS));
            assertThat(last.firstRegion().bytes()).isEqualTo(4 * TestDomains.MIB);
            assertThat(warnings.lines()).singleElement().asString().contains(
                    "asked=\"memory=8M pages=ordinary bus-addresses=offsets\"",
                    "region=\"memory=4M pages=ordinary bus-addresses=random\"");
            assertThat(last.register(VM1, 11, false).region().bytes()).isEqualTo(8 * TestDomains.MIB);
            last.close();
        }
    }

    @Test
    void showsTheNextGroupNothingOfWhatTheDeadAgentsGuestsLeft() throws RequestException {
        Inventory dead = agent(SETTINGS);
        dead.register(VM1, 11, false).region().segment().set(ValueLayout.JAVA_BYTE, 3 * TestDomains.MIB, (byte) 42);
        Inventory next = agent(SETTINGS);
        Region region = next.register(VM2, 11, false).region();
        assertThat(region).isSameAs(next.firstRegion());
        assertThat(region.segment().get(ValueLayout.JAVA_BYTE, 3 * TestDomains.MIB)).isZero();
        next.close();
    }

    @Test
    void regressionADomainIsWithdrawnAlsoWhereDescriptorsAreTooShortToKeepThat() throws RequestException {
        try (Inventory agent = agent(SETTINGS)) {
            Domain vm1 = agent.register(VM1, 11, false);
            hold(agent, HeldSession.of(vm1), owner[1]);
            hold(agent, HeldSession.of(agent.attach("tap1", 21)), driver[1]);
            store.descriptorsShort(true);
            agent.withdraw(vm1);
            store.descriptorsShort(false);
            assertThat(store.keys()).contains("domain.vm1").doesNotContain("listener.vm1");
            assertThat(report(agent)).contains("\"state\":\"gone\"", "\"driverPid\":21");
            assertThat(agent.register(VM1, 12, false)).isSameAs(vm1);
            assertThat(report(agent)).contains("\"state\":\"registered\"", "\"driverPid\":21");
        }
    }
}
