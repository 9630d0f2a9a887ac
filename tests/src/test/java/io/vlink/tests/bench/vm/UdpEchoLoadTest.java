// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.port.MacAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The closed loop over a real socket, with a small stand-in for QEMU and its guest at the other end. */
@Timeout(60)
class UdpEchoLoadTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final int WINDOW = 64;

    @TempDir
    private Path folder;

    private static UdpEchoFrame frame() {
        return new UdpEchoFrame(new MacAddress(0x52_54_00_00_99_01L), 64);
    }

    private UdpEchoRate runAgainst(EchoingBackEnd.Behaviour behaviour) throws IOException {
        Path socket = folder.resolve("net.sock");
        try (EchoingBackEnd backEnd = new EchoingBackEnd(socket, behaviour);
                UdpEchoLoad load = new UdpEchoLoad(socket, frame(), WINDOW)) {
            UdpEchoRate rate = load.run(SHORT);
            assertThat(rate.sent()).isEqualTo(backEnd.framesReceived());
            assertThat(rate.sent()).isEqualTo(rate.received() + rate.lost());
            return rate;
        }
    }

    @Test
    void refusesAWindowOfNothing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new UdpEchoLoad(folder.resolve("none"), frame(), 0).close())
                .withMessageContaining("window=0");
    }

    @Test
    void failsWhereNobodyListens() {
        assertThatThrownBy(() -> new UdpEchoLoad(folder.resolve("none"), frame(), WINDOW).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void failsWhenTheBackEndGoesAway() {
        assertThatThrownBy(() -> runAgainst(EchoingBackEnd.Behaviour.HANGS_UP)).isInstanceOf(IOException.class);
    }

    @Test
    void countsEveryAnswer() throws IOException {
        UdpEchoRate rate = runAgainst(EchoingBackEnd.Behaviour.ANSWERS_ALL);
        assertThat(rate.received()).isGreaterThan(WINDOW);
        assertThat(rate.lost()).isZero();
        assertThat(rate.packetsPerSecond()).isPositive();
    }

    @Test
    void countsWhatWasLostAndSendsMoreInItsPlace() throws IOException {
        UdpEchoRate rate = runAgainst(EchoingBackEnd.Behaviour.LOSES_EVERY_TENTH);
        assertThat(rate.sent()).as("goes on long after a whole window was lost").isGreaterThan(20 * WINDOW);
        assertThat(rate.lost()).isBetween(rate.sent() / 10 - 1, rate.sent() / 10 + 1);
    }

    @Test
    void givesUpWhenNothingComesBack() throws IOException {
        UdpEchoRate rate = runAgainst(EchoingBackEnd.Behaviour.LOSES_ALL);
        assertThat(rate.received()).isZero();
        assertThat(rate.lost()).isEqualTo(rate.sent()).isGreaterThanOrEqualTo(WINDOW);
    }

    @Test
    void overlooksFramesThatAreNoAnswers() throws IOException {
        UdpEchoRate rate = runAgainst(EchoingBackEnd.Behaviour.ALSO_SENDS_OTHER_FRAMES);
        assertThat(rate.received()).isGreaterThan(WINDOW);
        assertThat(rate.lost()).isZero();
    }
}
