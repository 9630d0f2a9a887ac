// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.agent.device.BarMemory;
import io.vlink.agent.device.DeviceAccessException;
import io.vlink.agent.device.DeviceEvents;
import io.vlink.agent.device.DeviceMemory;
import io.vlink.agent.device.DeviceModel;
import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.vfiouser.VfioUserCommand;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Any sequence of commands to a device is answered or refused; the device still answers, and no descriptor is left. */
class CommandTableFuzzTest {
    private static final VfioUserCommand[] COMMANDS = VfioUserCommand.values();
    private static final DeviceEvents NOBODY = new DeviceEvents() {
        @Override
        public void connected() {
            // Nobody to tell, here and below.
        }

        @Override
        public void disconnected() {
            // See above.
        }

        @Override
        public void reset() {
            // See above.
        }

        @Override
        public void doorbell(int link) {
            // See above.
        }
    };
    private static SharedMemory region;
    private static SharedMemory channels;
    private static Mapping regionMapping;
    private static Mapping channelMapping;

    @BeforeAll
    static void share() {
        region = SharedMemory.create("fuzz-region", ServedDevice.REGION_BYTES, PageSize.ORDINARY);
        channels = SharedMemory.create("fuzz-channels", ServedDevice.CHANNEL_BYTES, PageSize.ORDINARY);
        regionMapping = region.map(Protection.READ_WRITE);
        channelMapping = channels.map(Protection.READ_WRITE);
    }

    @AfterAll
    static void close() {
        regionMapping.close();
        channelMapping.close();
        region.close();
        channels.close();
    }

    @FuzzTest(maxDuration = "1m")
    void answersOrRefuses(byte[] commands) {
        long before = OpenDescriptors.count();
        ByteBuffer script = ByteBuffer.wrap(commands);
        PciVlinkDevice device = new PciVlinkDevice(new DeviceModel(BarShape.BAR32, 21, List.of(0L, 0x20_0000L),
                new BarMemory(region.fd(), regionMapping.segment()),
                new BarMemory(channels.fd(), channelMapping.segment()), List.of(0), 3), NOBODY,
                DeviceMemory.ofThisProcess());
        CommandTable table = new CommandTable(device, ClientMemory.ofThisProcess(), eventFd -> {
        });
        while (script.remaining() >= 3) {
            int command = script.get() & 0xff;
            int fds = script.get() & 0xff;
            byte[] payload = new byte[Math.min(script.get() & 0xff, script.remaining())];
            script.get(payload);
            // Most of what a client sends is a command that exists.
            ask(table, command < 0xf0 ? COMMANDS[command % COMMANDS.length].code() : command, fds, payload);
        }
        assertThat(device.read(PciVlinkDevice.CONFIGURATION_REGION, 0, 4)).containsExactly(0xcc, 0xcc, 0x22, 0x22);
        device.disconnect();
        assertThat(OpenDescriptors.count()).isEqualTo(before);
    }

    private static void ask(CommandTable table, int command, int fds, byte[] payload) {
        List<Fd> sent = IntStream.range(0, fds % 3).mapToObj(i -> fds < 0x80 ? Fd.eventFd() : memory()).toList();
        try (VfioUserMessage request = new VfioUserMessage(1, command, 0, 0, payload, sent)) {
            Reply reply = table.handle(request);
            assertThat(reply.fds().size()).isLessThanOrEqualTo(1);
        } catch (VfioUserProtocolException | DeviceAccessException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n");
        }
    }

    private static Fd memory() {
        return region.fd().duplicate();
    }
}
