// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.ManagedProcess;
import java.util.Map;

/**
 * Both sides of a contestant, running. They can stand still while others have their turn on the same processors; that time does
 * not count. Closing it ends both. One thread.
 */
abstract class Pair implements AutoCloseable {
    /** Threads that sleep need the processor for a moment to stand still, too; nobody else should have a turn meanwhile. */
    private static final double SETTLE_SECONDS = 0.004;

    /** For the agent, and the kernel, to clear away what has ended. */
    private static final double END_SECONDS = 0.05;

    private final ManagedProcess host;
    private final ManagedProcess guest;
    private final RunDelay delay;
    /** Those that poll. */
    private long hostThread;
    private long guestThread;
    private boolean counting;
    private long pausedSince;
    private long pausedNanos;

    Pair(ManagedProcess host, ManagedProcess guest) {
        this.host = host;
        this.guest = guest;
        delay = new RunDelay(host.pid(), guest.pid());
    }

    /** Both move packets for long enough to be as fast as they become. */
    final void warm(double seconds) {
        RunDelay hosts = new RunDelay(host.pid());
        RunDelay guests = new RunDelay(guest.pid());
        hosts.begin();
        guests.begin();
        Pause.seconds(seconds);
        hostThread = hosts.busiest();
        guestThread = guests.busiest();
    }

    /** Both stand still until their next turn. */
    final void pause() {
        host.pause(hostThread);
        guest.pause(guestThread);
        pausedSince = System.nanoTime();
        Pause.seconds(SETTLE_SECONDS);
    }

    private void resume() {
        pausedNanos += System.nanoTime() - pausedSince;
        guest.resume();
        host.resume();
    }

    /** A turn, before and after which both stand still. The counting begins with the first one. */
    final void turn(double seconds) {
        resume();
        count();
        Pause.seconds(seconds);
        pause();
    }

    private void count() {
        if (!counting) {
            counting = true;
            startCounting();
            pausedNanos = 0;
            delay.begin();
        }
    }

    /**
     * The last turn, before which both stand still. After it both have ended.
     *
     * @return what they have done in all turns
     */
    final Contestant.Run lastTurn(double seconds) {
        ProcessMemory ofHost = ProcessMemory.of(host.pid());
        ProcessMemory ofGuest = ProcessMemory.of(guest.pid());
        resume();
        count();
        Pause.seconds(seconds);
        Seen seen = new Seen(delay.worst(pausedNanos), ofHost, ofGuest, Map.of());
        return ended(seen, pausedNanos);
    }

    private Contestant.Run ended(Seen seen, long notCounted) {
        Contestant.Run run = stopCounting(seen, notCounted);
        close(); // who goes on polling would take a share of the others' turns
        Pause.seconds(END_SECONDS);
        return run;
    }

    /**
     * One turn, without others, that somebody watches. Nobody stands still before it; after it both have ended.
     *
     * @return what they have done
     */
    final Contestant.Run watched(double seconds, Watch watch) {
        count();
        return ended(watch.look(host, guest, seconds), 0);
    }

    /** {@return the host's side} */
    final ManagedProcess host() {
        return host;
    }

    /** {@return the guest's side} */
    final ManagedProcess guest() {
        return guest;
    }

    /** From when this returns it counts; both run. */
    abstract void startCounting();

    /**
     * From when this is called it does not count any more; both run.
     *
     * @param seen        what was seen of them
     * @param pausedNanos so long have they stood still since the counting began
     * @return rate and details
     * @throws io.vlink.tests.lab.LabException if they have failed or have lost packets
     */
    abstract Contestant.Run stopCounting(Seen seen, long pausedNanos);

    @Override
    public void close() {
        host.close();
        guest.close();
    }
}
