// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.ProgramProcess;
import io.vlink.agent.VirtComputeMain;
import io.vlink.agent.tools.AgentClient;
import io.vlink.agent.tools.DeviceOption;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.linkconfig.LinkConfig;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import io.vlink.spec.pci.BarShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a guest can reach, of a real agent with several domains: its own group's packets, its own channels, and nothing else,
 * neither to read nor to write (docs/threat-model.md).
 */
class IsolationTest {
    private static final int REGION_BYTES = 4 << 20;
    private static final byte SECRET = 0x5a;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private RunDirectory directory;
    private AgentClient tool;

    @AfterEach
    void stop() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    private void startAgent(String... options) throws IOException {
        directory = new RunDirectory(folder.resolve("run" + options.length));
        List<String> arguments = new ArrayList<>(List.of("--no-huge", "--memory", "4M", "--keeper=no", "--run-dir",
                directory.path().toString()));
        arguments.addAll(List.of(options));
        opened(ProgramProcess.start(folder, Map.of(), VirtComputeMain.class, arguments.toArray(String[]::new)))
                .awaitOutput("virt_compute ready");
        tool = opened(new AgentClient(directory, Role.TOOL));
    }

    /** Registers a domain with one link, which is named after it. */
    private Path register(String name, String trustGroup) {
        DeviceOption option = new DeviceOption(name, Path.of("unused"), BarShape.BAR32, trustGroup, OptionalInt.empty(),
                Map.of());
        String mac = "52:54:00:00:%02x:%02x".formatted((int) name.charAt(0), (int) name.charAt(name.length() - 1));
        return Path.of(tool.register(option,
                LinkConfig.parseLines("test", List.of("tap-" + name + " " + mac + " 3 queue_size=64"))));
    }

    private ReachableDevice device(String name, String trustGroup) {
        return opened(new ReachableDevice(register(name, trustGroup)));
    }

