// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.guest.VlinkGuestMain;
import io.vlink.traffic.worker.Lcores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The guest's side of a closed loop: {@code vlink-guest} as it is, in a process that also tells how much its polling thread has
 * allocated: each line of input is repeated, with the bytes behind it.
 */
public final class EchoGuestMain {
    private EchoGuestMain() {
    }

    /**
     * Runs it and exits.
     *
     * @param arguments of {@code vlink-guest}
     */
    public static void main(String[] arguments) {
        Thread.ofPlatform().daemon().name("bench-questions").start(EchoGuestMain::answer);
        System.exit(VlinkGuestMain.run(arguments));
    }

    private static void answer() {
        try (BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = questions.readLine(); line != null; line = questions.readLine()) {
                SideProgram.announce(line + Allocation.ofThread(Lcores.ANY.workerName(0)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
