// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The workers of a program: they start together, and if one fails, all stop, and whoever waits gets its failure. Made, started
 * and awaited by one thread; {@link #stop} is for any.
 */
public final class WorkerGroup implements AutoCloseable {
    private final List<Worker> workers = new ArrayList<>();
    private final CountDownLatch running;
    private boolean started;

    /**
     * Workers that have not begun, one for each task.
     *
     * @param lcores where they run; as many processors as tasks at least, or {@link Lcores#ANY}
     * @param idle   what they do while there is nothing to do
     * @param tasks  what they do
     */
    public WorkerGroup(Lcores lcores, IdleStrategy idle, List<? extends WorkerTask> tasks) {
        running = new CountDownLatch(tasks.size());
        for (int i = 0; i < tasks.size(); i++) {
            int core = lcores.cores().isEmpty() ? Worker.ANY_CORE : lcores.cores().get(i);
            workers.add(new Worker(lcores.workerName(i), core, tasks.get(i), new Idler(idle), this::ended));
        }
    }

    private void ended() {
        for (Worker worker : workers) {
            if (worker.failure() != null) {
                stop();
            }
        }
        running.countDown();
    }

    /** Starts all. */
    public void start() {
        started = true;
        workers.forEach(Worker::start);
    }

    /** Tells all to stop and returns at once; any thread, also before the start. */
    public void stop() {
        workers.forEach(Worker::stop);
    }

    /**
     * Waits until all have ended.
     *
     * @param limit at most so long
     * @return whether they have
     * @throws InterruptedException if the calling thread is interrupted
     * @throws IllegalStateException if a worker failed; its failure is the cause, unless it could be thrown itself
     */
    public boolean await(Duration limit) throws InterruptedException {
        if (!running.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        rethrow();
        return true;
    }

    private void rethrow() {
        for (Worker worker : workers) {
            switch (worker.failure()) {
                case null -> {
                }
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case Throwable failure -> throw new IllegalStateException(failure);
            }
        }
    }

    /** Stops all that still run and waits for them; then no worker touches a queue any more. */
    @Override
    public void close() {
        stop();
        if (!started) {
            return;
        }
        workers.forEach(Worker::join);
    }
}
