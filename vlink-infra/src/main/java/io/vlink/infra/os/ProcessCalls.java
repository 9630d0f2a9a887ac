// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;

import java.lang.foreign.MemorySegment;

/**
 * System calls on threads and processes. Each method is the C function of its name and returns that function's result, or
 * the negative errno ({@link #pthreadSigmask} excepted). May be called from any thread.
 */
final class ProcessCalls {
    private static final NativeFunction SCHED_SETAFFINITY = new NativeFunction("sched_setaffinity");
    private static final NativeFunction SCHED_GETAFFINITY = new NativeFunction("sched_getaffinity");
    private static final NativeFunction SCHED_GETCPU = new NativeFunction("sched_getcpu");
    private static final NativeFunction EXECVE = new NativeFunction("execve");
    private static final NativeFunction CLOSE_RANGE = new NativeFunction("close_range");
    private static final NativeFunction PTHREAD_SIGMASK = new NativeFunction("pthread_sigmask");
    private static final NativeFunction SETSID = new NativeFunction("setsid");
    private static final NativeFunction UMASK = new NativeFunction("umask");
    private static final NativeFunction KILL = new NativeFunction("kill");
    private static final NativeFunction TGKILL = new NativeFunction("tgkill");

    private ProcessCalls() {
    }

    /** {@code sched_setaffinity(2)}; thread 0 is the calling one. */
    static int schedSetaffinity(int thread, long maskBytes, MemorySegment mask) {
        return SCHED_SETAFFINITY.intResult(number(thread), number(maskBytes), mask);
    }

    /** {@code sched_getaffinity(2)}; thread 0 is the calling one. */
    static int schedGetaffinity(int thread, long maskBytes, MemorySegment mask) {
        return SCHED_GETAFFINITY.intResult(number(thread), number(maskBytes), mask);
    }

    /** {@code sched_getcpu(3)}. */
    static int schedGetcpu() {
        return SCHED_GETCPU.intResult();
    }

    /** {@code execve(2)}; returns only if it failed. */
    static int execve(MemorySegment path, MemorySegment argv, MemorySegment env) {
        return EXECVE.intResult(path, argv, env);
    }

    /** {@code close_range(2)}; {@code last} is unsigned. */
    static int closeRange(int first, int last, int flags) {
        return CLOSE_RANGE.intResult(number(first), number(last), number(flags));
    }

    /** {@code pthread_sigmask(3)}; deviation: returns 0 or the positive errno, as the C function does. */
    static int pthreadSigmask(int how, MemorySegment set, MemorySegment old) {
        return PTHREAD_SIGMASK.intResult(number(how), set, old);
    }

    /** {@code setsid(2)}. */
    static int setsid() {
        return SETSID.intResult();
    }

    /** {@code umask(2)}, which cannot fail. */
    static int umask(int mask) {
        return UMASK.intResult(number(mask));
    }

    /** {@code kill(2)}. */
    static int kill(int process, int signal) {
        return KILL.intResult(number(process), number(signal));
    }

    /** {@code tgkill(2)}. */
    static int tgkill(int process, int thread, int signal) {
        return TGKILL.intResult(number(process), number(thread), number(signal));
    }
}
