// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import io.vlink.infra.os.Cpu;
import java.util.concurrent.locks.LockSupport;

/**
 * A platform thread, pinned to a processor or not, that turns a task round and round until it is done or told to stop. Made
 * and started by one thread; {@link #stop} is for any.
 */
final class Worker {
    /** Not pinned. */
    static final int ANY_CORE = -1;

    private final int core;
    private final WorkerTask task;
    private final Idler idler;
    private final Runnable onEnd;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile Throwable failure;

    /**
     * A worker that has not begun.
     *
     * @param name  of its thread
     * @param core  processor, or {@link #ANY_CORE}
     * @param task  what to do
     * @param idler what to do while there is nothing to do; this worker's alone
     * @param onEnd called on the worker's thread as the last thing, also after a failure
     */
    Worker(String name, int core, WorkerTask task, Idler idler, Runnable onEnd) {
        this.core = core;
        this.task = task;
        this.idler = idler;
        this.onEnd = onEnd;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            if (core != ANY_CORE) {
                Cpu.pin(core);
            }
            loop();
            task.finish();
        } catch (Throwable failed) { // kept for whoever waits, who rethrows it
            failure = failed;
        } finally {
            onEnd.run();
        }
    }

    /** Kept apart and small, so that the compiler sees nothing but it. */
    private void loop() {
        int work = 0;
        while (work != WorkerTask.DONE && !stopped) {
            work = task.turn();
            idler.idle(work);
        }
    }

    /** Makes the present turn the last one; returns at once. */
    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    /** {@return what ended it before its time, or null} */
    Throwable failure() {
        return failure;
    }

    /** Waits for its end; it must have been started. */
    void join() {
        EndOfThread.await(thread);
    }
}
