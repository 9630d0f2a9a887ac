// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import static io.vlink.guest.SmallHost.bus;
import static io.vlink.guest.SmallHost.meta;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.command.LineQuota;
import io.vlink.infra.port.PortException;
import io.vlink.infra.port.TxPolicy;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.pci.ControlRegister;
import io.vlink.traffic.echo.EchoEnd;
import io.vlink.traffic.echo.EchoPlan;
import io.vlink.traffic.echo.EchoRun;
import io.vlink.traffic.echo.EchoVoice;
import io.vlink.traffic.echo.Forward;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Lcores;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An echo from its ready line to its report, with workers of its own. */
@Timeout(60)
class EchoRunTest {
    private static final long BUFFER = 10 * SmallHost.BUFFER_BYTES;

    private final SmallHost host = new SmallHost();
    private final GuestDevice device = GuestDevice.open(host);
    private final GuestPort port = GuestPort.attach(device, device.link("tap123"));
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final StopSignal stop = StopSignal.none();

    @AfterEach
    void close() {
        port.close();
        device.close();
    }

    private EchoEnd run(long count, long millis) {
        EchoPlan plan = new EchoPlan(Lcores.ANY, IdleStrategy.AUTO, Forward.MACSWAP, 4,
                new TxPolicy(Integer.MAX_VALUE, 0), count, TimeUnit.MILLISECONDS.toNanos(millis));
        EchoVoice voice = new EchoVoice("test", new PrintWriter(out), new PrintWriter(err), true, 0);
        return new EchoRun("test", PortQueue.all(List.of(port)), plan, voice).run("echo ready", stop);
    }

    private CompletableFuture<EchoEnd> start(long count) {
        return CompletableFuture.supplyAsync(() -> run(count, 0));
    }

    @Test
    void aQueueWithAWorkerIsRefusedByTheNameOfTheWorker() {
        port.claim(0, "pktgen lcore-1");
        assertThatThrownBy(() -> run(0, 0)).isInstanceOf(PortException.class)
                .hasMessageContaining("queue has a worker already: link=tap123 queue=0 worker=pktgen lcore-1");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void givesItsQueuesBack() {
        assertThat(run(0, 1)).isEqualTo(EchoEnd.DURATION);
        port.claim(0, "the next one").close();
    }

    @Test
    void endsWhenTheAgentIsGoneEvenThoughTheLinkLooksUp() {
        host.attachDriver();
        host.register(ControlRegister.MAGIC, ControlRegister.ABSENT);
        assertThat(run(0, 0)).isEqualTo(EchoEnd.GONE);
        assertThat(out.toString()).contains("\"stopped\":\"gone\"");
    }

    @Test
    void endsAfterTheCountAndWaitsUntilTheHostHasTakenAll() throws Exception {
        CompletableFuture<EchoEnd> end = start(3);
        bringUp();
        for (int i = 0; i < 3; i++) {
            host.put(host.rx, bus(BUFFER + i * 2_048L), meta(60, i));
        }
        int taken = 0;
        while (taken < 3) {
            taken += host.tx.poll(host.batch, 1); // slowly
        }
        assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo(EchoEnd.COUNT);
        assertThat(out.toString()).contains("\"received\":3,\"returned\":3,\"dropped\":0,\"missing\":0,").contains(
                "\"link\":\"tap123\",\"rxPackets\":3,\"rxBytes\":180,\"txPackets\":3,\"txBytes\":180,\"txFull\":0,");
        assertThat(err.toString().lines()).containsExactly("test: link=tap123 is up: epochs=1");
    }

    private void bringUp() {
        host.attachDriver();
        Awaitility.await().pollInSameThread().until(host::pollLane);
    }

    @Test
    void aPeerThatTakesNothingHoldsAStopUpNoLongerThanAMomentAndNothingIsMissing() throws Exception {
        CompletableFuture<EchoEnd> end = start(0);
        bringUp();
        for (int i = 0; i < 12; i++) {
            long address = bus(BUFFER + i * 2_048L);
            int generation = i;
            Awaitility.await().pollInSameThread().until(() -> host.rx.room(1) > 0);
            host.put(host.rx, address, meta(60, generation));
        }
        Awaitility.await().until(() -> port.statistics().rxPackets() > 8);
        stop.request();
        assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo(EchoEnd.SIGNAL);
        assertThat(out.toString()).contains("\"returned\":8,").contains("\"missing\":0,")
                .contains("\"stopped\":\"signal\"");
    }

    @Test
    void aHostThatComesAndGoesWithoutEndIsToldOfSomeTimesAMinuteAndTheRestIsCounted() throws Exception {
        CompletableFuture<EchoEnd> end = start(0);
        bringUp();
        awaitLines("is up", 1);
        for (int times = 1; !isTooOften(); times++) {
            host.putLong(host.hostWordOffset(), LaneState.NOT_INITIALIZED.word(times));
            awaitLines("is down", times);
            bringUp();
            awaitLines("is up", times + 1);
        }
        stop.request();
        assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo(EchoEnd.SIGNAL);
        assertThat(err.toString().lines().filter(line -> line.contains("is up") || line.contains("is down")))
                .hasSize(LineQuota.LINES);
        assertThat(err.toString().lines().skip(LineQuota.LINES).toList()).hasSize(2)
                .first().asString()
                .startsWith("test: link=tap123 changes too often to tell each time: lines=20 seconds=60");
        assertThat(err.toString().lines().toList().getLast())
                .startsWith("test: link=tap123 changed more often: lines_left_out=");
    }

    private boolean isTooOften() {
        return err.toString().contains("too often");
    }

    private void awaitLines(String what, int count) {
        Awaitility.await().until(
                () -> isTooOften() || err.toString().lines().filter(line -> line.contains(what)).count() == count);
    }
}
