// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/**
 * Has processes stand still and go on, without a process of its own for that. The signal to stop goes to a thread that runs: it
 * is interrupted at once and stops all the others, where a thread that sleeps would have to wait for a processor first,
 * milliseconds if those are busy. Source: {@code tgkill(2)}, {@code kill(2)}, {@code signal(7)}. For any thread.
 */
final class Freezer {
    /** The same number on AMD64 and AArch64. */
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle KILL = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("kill"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private static final MethodHandle TGKILL = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("tgkill"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

    private Freezer() {
    }

    // A handle declares Throwable; these throw nothing.

    /** {@return whether the thread was there, and with it all of its process now stands still} */
    static boolean stop(long process, long thread) {
        try {
            return (int) TGKILL.invokeExact((int) process, (int) thread, SIGSTOP) == 0;
        } catch (RuntimeException | Error ours) {
            throw ours;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** {@return whether the process was there} */
    static boolean goOn(long process) {
        try {
            return (int) KILL.invokeExact((int) process, SIGCONT) == 0;
        } catch (RuntimeException | Error ours) {
            throw ours;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
