// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import io.vlink.infra.ring.DescriptorBatch;

/** Descriptors that say which they are, in both words: a descriptor of which one word is old or foreign is recognised. */
public final class Descriptors {
    private Descriptors() {
    }

    /**
     * Fills a batch with numbered descriptors.
     *
     * @param batch  the batch
     * @param first  number of the first one, positive
     * @param count  how many
     * @return the batch
     */
    public static DescriptorBatch numbered(DescriptorBatch batch, long first, int count) {
        for (int i = 0; i < count; i++) {
            batch.set(i, first + i, ~(first + i));
        }
        batch.count = count;
        return batch;
    }

    /**
     * Counts what is not as it was sent.
     *
     * @param batch what was received
     * @param first number that the first one must have
     * @param count how many to look at
     * @return descriptors of which a word is wrong
     */
    public static int wrong(DescriptorBatch batch, long first, int count) {
        int wrong = 0;
        for (int i = 0; i < count; i++) {
            if (batch.address(i) != first + i || batch.meta(i) != ~(first + i)) {
                wrong++;
            }
        }
        return wrong;
    }
}