    /** The three memories of a domain's link, as its driver has them: region, channel memory, link record. */
    private List<Fd> attach(String name) {
        ControlConnection connection = opened(directory.connect());
        List<Fd> fds = connection.request(ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK)
                .addText(TlvType.LINK_NAME, "tap-" + name).build(), 3, LIMIT).fds();
        fds.forEach(this::opened);
        return fds;
    }

    private Mapping map(Fd fd) {
        try (SharedMemory memory = SharedMemory.adopt(fd.duplicate())) {
            return opened(memory.map(Protection.READ_WRITE));
        }
    }

    /** Which memory it is: the kernel numbers memory as it numbers files. */
    private static Object key(Fd fd) {
        try {
            return Files.readAttributes(Path.of("/proc/self/fd/" + fd.number()), BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Object> keys(List<Fd> fds) {
        return fds.stream().map(IsolationTest::key).toList();
    }

    private void fillMemoriesOf(String name) {
        List<Fd> fds = attach(name);
        map(fds.get(0)).segment().fill(SECRET);
        map(fds.get(1)).segment().fill(SECRET);
    }

    @Test
    void handsOutTheGroupsRegionAndTheDomainsChannelsAndNoOtherMemory() throws IOException {
        startAgent();
        Map<String, String> groupOfDomain = Map.of("alone", "", "other", "", "red1", "red", "red2", "red");
        Map<String, List<Object>> reachable = new HashMap<>();
        List<Object> records = new ArrayList<>();
        groupOfDomain.forEach((name, group) -> {
            ReachableDevice device = device(name, group);
            assertThat(device.fds).as("BARs with memory").containsOnlyKeys(ReachableDevice.REGION,
                    ReachableDevice.CHANNELS);
            List<Fd> got = List.of(device.fds.get(ReachableDevice.REGION), device.fds.get(ReachableDevice.CHANNELS));
            List<Object> ofDriver = keys(attach(name));
            assertThat(keys(got)).isEqualTo(ofDriver.subList(0, 2));
            reachable.put(name, keys(got));
            records.add(ofDriver.get(2));
            assertThat(device.region.segment().byteSize()).isEqualTo(REGION_BYTES);
            assertThat(device.channels.segment().getString(0x40)).isEqualTo(name);
            got.forEach(IsolationTest::assertCannotBeResized);
        });
        assertThat(reachable.get("red1").get(0)).isEqualTo(reachable.get("red2").get(0));
        assertThat(reachable.values().stream().flatMap(List::stream).distinct()).as("3 regions, 4 channel memories")
                .hasSize(7).doesNotContainAnyElementsOf(records);
    }

    private static void assertCannotBeResized(Fd fd) {
        SharedMemory.adopt(fd.duplicate()).close(); // which checks the seals
        Path file = Path.of("/proc/self/fd/" + fd.number());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertThatThrownBy(() -> channel.truncate(channel.size() - 4_096)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1), channel.size()))
                    .isInstanceOf(IOException.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void tellsAGuestTheSameWhoeverElseIsOrWasThere() throws IOException {
        startAgent();
        byte[] alone;
        byte[] packets;
        try (ReachableDevice device = new ReachableDevice(register("vm", ""))) {
            alone = device.everythingButPackets();
            packets = device.packets();
        }
        assertThat(packets).containsOnly(0);
        register("busy", "");
        register("red1", "red");
        register("red2", "red");
        List.of("busy", "red1", "red2").forEach(this::fillMemoriesOf);
        attach("vm");
        try (ReachableDevice device = new ReachableDevice(directory.deviceSocket("vm"))) {
            assertThat(device.everythingButPackets()).as("beside others").isEqualTo(alone);
            assertThat(device.packets()).as("packets beside others").isEqualTo(packets);
        }
    }

    @Test
    void givesADomainNothingOfTheOneBeforeItEvenIfThatStillMapsWhatItHad() throws IOException {
        startAgent();
        byte[] alone;
        try (ReachableDevice device = new ReachableDevice(register("vm", ""))) {
            alone = device.everythingButPackets();
        }
        unregister("vm");
        ReachableDevice before = device("before", "");
        before.scribble(SECRET);
        before.hangUp();
        unregister("before");
        ReachableDevice after = device("vm", "");
        assertThat(after.everythingButPackets()).isEqualTo(alone);
        assertThat(after.packets()).containsOnly(0);
        before.region.segment().fill(SECRET);
        before.channels.segment().fill(SECRET);
        assertThat(after.shows(SECRET)).as("what the last guest writes later").isFalse();
        after.region.segment().fill((byte) 1);
        assertThat(before.shows((byte) 1)).as("what the last guest reads later").isFalse();
    }

    private void unregister(String name) {
        // The agent takes a moment to see that a client has hung up.
        await().atMost(LIMIT).ignoreExceptions().until(() -> {
            tool.unregister(name);
            return true;
        });
    }

    @Test
    void changesNothingOutsideOfItsOwnMemoriesWhateverAGuestWrites() throws IOException {
        startAgent();
        Map<String, ReachableDevice> devices = new LinkedHashMap<>();
        devices.put("alone", device("alone", ""));
        devices.put("other", device("other", ""));
        devices.put("red1", device("red1", "red"));
        devices.put("red2", device("red2", "red"));
        Map<Object, Mapping> memories = new LinkedHashMap<>();
        for (String name : devices.keySet()) {
            for (Fd fd : attach(name)) {
                memories.put(key(fd), map(fd));
            }
        }
        assertThat(memories).as("3 regions, 4 channel memories, 4 link records").hasSize(11);
        for (String name : List.of("alone", "red1")) {
            ReachableDevice attacker = devices.get(name);
            List<Object> own = keys(List.copyOf(attacker.fds.values()));
            Map<Object, byte[]> before = new HashMap<>();
            memories.forEach((key, memory) -> before.put(key, memory.segment().toArray(ValueLayout.JAVA_BYTE)));
            attacker.scribble((byte) 0xff);
            attacker.scribble(SECRET);
            memories.forEach((key, memory) -> assertThat(own.contains(key)
                    || Arrays.equals(memory.segment().toArray(ValueLayout.JAVA_BYTE), before.get(key)))
                    .as("memory that %s has not: %s", name, key).isTrue());
            assertThat(own).as("what it wrote to").allSatisfy(key -> assertThat(
                    memories.get(key).segment().toArray(ValueLayout.JAVA_BYTE)).isNotEqualTo(before.get(key)));
        }
        assertThat(devices.get("other").busAddress(1)).as("a device that still answers").isEqualTo(2 << 20);
        assertThat(tool.report()).contains("\"name\":\"alone\"").contains("\"complete\":true")
                .doesNotContain("\"complete\":false");
    }

    @Test
    void namesPagesByTheirOffsetsAndOtherwiseByRandomNumbersOfEachRegion() throws IOException {
        startAgent();
        assertThat(table(device("vm1", ""))).isEqualTo(table(device("vm2", ""))).containsExactly(0L, 2L << 20);
        startAgent("--bus-addresses=random");
        assertThat(table(device("vm1", ""))).isNotEqualTo(table(device("vm2", ""))).doesNotHaveDuplicates()
                .allMatch(address -> address % (2 << 20) == 0 && address > 0 && address < 1L << 46);
        assertThat(table(device("vm3", "red"))).isEqualTo(table(device("vm4", "red")));
    }

    private static List<Long> table(ReachableDevice device) {
        return List.of(device.busAddress(0), device.busAddress(1));
    }

    /** The first region is not the only one: others go with their groups, and so must what was in them. */
    @Test
    void givesNobodyTheRegionOfAnotherGroupAlsoOfThoseBesideTheFirst() throws IOException {
        startAgent();
        device("first", "");
        ReachableDevice before = device("before", "");
        before.scribble(SECRET);
        before.hangUp();
        unregister("before");
        ReachableDevice after = device("vm", "");
        assertThat(after.packets()).containsOnly(0);
        before.region.segment().fill(SECRET);
        before.channels.segment().fill(SECRET);
        assertThat(after.shows(SECRET)).as("what the last guest writes later").isFalse();
    }

    @Test
    void aDomainThatIsAloneIsNotInTheGroupThatHasItsName() throws IOException {
        startAgent();
        ReachableDevice member = device("member", "red");
        ReachableDevice alone = device("red", "");
        assertThat(key(alone.fds.get(ReachableDevice.REGION)))
                .isNotEqualTo(key(member.fds.get(ReachableDevice.REGION)));
    }

    /** Records as they are while drivers run, so that what says nothing in a fresh one shows here. */
    @Test
    void changesNothingInTheRecordOfARunningDriverWhateverAGuestWrites() throws IOException {
        startAgent();
        ReachableDevice attacker = device("alone", "");
        Mapping record = map(attach("alone").get(2));
        // The host's own copy of its lane word: epoch 7 runs.
        record.segment().set(ValueLayout.JAVA_LONG, 0x280, 0x7_12345602L);
        byte[] before = record.segment().toArray(ValueLayout.JAVA_BYTE);
        attacker.scribble((byte) 0xff);
        attacker.scribble(SECRET);
        assertThat(record.segment().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(before);
    }

    /** Another agent has its memory elsewhere, so an address of the host would differ. */
    @Test
    void tellsAGuestTheSameWhereverTheAgentsMemoryIs() throws IOException {
        startAgent();
        byte[] first = device("vm", "").everythingButPackets();
        startAgent("--bus-addresses=offsets");
        assertThat(device("vm", "").everythingButPackets()).isEqualTo(first);
    }
}
