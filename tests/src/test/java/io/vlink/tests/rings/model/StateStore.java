// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The states seen so far, all of their bytes, numbered in the order in which they were found. */
final class StateStore {
    private static final int STATES_PER_CHUNK = 1 << 14;

    private final int width;
    private final List<byte[]> chunks = new ArrayList<>();
    private int[] table = new int[1 << 16];
    private int size;

    StateStore(int width) {
        this.width = width;
        Arrays.fill(table, -1);
    }

    /** {@return the number of a state; {@link #size()} has grown by one if it is new} */
    int numberOf(byte[] state) {
        int slot = find(state);
        if (table[slot] >= 0) {
            return table[slot];
        }
        if (size % STATES_PER_CHUNK == 0) {
            chunks.add(new byte[STATES_PER_CHUNK * width]);
        }
        System.arraycopy(state, 0, chunks.get(size / STATES_PER_CHUNK), size % STATES_PER_CHUNK * width, width);
        table[slot] = size++;
        if (size > table.length / 2) {
            grow();
        }
        return size - 1;
    }

    private int find(byte[] state) {
        int hash = Arrays.hashCode(state) * 0x9E3779B9;
        int slot = (hash ^ hash >>> 15) & table.length - 1;
        while (table[slot] >= 0 && !isAt(table[slot], state)) {
            slot = slot + 1 & table.length - 1;
        }
        return slot;
    }

    private boolean isAt(int number, byte[] state) {
        int from = number % STATES_PER_CHUNK * width;
        return Arrays.equals(chunks.get(number / STATES_PER_CHUNK), from, from + width, state, 0, width);
    }

    private void grow() {
        table = new int[table.length * 2];
        Arrays.fill(table, -1);
        for (int number = 0; number < size; number++) {
            table[find(get(number))] = number;
        }
    }

    /** {@return a copy of a state} */
    byte[] get(int number) {
        int from = number % STATES_PER_CHUNK * width;
        return Arrays.copyOfRange(chunks.get(number / STATES_PER_CHUNK), from, from + width);
    }

    int size() {
        return size;
    }
}
