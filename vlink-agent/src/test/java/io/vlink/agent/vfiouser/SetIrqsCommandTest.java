// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.SET_IRQS;
import static io.vlink.agent.vfiouser.RawVfioUserClient.setIrqs;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Fd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SetIrqsCommandTest extends CommandTest {
    private static final int NONE_TRIGGER = 0x21;
    private static final int BOOL_TRIGGER = 0x22;
    private static final int EVENTFD_TRIGGER = 0x24;
    private static final int NONE_UNMASK = 0x11;
    private static final int NONE_MASK = 0x09;
    private static final int EVENTFD_MASK = 0x0c;
    private static final int EVENTFD_UNMASK = 0x14;
    private static final int INTERRUPT_ENABLE = 0x10;
    private static final int INTERRUPT_STATUS = 0x54;

    private boolean connected;

    @Override
    int descriptorsTheDeviceKeeps() {
        return connected ? 1 : 0;
    }

    @Test
    void refusesAPayloadThatIsTooShort() {
        client.request(SET_IRQS, words(20, EVENTFD_TRIGGER, 0, 0), eventFd()).failed(EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {19, 21, 0, -1})
    void refusesAnArgszThatIsNotThePayload(int argsz) {
        client.request(SET_IRQS, words(argsz, EVENTFD_TRIGGER, 0, 0, 1), eventFd()).failed(EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x20, 0x04, 0x44 | 0x20, 0x27, 0x3c, 0x80000024})
    void refusesFlagsThatAreUnknownOrNotOneOfEach(int flags) {
        client.request(SET_IRQS, setIrqs(flags, 0, 0, 1), eventFd()).failed(EINVAL);
    }

    @ParameterizedTest
    @CsvSource({"5, 0, 1", "-1, 0, 1", "0, 1, 1", "0, 0, 2", "0, -1, 2", "0, 0, -1", "1, 0, 1", "2, 0, 1", "0, 1, 0"})
    void refusesInterruptsThatDoNotExist(int index, int start, int count) {
        client.request(SET_IRQS, setIrqs(EVENTFD_TRIGGER, index, start, count), eventFd()).failed(EINVAL);
        client.request(SET_IRQS, setIrqs(NONE_UNMASK, index, start, count)).failed(EINVAL);
    }

    @Test
    void refusesMoreEventfdsThanInterrupts() {
        client.request(SET_IRQS, setIrqs(EVENTFD_TRIGGER, 0, 0, 1), eventFds(2)).failed(EINVAL);
    }

    @Test
    void refusesDescriptorsWithoutDataEventfd() {
        client.request(SET_IRQS, setIrqs(NONE_TRIGGER, 0, 0, 1), eventFd()).failed(EINVAL);
    }

    @Test
    void refusesADescriptorThatIsNoEventfd() {
        client.request(SET_IRQS, setIrqs(EVENTFD_TRIGGER, 0, 0, 1), ours(Fd.open(Path.of("/dev/null"), true)))
                .failed(EINVAL);
    }

    @Test
    void refusesAnEventfdForMasking() {
        client.request(SET_IRQS, setIrqs(EVENTFD_MASK, 0, 0, 1), eventFd()).failed(EINVAL);
    }

    @Test
    void refusesBooleansThatDoNotMatchTheCount() {
        client.request(SET_IRQS, setIrqs(BOOL_TRIGGER, 0, 0, 1)).failed(EINVAL);
        client.request(SET_IRQS, setIrqs(NONE_TRIGGER, 0, 0, 0x7fff_ffff)).failed(EINVAL);
    }

    @Test
    void disablesIndicesWithAndWithoutInterrupts() {
        connect(eventFd());
        for (int index = 0; index < 3; index++) {
            client.request(SET_IRQS, setIrqs(NONE_TRIGGER, index, 0, 0)).succeeded();
        }
        connected = false;
    }

    @Test
    void takesTheEventfdBackWhereNoneComesAlong() {
        connect(eventFd());
        client.request(SET_IRQS, setIrqs(EVENTFD_TRIGGER, 0, 0, 1)).succeeded();
        connected = false;
    }

    @Test
    void replacesAnEventfdWithoutKeepingTheOldOne() {
        Fd second = eventFd();
        connect(eventFd());
        connect(second);
        client.request(SET_IRQS, setIrqs(NONE_TRIGGER, 0, 0, 1)).succeeded();
        assertThat(taken(second)).isEqualTo(1);
    }

    @Test
    void signalsOnlyWhatTheBooleanSays() {
        Fd event = eventFd();
        connect(event);
        client.request(SET_IRQS, booleans((byte) 0)).succeeded();
        client.request(SET_IRQS, booleans((byte) 1)).succeeded();
        assertThat(taken(event)).isEqualTo(1);
    }

    @Test
    void raisesOnceUntilUnmaskedAndOnlyWhereEnabled() {
        Fd event = eventFd();
        connect(event);
        served.device.raiseInterrupt();
        client.register(INTERRUPT_ENABLE, 1);
        served.device.raiseInterrupt();
        assertThat(taken(event)).as("signals of an interrupt that was pending, then raised again while masked")
                .isEqualTo(1);
        client.request(SET_IRQS, setIrqs(NONE_UNMASK, 0, 0, 1)).succeeded();
        assertThat(taken(event)).as("signals on unmasking, still asserted").isEqualTo(1);
        assertThat(client.register(INTERRUPT_STATUS)).isEqualTo(1);
        assertThat(client.register(INTERRUPT_STATUS)).as("status after it was read").isZero();
        client.request(SET_IRQS, setIrqs(NONE_MASK, 0, 0, 1)).succeeded();
        served.device.raiseInterrupt();
        client.request(SET_IRQS, setIrqs(NONE_TRIGGER, 0, 0, 1)).succeeded();
        assertThat(taken(event)).as("signals while masked: the client's own test only").isEqualTo(1);
    }

    @Test
    void signalsEveryTimeWhereTheClientUnmasksByEventfd() {
        Fd event = eventFd();
        connect(event);
        client.request(SET_IRQS, setIrqs(EVENTFD_UNMASK, 0, 0, 1), eventFd()).succeeded();
        client.register(INTERRUPT_ENABLE, 1);
        served.device.raiseInterrupt();
        served.device.raiseInterrupt();
        assertThat(taken(event)).isEqualTo(2);
    }

    private void connect(Fd event) {
        client.request(SET_IRQS, setIrqs(EVENTFD_TRIGGER, 0, 0, 1), event).succeeded();
        connected = true;
    }

    private static byte[] booleans(byte value) {
        byte[] payload = Arrays.copyOf(words(21, BOOL_TRIGGER, 0, 0, 1), 21);
        payload[20] = value;
        return payload;
    }

    /** How often an eventfd was signalled since it was last asked; it must have been. */
    private static long taken(Fd event) {
        byte[] count = new byte[8];
        assertThat(event.read(count)).isEqualTo(8);
        return ByteBuffer.wrap(count).order(ByteOrder.nativeOrder()).getLong();
    }
}
