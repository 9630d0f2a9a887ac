// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.traced;

import io.vlink.tests.rings.model.Access;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Both ends of a real ring whose accesses are seen. Descriptors are numbered as the positions they stand at. */
public interface TracedRing {
    /**
     * Offers the next descriptors.
     *
     * @param count how many
     * @return how many were taken
     */
    int offer(int count);

    /**
     * Polls, and fails unless what comes is whole and the next.
     *
     * @param limit at most
     * @return how many came
     */
    int poll(int limit);

    /** {@return the producing end's own position} */
    long produced();

    /** {@return the consuming end's own position} */
    long consumed();

    /**
     * A ring over new memory.
     *
     * @param memory    a ring's bytes, zero
     * @param queueSize slots
     * @param start     first position
     * @return the ring
     */
    static TracedRing over(MemorySegment memory, int queueSize, long start) {
        try {
            return (TracedRing) Loaded.ENDS.getConstructor(MemorySegment.class, int.class, long.class)
                    .newInstance(memory, queueSize, start);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the traced rings cannot be made", e);
        }
    }

    /**
     * Begins to write down accesses.
     *
     * @param memory whose
     */
    static void trace(MemorySegment memory) {
        AccessTrace.of(memory);
    }

    /** {@return the accesses since the last call, in program order} */
    static List<Access> takeAccesses() {
        return AccessTrace.take();
    }

    /** The traced classes, loaded once. */
    final class Loaded {
        private static final Class<?> ENDS = load();

        private Loaded() {
        }

        private static Class<?> load() {
            try {
                return Class.forName("io.vlink.tests.rings.traced.TracedEnds", true, new TracingLoader());
            } catch (ClassNotFoundException e) {
                throw new AssertionError(e);
            }
        }
    }
}
