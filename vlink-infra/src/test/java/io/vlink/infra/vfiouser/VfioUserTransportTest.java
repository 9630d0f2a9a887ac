// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.vfiouser.VfioUserCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VfioUserTransportTest {
    private final UnixConnection[] ends = UnixConnection.pair();
    private final VfioUserTransport transport = new VfioUserTransport(ends[0]);
    private final Fd event = Fd.eventFd();

    @AfterEach
    void release() {
        ends[0].close();
        ends[1].close();
        event.close();
    }

    @ParameterizedTest
    @CsvSource({"0100 0400 0f000000 00000000 00000000, message size must be 16 to 1052672: size=15",
            "0100 0400 01101000 00000000 00000000, message size must be 16 to 1052672: size=1052673",
            "0100 0400 ffffffff 00000000 00000000, message size must be 16 to 1052672: size=4294967295",
            "0100 0400 10000000 02000000 00000000, message type must be 0 (command) or 1 (reply): type=2",
            "0100 0400 11000000 00000000 00000000, stream must not end inside a message: missing=1",
            "0100 0400 11000000 00000000 000000, stream must not end inside a message: missing=1"})
    void refusesAStreamThatCannotBeCutAndClosesWhatItCarried(String hex, String why) {
        long before = eventFds();
        sendRaw(hex, List.of(event));
        ends[1].close();
        assertThatExceptionOfType(VfioUserProtocolException.class).isThrownBy(transport::receive).withMessage(why);
        await().pollDelay(Duration.ZERO).untilAsserted(() -> assertThat(eventFds()).isEqualTo(before));
    }

    @Test
    void refusesMoreDescriptorsThanAMessageMayCarry() {
        long before = eventFds();
        sendRaw("0100 0400 10000000 00000000 00000000", Collections.nCopies(9, event));
        assertThatExceptionOfType(VfioUserProtocolException.class).isThrownBy(transport::receive)
                .withMessage("message must carry at most 8 descriptors: fds=9");
        assertThat(eventFds()).isEqualTo(before);
    }

    @Test
    void refusesToSendWhatAPeerWouldRefuse() {
        var tooLarge = VfioUserMessage.command(1, VfioUserCommand.REGION_WRITE, new byte[(1 << 20) + 4_096], List.of());
        assertThatIllegalArgumentException().isThrownBy(() -> transport.send(tooLarge));
        var tooMany = VfioUserMessage.command(1, VfioUserCommand.DEVICE_SET_IRQS, new byte[0],
                Collections.nCopies(9, event));
        assertThatIllegalArgumentException().isThrownBy(() -> transport.send(tooMany));
    }

    @Test
    void isNullAtACleanEndOfStream() {
        ends[1].close();
        assertThat(transport.receive()).isNull();
    }

    @Test
    void keepsUnknownCommandsFlagsAndErrors() {
        sendRaw("feff ff7f 14000000 31000080 16000000 01020304", List.of());
        try (VfioUserMessage message = transport.receive()) {
            assertThat(message.id()).isEqualTo(0xfffe);
            assertThat(message.command()).isEqualTo(0x7fff);
            assertThat(message.isReply()).isTrue();
            assertThat(message.isError()).isTrue();
            assertThat(message.wantsReply()).isFalse();
            assertThat(message.error()).isEqualTo(22);
            assertThat(message.payload()).containsExactly(1, 2, 3, 4);
            assertThat(message.commandName()).isEqualTo("#32767");
        }
    }

    @Test
    void showsAMessageThatAnotherTransportOfTheSameSocketFindsAgain() {
        sendRaw("0100 0900 12000000 00000000 00000000 0102 0200 0900 10000000 00000000 00000000", List.of());
        for (int look = 0; look < 2; look++) {
            assertThat(transport(ends[0]).peek(18).payload()).containsExactly(1, 2);
        }
        transport.skip(transport.peek(18));
        VfioUserMessage second = transport.peek(16);
        assertThat(second.id()).isEqualTo(2);
        transport.skip(second);
        assertThat(ends[0].readable(0)).isFalse();
    }

    @Test
    void showsNoMessageThatMayHaveDescriptors() {
        long before = eventFds();
        sendRaw("0100 0400 10000000 00000000 00000000", List.of());
        assertThat(transport.peek(16).id()).isEqualTo(1);
        sendRaw("0200 0800 10000000 00000000 00000000", List.of(event));
        assertThat(transport.peek(16)).as("Linux tells of the descriptor behind").isNull();
        transport.receive().close();
        assertThat(transport.peek(16)).isNull();
        try (VfioUserMessage second = transport.receive()) {
            assertThat(second.fds()).hasSize(1);
        }
        assertThat(eventFds()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"0100 0400 10000000 00000000 000000, 4096", "0100 0400 12000000 00000000 00000000 01, 4096",
            "0100 0400 0f000000 00000000 00000000, 4096", "0100 0400 10000000 02000000 00000000, 4096",
            "0100 0400 12000000 00000000 00000000 0102, 17"})
    void showsNothingOfWhatIsNotWholeOrTooLongOrNoMessage(String hex, int limit) {
        sendRaw(hex, List.of());
        assertThat(transport.peek(limit)).isNull();
        assertThat(ends[0].readable(0)).isTrue();
    }

    private static VfioUserTransport transport(UnixConnection connection) {
        return new VfioUserTransport(connection);
    }

    @Test
    void sendsHeaderAndPayloadInOnePieceWithTheDescriptors() {
        transport.send(VfioUserMessage.command(0x1234, VfioUserCommand.DMA_MAP, new byte[]{9, 8}, List.of(event)));
        byte[] bytes = new byte[64];
        List<Fd> fds = new ArrayList<>();
        int count = ends[1].receive(bytes, 0, bytes.length, fds, 8);
        assertThat(HexFormat.of().formatHex(bytes, 0, count)).isEqualTo("34120200120000000000000000000000" + "0908");
        assertThat(fds).hasSize(1);
        fds.forEach(Fd::close);
        assertThat(event.isOpen()).as("the sender's own descriptor").isTrue();
    }

    @Test
    void carriesTheLargestMessageInBothDirections() {
        byte[] data = new byte[1 << 20];
        data[data.length - 1] = 0x55;
        var peer = new VfioUserTransport(ends[1]);
        Thread sender = Thread.ofPlatform()
                .start(() -> peer.send(VfioUserMessage.command(7, VfioUserCommand.REGION_WRITE, data, List.of(event))));
        try (VfioUserMessage message = transport.receive()) {
            assertThat(message.payload()).isEqualTo(data);
            assertThat(message.fds()).hasSize(1);
            transport.send(message.errorReply(5));
        }
        await().until(() -> !sender.isAlive());
        try (VfioUserMessage reply = peer.receive()) {
            assertThat(reply.id()).isEqualTo(7);
            assertThat(reply.isError()).isTrue();
            assertThat(reply.error()).isEqualTo(5);
        }
    }

    private void sendRaw(String hex, List<Fd> fds) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        ends[1].send(bytes, 0, bytes.length, fds);
    }

    private static long eventFds() {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.filter(VfioUserTransportTest::isEventFd).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isEventFd(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString().contains("eventfd");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
