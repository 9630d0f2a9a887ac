// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

/**
 * The memory accesses that one side has begun and not yet performed, in program order, as bytes inside of a state: what a
 * processor and a compiler may do with them under release and acquire.
 *
 * <p>Accesses may be performed in any order, except: nothing before an earlier acquire; a release not before anything earlier;
 * two accesses of one cell in program order. So plain stores pass each other, plain loads pass each other and plain stores, and
 * what follows a release passes it. All sides see one memory (as on x86-64 and ARMv8), which is what a performed access reaches.
 *
 * <pre>
 * 0  count | kind and cell, position, value | kind and cell, position, value | ...
 * </pre>
 */
final class Window {
    static final int LOAD = 0;
    static final int ACQUIRE = 1;
    static final int STORE = 2;
    static final int RELEASE = 3;
    /** A load and a store in one step; nothing passes it. */
    static final int EXCHANGE = 4;
    /** A load that ran ahead of the branch it depends on; its value is kept until that is decided. */
    static final int GUESSED = 5;
    /** The same, performed. */
    static final int GUESS = 6;

    private static final int ENTRY_BYTES = 3;
    private static final int KIND_SHIFT = 5;
    private static final int CELL_MASK = (1 << KIND_SHIFT) - 1;

    private final int base;
    private final int capacity;

    /** A window at an offset of the state. */
    Window(int base, int capacity) {
        this.base = base;
        this.capacity = capacity;
    }

    static int bytes(int capacity) {
        return 1 + capacity * ENTRY_BYTES;
    }

    int count(byte[] state) {
        return state[base];
    }

    int room(byte[] state) {
        return capacity - state[base];
    }

    /** Begins an access. Position says which descriptor it is for; value is what a store will store. */
    void begin(byte[] state, int kind, int cell, int position, int value) {
        int at = at(state[base]++);
        state[at] = (byte) (kind << KIND_SHIFT | cell);
        state[at + 1] = (byte) position;
        state[at + 2] = (byte) value;
    }

    /** {@return an access, for comparison with a real one} */
    Access access(byte[] state, int index) {
        return new Access(Access.Kind.values()[kind(state, index)], cell(state, index));
    }

    int kind(byte[] state, int index) {
        return (state[at(index)] & 0xff) >> KIND_SHIFT;
    }

    int cell(byte[] state, int index) {
        return state[at(index)] & CELL_MASK;
    }

    int position(byte[] state, int index) {
        return state[at(index) + 1] & 0xff;
    }

    int value(byte[] state, int index) {
        return state[at(index) + 2] & 0xff;
    }

    /** Keeps the value of a load that ran ahead. */
    void keepGuess(byte[] state, int index, int value) {
        state[at(index)] = (byte) (GUESS << KIND_SHIFT | cell(state, index));
        state[at(index) + 2] = (byte) value;
    }

    /** A guess turned out to be wanted: it is a load like any other, if it is not performed yet. */
    void confirm(byte[] state, int index) {
        state[at(index)] = (byte) (LOAD << KIND_SHIFT | cell(state, index));
    }

    boolean mayPerform(byte[] state, int index) {
        int kind = kind(state, index);
        if (kind == GUESS) {
            return false;
        }
        for (int earlier = 0; earlier < index; earlier++) {
            int before = kind(state, earlier);
            boolean sameCell = cell(state, earlier) == cell(state, index) && before != GUESS;
            if (sameCell || before == ACQUIRE || before == EXCHANGE || kind == RELEASE || kind == EXCHANGE) {
                return false;
            }
        }
        return true;
    }

    /** Takes an access out; those after it move down, and no byte is left over that would tell equal states apart. */
    void remove(byte[] state, int index) {
        int last = --state[base];
        System.arraycopy(state, at(index + 1), state, at(index), (last - index) * ENTRY_BYTES);
        for (int i = 0; i < ENTRY_BYTES; i++) {
            state[at(last) + i] = 0;
        }
    }

    /** {@return how many accesses of a cell are begun} */
    int countOf(byte[] state, int cell) {
        int count = 0;
        for (int index = 0; index < state[base]; index++) {
            count += cell(state, index) == cell ? 1 : 0;
        }
        return count;
    }

    private int at(int index) {
        return base + 1 + index * ENTRY_BYTES;
    }

    String describe(byte[] state) {
        StringBuilder text = new StringBuilder("[");
        for (int index = 0; index < count(state); index++) {
            text.append(index == 0 ? "" : " ").append("LAWRX?!".charAt(kind(state, index))).append(cell(state, index));
        }
        return text.append(']').toString();
    }
}
