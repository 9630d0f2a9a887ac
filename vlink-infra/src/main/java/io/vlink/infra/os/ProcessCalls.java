// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * System calls on threads and processes. Each method is the C function of its name and returns that function's result, or
 * the negative errno ({@link #pthreadSigmask} excepted). May be called from any thread.
 */
final class ProcessCalls {
    private static final NativeFunction SCHED_SETAFFINITY = NativeFunction.withErrno("sched_setaffinity",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final NativeFunction SCHED_GETAFFINITY = NativeFunction.withErrno("sched_getaffinity",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final NativeFunction SCHED_GETCPU = NativeFunction.withErrno("sched_getcpu",
            FunctionDescriptor.of(JAVA_INT));
    private static final NativeFunction EXECVE = NativeFunction.withErrno("execve",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    private static final NativeFunction CLOSE_RANGE = NativeFunction.withErrno("close_range",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final NativeFunction PTHREAD_SIGMASK = NativeFunction.withErrno("pthread_sigmask",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

    private static final NativeFunction SETSID = NativeFunction.withErrno("setsid", FunctionDescriptor.of(JAVA_INT));
    private static final NativeFunction UMASK = NativeFunction.withErrno("umask",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private ProcessCalls() {
    }

    /** {@code sched_setaffinity(2)}; thread 0 is the calling one. */
    static int schedSetaffinity(int thread, long maskBytes, MemorySegment mask) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SCHED_SETAFFINITY.handle().invokeExact(state, thread, maskBytes, mask),
                    state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code sched_getaffinity(2)}; thread 0 is the calling one. */
    static int schedGetaffinity(int thread, long maskBytes, MemorySegment mask) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SCHED_GETAFFINITY.handle().invokeExact(state, thread, maskBytes, mask),
                    state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code sched_getcpu(3)}. */
    static int schedGetcpu() {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SCHED_GETCPU.handle().invokeExact(state), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code execve(2)}; returns only if it failed. */
    static int execve(MemorySegment path, MemorySegment argv, MemorySegment env) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) EXECVE.handle().invokeExact(state, path, argv, env), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code close_range(2)}; {@code last} is unsigned. */
    static int closeRange(int first, int last, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) CLOSE_RANGE.handle().invokeExact(state, first, last, flags), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code pthread_sigmask(3)}; deviation: returns 0 or the positive errno, as the C function does. */
    static int pthreadSigmask(int how, MemorySegment set, MemorySegment old) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) PTHREAD_SIGMASK.handle().invokeExact(state, how, set, old), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code setsid(2)}. */
    static int setsid() {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SETSID.handle().invokeExact(state), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code umask(2)}, which cannot fail. */
    static int umask(int mask) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) UMASK.handle().invokeExact(state, mask), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }
}
