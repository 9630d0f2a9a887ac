// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.spec.control.StatusCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class InventoryTest {
    private static final long EPOCH_7_INITIALIZED_LOW = 0xabcdef02L;
    private static final long EPOCH_7 = 7L << 32;
    // Literals of SPEC.md, so that a wrong constant cannot agree with itself.
    private static final long RECORD_CONTROL_CHANNEL = 0x100;
    private static final long RECORD_DEVICE = 0x200;
    private static final long RECORD_DRIVER = 0x208;
    private static final long RECORD_HOST_LANE = 0x280;
    private static final long CONTROL_HOST_LANE = 0x100;
    private static final long CONTROL_GUEST_LANE = 0x180;

    private final TestDomains.Devices devices = new TestDomains.Devices();
    private final Inventory inventory = inventory(4 * TestDomains.MIB, 8 * TestDomains.MIB);
    private final DomainRequest request = TestDomains.request("vm1", "tap1 52:54:00:00:00:01 3 queue_size=64",
            "tap2 52:54:00:00:00:02 2 queue_size=64");

    private Inventory inventory(long bytes, long limit) {
        return new Inventory(TestDomains.settings(bytes, limit), name -> Path.of("/nowhere", name), devices,
                TestDomains.keepingNothing());
    }

    @AfterEach
    void freeMemory() {
        inventory.close();
    }

    private static void refused(StatusCode status, org.assertj.core.api.ThrowableAssert.ThrowingCallable action,
            String... parts) {
        RequestException refusal = catchThrowableOfType(RequestException.class, action);
        assertThat(refusal).isNotNull().hasMessageContainingAll(parts);
        assertThat(refusal.status()).isEqualTo(status);
    }

    @Nested
    class Register {
        @Test
        void refusesADomainThatIsThere() throws RequestException {
            inventory.register(request, 11, false);
            refused(StatusCode.BUSY, () -> inventory.register(request, 12, false), "vm_domain=vm1", "pid=11");
        }

        @Test
        void refusesALinkNameOfAnotherDomain() throws RequestException {
            inventory.register(request, 11, false);
            DomainRequest other = TestDomains.request("vm2", "tap2 52:54:00:00:00:03 2 queue_size=64");
            refused(StatusCode.BUSY, () -> inventory.register(other, 12, false), "link=tap2", "vm_domain=vm1");
        }

        @Test
        void refusesAMacAddressOfAnotherDomainButNotItsOwnAgain() throws RequestException {
            Domain domain = inventory.register(request, 11, false);
            DomainRequest other = TestDomains.request("vm2", "tap3 52:54:00:00:00:03 2 queue_size=64",
                    "tap4 52:54:00:00:00:02 2 queue_size=64");
            refused(StatusCode.BUSY, () -> inventory.register(other, 12, false), "mac=52:54:00:00:00:02 link=tap4",
                    "link=tap2 of vm_domain=vm1");
            inventory.withdraw(domain);
            inventory.register(request, 11, false);
        }

        @Test
        void refusesPoolsThatDoNotFitAndGivesBackWhatItTook() throws RequestException {
            DomainRequest large = TestDomains.request("vm1", "tap1 52:54:00:00:00:01 2 queue_size=256",
                    "tap2 52:54:00:00:00:02 3 queue_size=256");
            refused(StatusCode.NO_RESOURCES, () -> inventory.register(large, 11, false), "link=tap2", "queue_size=",
                    "--memory", "region=4M");
            assertThat(report()).contains("\"poolBytes\":0").contains("\"owner\":null");
            inventory.register(TestDomains.request("vm1", "tap1 52:54:00:00:00:01 2 queue_size=512"), 11, false);
            assertThat(report()).contains("\"poolBytes\":4194304");
        }

        @Test
        void leavesNothingBehindWhenTheSocketFails() throws RequestException {
            devices.failure = new IllegalArgumentException("path too long");
            refused(StatusCode.FAILED, () -> inventory.register(request, 11, false), "path too long");
            assertThat(report()).contains("\"domains\":[]").contains("\"poolBytes\":0");
            devices.failure = null;
            inventory.register(request, 11, false);
        }

        @Test
        void keepsDomainsApartUnlessTheyAskToShare() throws RequestException {
            Domain alone = inventory.register(request, 11, false);
            Domain named = inventory.register(
                    TestDomains.sharing("vm2", "vm1", "tap3 52:54:00:00:00:03 2 queue_size=64"), 12, false);
            assertThat(named.region()).as("trust_group=vm1 is not the domain vm1").isNotSameAs(alone.region());
            Domain sharing = inventory.register(
                    TestDomains.sharing("vm3", "vm1", "tap4 52:54:00:00:00:04 2 queue_size=64"), 13, false);
            assertThat(sharing.region()).isSameAs(named.region());
            assertThat(sharing.links().getFirst().poolOffset()).isNotEqualTo(named.links().getFirst().poolOffset());
        }

        @Test
        void refusesARegionAboveTheLimitUntilOneIsFree() throws RequestException {
            Domain first = inventory.register(request, 11, false);
            inventory.register(TestDomains.request("vm2", "tap3 52:54:00:00:00:03 2 queue_size=64"), 12, false);
            DomainRequest third = TestDomains.request("vm3", "tap4 52:54:00:00:00:04 2 queue_size=64");
            refused(StatusCode.NO_RESOURCES, () -> inventory.register(third, 13, false), "--memory-limit", "used=8M");
            inventory.withdraw(first);
            assertThat(inventory.register(third, 13, false).region()).isSameAs(inventory.firstRegion());
        }

        @Test
        void givesTheNextGroupOtherMemoryThanTheLastOneMayStillMap() throws RequestException {
            Domain first = inventory.register(request, 11, false);
            long somewhere = 3 * TestDomains.MIB + 5;
            try (Mapping kept = TestDomains.map(first.region().fd())) {
                kept.segment().set(ValueLayout.JAVA_BYTE, somewhere, (byte) 42);
                inventory.withdraw(first);
                Domain again = inventory.register(request, 11, false);
                assertThat(again.region().segment().get(ValueLayout.JAVA_BYTE, somewhere)).isEqualTo((byte) 42);
                inventory.withdraw(again);
                Domain other = inventory.register(
                        TestDomains.request("vm2", "tap3 52:54:00:00:00:03 2 queue_size=64"), 12, false);
                kept.segment().fill((byte) 43);
                assertThat(other.region().segment().mismatch(
                        MemorySegment.ofArray(new byte[(int) (4 * TestDomains.MIB)]))).isEqualTo(-1);
                assertThat(report()).as("one region, as before").containsOnlyOnce("\"owner\":");
            }
        }

        @Test
        void needsNoMoreMemoryToGiveTheNextGroupItsOwn() throws RequestException {
            try (Inventory small = inventory(4 * TestDomains.MIB, 4 * TestDomains.MIB)) {
                small.withdraw(small.register(request, 11, false));
                Domain other = small.register(
                        TestDomains.request("vm2", "tap3 52:54:00:00:00:03 2 queue_size=64"), 12, false);
                assertThat(other.region()).isSameAs(small.firstRegion());
                refused(StatusCode.NO_RESOURCES, () -> small.register(request, 13, false), "used=4M");
            }
        }
    }

    @Nested
    class Unregister {
        @Test
        void refusesWhatIsNotThereOrNotPersistentOrInUse() throws RequestException {
            refused(StatusCode.NOT_FOUND, () -> inventory.unregister("vm1"), "vm_domain=vm1",
                    "known=none: see vlinkctl status");
            Domain domain = inventory.register(request, 11, false);
            refused(StatusCode.BUSY, () -> inventory.unregister("vm1"), "pid=11");
            inventory.withdraw(domain);
            inventory.register(request, 11, true);
            devices.open.get("vm1").connected();
            refused(StatusCode.BUSY, () -> inventory.unregister("vm1"), "in use");
            devices.open.get("vm1").disconnected();
            inventory.unregister("vm1");
            assertThat(devices.open).isEmpty();
            assertThat(report()).contains("\"domains\":[]");
        }
    }

    @Nested
    class Attach {
        @Test
        void refusesAnUnknownLinkAndNamesTheKnown() throws RequestException {
            refused(StatusCode.NOT_FOUND, () -> inventory.attach("tap9", 21), "link=tap9", "vlink-qemu");
            inventory.register(request, 11, false);
            refused(StatusCode.NOT_FOUND, () -> inventory.attach("tap9", 21), "link=tap9",
                    "known=tap1,tap2: name one of these");
        }

        @Test
        void refusesALinkThatIsTaken() throws RequestException {
            inventory.register(request, 11, false);
            inventory.attach("tap1", 21);
            refused(StatusCode.BUSY, () -> inventory.attach("tap1", 22), "link=tap1", "pid=21");
        }

        @Test
        void givesTheLinkToTheNextDriverWithAnEpochThatNeverGoesBack() throws RequestException {
            inventory.register(request, 11, false);
            Attachment attachment = inventory.attach("tap2", 21);
            List<Fd> fds = attachment.link().descriptors();
            try (Mapping record = TestDomains.map(fds.get(2)); Mapping channels = TestDomains.map(fds.get(1))) {
                long control = record.segment().get(ValueLayout.JAVA_LONG, RECORD_CONTROL_CHANNEL);
                assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_DRIVER)).isEqualTo(21);
                record.segment().set(ValueLayout.JAVA_LONG, RECORD_HOST_LANE, EPOCH_7 | EPOCH_7_INITIALIZED_LOW);
                // What stands in the guest's reach is not believed.
                channels.segment().set(ValueLayout.JAVA_LONG, control + CONTROL_HOST_LANE, 1L << 32);
                inventory.detach(attachment);
                assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_DRIVER)).isZero();
                assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_HOST_LANE)).isEqualTo(EPOCH_7);
                assertThat(channels.segment().get(ValueLayout.JAVA_LONG, control + CONTROL_HOST_LANE))
                        .isEqualTo(EPOCH_7);
            }
            inventory.attach("tap2", 22);
        }
    }

    @Nested
    class Device {
        @Test
        void clearsTheGuestLaneWhenItIsResetOrGone() throws RequestException {
            inventory.register(request, 11, false);
            Link link = inventory.attach("tap1", 21).link();
            try (Mapping record = TestDomains.map(link.descriptors().get(2));
                    Mapping channels = TestDomains.map(link.descriptors().get(1))) {
                long guestLane = record.segment().get(ValueLayout.JAVA_LONG, RECORD_CONTROL_CHANNEL)
                        + CONTROL_GUEST_LANE;
                DeviceServer.Listener device = devices.open.get("vm1");
                device.connected();
                assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_DEVICE)).isEqualTo(1);
                channels.segment().set(ValueLayout.JAVA_LONG, guestLane, EPOCH_7 | EPOCH_7_INITIALIZED_LOW);
                device.reset();
                assertThat(channels.segment().get(ValueLayout.JAVA_LONG, guestLane)).isZero();
                assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_DEVICE)).isEqualTo(1);
                channels.segment().set(ValueLayout.JAVA_LONG, guestLane, EPOCH_7 | EPOCH_7_INITIALIZED_LOW);
                device.disconnected();
                assertThat(channels.segment().get(ValueLayout.JAVA_LONG, guestLane)).isZero();
                assertThat(record.segment().get(ValueLayout.JAVA_LONG, RECORD_DEVICE)).isZero();
            }
        }

        @Test
        void regressionAnAgentThatStopsDoesNotEndTheEpochOfADriverAndAGuestThatGoOn() throws RequestException {
            inventory.register(request, 11, false);
            Attachment attachment = inventory.attach("tap1", 21);
            try (Mapping record = TestDomains.map(attachment.link().descriptors().get(2));
                    Mapping channels = TestDomains.map(attachment.link().descriptors().get(1))) {
                long control = record.segment().get(ValueLayout.JAVA_LONG, RECORD_CONTROL_CHANNEL);
                long running = EPOCH_7 | EPOCH_7_INITIALIZED_LOW;
                devices.open.get("vm1").connected();
                channels.segment().set(ValueLayout.JAVA_LONG, control + CONTROL_HOST_LANE, running);
                channels.segment().set(ValueLayout.JAVA_LONG, control + CONTROL_GUEST_LANE, running);
                inventory.leaveLanesAlone();
                inventory.detach(attachment);
                devices.open.get("vm1").disconnected();
                inventory.close();
                assertThat(channels.segment().get(ValueLayout.JAVA_LONG, control + CONTROL_HOST_LANE))
                        .isEqualTo(running);
                assertThat(channels.segment().get(ValueLayout.JAVA_LONG, control + CONTROL_GUEST_LANE))
                        .isEqualTo(running);
            }
        }
    }

    @Nested
    class Withdraw {
        @Test
        void keepsTheMemoryForDriversAndBringsItBackForTheSameDomain() throws RequestException {
            Domain domain = inventory.register(request, 11, false);
            Attachment attachment = inventory.attach("tap1", 21);
            devices.open.get("vm1").connected();
            inventory.withdraw(domain);
            assertThat(report()).contains("\"state\":\"gone\"").contains("\"driverPid\":21");
            DomainRequest changed = TestDomains.request("vm1", "tap1 52:54:00:00:00:01 3 queue_size=128");
            refused(StatusCode.BUSY, () -> inventory.register(changed, 12, false), "link=tap1", "pid=21");
            Domain back = inventory.register(request, 12, false);
            assertThat(back).isSameAs(domain);
            assertThat(report()).contains("\"state\":\"registered\"").contains("\"driverPid\":21");
            inventory.detach(attachment);
            assertThat(report()).contains("\"poolBytes\":1572864");
        }

        @Test
        void ignoresALateEventOfTheLastDeviceServer() throws RequestException {
            Domain domain = inventory.register(request, 11, false);
            inventory.attach("tap1", 21);
            DeviceServer.Listener last = devices.open.get("vm1");
            inventory.withdraw(domain);
            inventory.register(request, 12, false);
            devices.open.get("vm1").connected();
            last.disconnected();
            assertThat(report()).contains("\"state\":\"connected\"");
        }

        @Test
        void freesTheMemoryWithTheLastDriver() throws RequestException {
            Domain domain = inventory.register(request, 11, false);
            Attachment first = inventory.attach("tap1", 21);
            Attachment second = inventory.attach("tap2", 22);
            inventory.withdraw(domain);
            inventory.withdraw(domain);
            inventory.detach(first);
            assertThat(report()).contains("\"name\":\"vm1\"");
            inventory.detach(second);
            inventory.detach(second);
            assertThat(report()).contains("\"domains\":[]").contains("\"poolBytes\":0");
            assertThat(inventory.register(request, 12, false)).isNotSameAs(domain);
        }

        @Test
        void mendsWhatAGuestScribbledOverTheDescriptionsWhenItsDeviceIsResetOrGone() throws RequestException {
            Domain domain = inventory.register(request, 11, false);
            MemorySegment descriptions = domain.channelMemory().asSlice(0x40, 0x840);
            byte[] before = descriptions.toArray(ValueLayout.JAVA_BYTE);
            byte[] header = domain.channelMemory().asSlice(0, 0x18).toArray(ValueLayout.JAVA_BYTE);
            DeviceServer.Listener device = devices.open.get("vm1");
            device.connected();
            for (Runnable end : List.<Runnable>of(device::reset, device::disconnected)) {
                domain.channelMemory().asSlice(0, 4_096).fill((byte) 0xff);
                end.run();
                assertThat(descriptions.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(before);
                assertThat(domain.channelMemory().asSlice(0, 0x18).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(header);
            }
        }

        @Test
        void mendsWhatTheLastGuestScribbledOverTheDescriptions() throws RequestException {
            Domain domain = inventory.register(request, 11, false);
            inventory.attach("tap1", 21);
            byte[] before = domain.channelMemory().asSlice(0, 4_096).toArray(ValueLayout.JAVA_BYTE);
            domain.channelMemory().asSlice(0, 4_096).fill((byte) 0x5a);
            inventory.withdraw(domain);
            inventory.register(request, 12, false);
            assertThat(domain.channelMemory().asSlice(0, 0x880).toArray(ValueLayout.JAVA_BYTE))
                    .startsWith(java.util.Arrays.copyOf(before, 0x18));
            assertThat(domain.channelMemory().asSlice(0x40, 0x840).toArray(ValueLayout.JAVA_BYTE))
                    .isEqualTo(java.util.Arrays.copyOfRange(before, 0x40, 0x880));
        }
    }

    @Test
    void showsAGuestThatLiesAboutItsCountersOnItsOwnLinkOnly() throws RequestException {
        inventory.register(request, 11, false);
        Link link = inventory.attach("tap1", 21).link();
        String whole = "\"ledger\":{\"free\":512,\"lent\":0,\"held\":0,\"unknown\":0,\"complete\":true}";
        assertThat(report()).as("no epoch has been").contains("\"holds\":null", whole)
                .doesNotContain("\"holds\":true", "\"holds\":false");
        beginEpoch(link, 7);
        assertThat(report()).contains("\"holds\":true", whole).doesNotContain("\"holds\":false");
        try (Mapping channels = TestDomains.map(link.descriptors().get(1))) {
            // Nothing was ever sent to it; the counters of the first data channel follow its header.
            channels.segment().set(ValueLayout.JAVA_LONG, 0x2000 + 0x80, Long.MIN_VALUE);
        }
        String report = report();
        String lied = report.substring(report.indexOf("\"name\":\"tap1\""), report.indexOf("\"name\":\"tap2\""));
        int otherDirection = lied.indexOf("\"guestToHost\"");
        assertThat(lied).contains("\"hostToGuest\":{\"sent\":0,\"received\":-9223372036854775808,", whole);
        assertThat(lied.substring(0, otherDirection)).contains("\"holds\":false");
        assertThat(lied.substring(otherDirection)).contains("\"holds\":true");
        assertThat(report.substring(report.indexOf("\"name\":\"tap2\""))).contains("\"holds\":null")
                .doesNotContain("\"holds\":false");
    }

    /** What a driver writes; the epoch of a data channel is its counter 24 of 64 (SPEC.md appendix A). */
    private static void beginEpoch(Link link, long epoch) {
        try (Mapping record = TestDomains.map(link.descriptors().get(2))) {
            long counters = record.segment().get(ValueLayout.JAVA_LONG, 0x70);
            for (int channel = 0; channel < link.request().dataChannels(); channel++) {
                record.segment().set(ValueLayout.JAVA_LONG, counters + (channel * 64 + 24) * 8L, epoch);
            }
            record.segment().set(ValueLayout.JAVA_LONG, RECORD_HOST_LANE, epoch << 32);
        }
    }

    @Test
    void tellsDropsAndTheirReasonsOfTheEpochOnly() throws RequestException {
        inventory.register(request, 11, false);
        Link link = inventory.attach("tap1", 21).link();
        String before = report();
        try (Mapping record = TestDomains.map(link.descriptors().get(2))) {
            long counters = record.segment().get(ValueLayout.JAVA_LONG, 0x70);
            // By the numbers of SPEC.md appendix A: dropped and bad flags, now and when the epoch began.
            long[][] values = {{15, 9}, {18, 7}, {12, 12}, {23, 10}};
            for (long[] value : values) {
                record.segment().set(ValueLayout.JAVA_LONG, counters + value[0] * 8, value[1]);
            }
        }
        assertThat(before).doesNotContain("\"drop_bad_flags\":2");
        assertThat(report()).containsOnlyOnce("\"received\":0,\"dropped\":2,")
                .containsOnlyOnce("\"drop_bad_flags\":2}");
    }

    private long dataChannelOffset(Link link) throws RequestException {
        ChannelPlan plan = ChannelPlan.of(request);
        return plan.channels().get(plan.controlChannel(link.index()) + 1).offset();
    }

    @Test
    void tellsWhatAGuestSaysThatItDropped() throws RequestException {
        inventory.register(request, 11, false);
        Link link = inventory.attach("tap1", 21).link();
        long at = dataChannelOffset(link);
        link.domain().channels().segment().set(ValueLayout.JAVA_LONG,
                at + io.vlink.spec.channel.GuestCounter.RX_BAD_DESCRIPTORS.offset(), 3);
        assertThat(report()).containsOnlyOnce("\"received\":0,\"dropped\":3,")
                .containsOnlyOnce("\"reasons\":{\"rx_bad_descriptors\":3}");
    }

    @Test
    void namesTheQuarantineOfAChannelAndOfNoOther() throws RequestException {
        inventory.register(request, 11, false);
        Link link = inventory.attach("tap1", 21).link();
        beginEpoch(link, 7);
        String unharmed = "\"channel\":1,\"quarantine\":null,";
        assertThat(report()).contains("\"channel\":2,\"quarantine\":null,").doesNotContain("\"quarantined\":1");
        try (Mapping record = TestDomains.map(link.descriptors().get(2))) {
            // The second data channel's QUARANTINED and QUARANTINE_REASON, by the numbers of SPEC.md appendix A.
            long counters = record.segment().get(ValueLayout.JAVA_LONG, 0x70) + 64 * 8;
            record.segment().set(ValueLayout.JAVA_LONG, counters + 13 * 8, 1);
            List<String> names = List.of("rx_position", "tx_position", "alloc_position", "free_position",
                    "bad_descriptors");
            for (int reason = 1; reason <= names.size(); reason++) {
                record.segment().set(ValueLayout.JAVA_LONG, counters + 25 * 8, reason);
                String named = "\"channel\":2,\"quarantine\":\"" + names.get(reason - 1) + "\",";
                assertThat(report()).containsOnlyOnce(named).containsOnlyOnce("\"quarantine\":\"")
                        .containsOnlyOnce("\"quarantined\":1").contains(unharmed);
            }
            record.segment().set(ValueLayout.JAVA_LONG, counters + 13 * 8, 0);
            record.segment().set(ValueLayout.JAVA_LONG, counters + 25 * 8, 0);
        }
        assertThat(report()).as("a new epoch has ended it").contains(unharmed, "\"channel\":2,\"quarantine\":null,")
                .doesNotContain("\"quarantined\":1");
    }

    @Test
    void countsWhoHasTheBuffersByTheLedger() throws RequestException {
        inventory.register(request, 11, false);
        Link link = inventory.attach("tap2", 21).link();
        try (Mapping record = TestDomains.map(link.descriptors().get(2))) {
            long ledger = record.segment().get(ValueLayout.JAVA_LONG, 0x68);
            record.segment().set(ValueLayout.JAVA_LONG, ledger, 0x0005_0100_0000_0007L);
            record.segment().set(ValueLayout.JAVA_LONG, ledger + 8, 0x0005_0000_0000_0000L);
            assertThat(report()).contains("{\"free\":254,\"lent\":1,\"held\":1,\"unknown\":0,\"complete\":true}");
            record.segment().set(ValueLayout.JAVA_LONG, ledger, 0xff00_0000_0000L);
            assertThat(report()).contains("{\"free\":254,\"lent\":0,\"held\":1,\"unknown\":1,\"complete\":false}");
        }
    }

    @Test
    void refusesEverythingOnceItIsClosed() {
        inventory.close();
        refused(StatusCode.FAILED, () -> inventory.register(request, 11, false), "stopping");
        assertThatThrownBy(() -> inventory.attach("tap1", 21)).isInstanceOf(RequestException.class);
    }

    private String report() {
        return inventory.report(new ReportWriter.AgentFacts(1, "test", "/nowhere", 0));
    }

    /** Each link's own description, too, which stands behind the directory: places as in SPEC.md. */
    @Test
    void mendsTheDescriptionsOfTheChannelsThemselves() throws RequestException {
        Domain domain = inventory.register(request, 11, false);
        List<MemorySegment> described = new ArrayList<>();
        for (String name : List.of("tap1", "tap2")) {
            Link link = inventory.attach(name, 21).link();
            try (Mapping record = TestDomains.map(link.descriptors().get(2))) {
                long control = record.segment().get(ValueLayout.JAVA_LONG, RECORD_CONTROL_CHANNEL);
                described.add(domain.channelMemory().asSlice(control, 0x4e)); // magic to MAC address
                described.add(domain.channelMemory().asSlice(control + 0x50, 0x60 - 0x50));
                for (int queue = 0; queue < link.request().dataChannels(); queue++) {
                    described.add(domain.channelMemory().asSlice(control + 0x60 + queue * 4L, 4));
                    long data = record.segment().get(ValueLayout.JAVA_LONG, RECORD_CONTROL_CHANNEL + 8 + queue * 8L);
                    described.add(domain.channelMemory().asSlice(data, 0x10)); // magic to queue size
                }
            }
        }
        List<byte[]> before = described.stream().map(each -> each.toArray(ValueLayout.JAVA_BYTE)).toList();
        assertThat(new String(before.getFirst(), 8, 4, StandardCharsets.US_ASCII)).isEqualTo("tap1");
        DeviceServer.Listener device = devices.open.get("vm1");
        device.connected();
        for (Runnable end : List.<Runnable>of(device::reset, device::disconnected)) {
            // All but the magic, and then all: a guest that leaves it as it was is no better.
            for (int from : new int[]{4, 0}) {
                described.forEach(each -> each.asSlice(Math.min(from, each.byteSize() - 4)).fill((byte) 0x5a));
                end.run();
                for (int i = 0; i < before.size(); i++) {
                    assertThat(described.get(i).toArray(ValueLayout.JAVA_BYTE)).as("part %d", i)
                            .isEqualTo(before.get(i));
                }
            }
        }
    }

    /** A table is made of the region's seed and nothing else, and the seed is no place in the agent's memory. */
    @Test
    void makesBusAddressesOfNothingButARandomSeed() throws RequestException {
        Region region = inventory.register(request, 11, false).region();
        long[] expected = BusAddresses.shuffled(region.pageCount(), region.pageShift(),
                new SplittableRandom(region.seed()));
        for (int page = 0; page < expected.length; page++) {
            assertThat(region.busAddress(page)).isEqualTo(expected[page]);
        }
        assertThat(region.seed()).isNotEqualTo(region.segment().address());
    }
}
