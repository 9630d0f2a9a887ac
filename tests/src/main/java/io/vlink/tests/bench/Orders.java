// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * What the bench tells a side that polls: lines of its standard input, each a word. Who waits for one reads a field; a thread
 * of its own reads the input. The end of the input is the order to end.
 */
final class Orders {
    /** From now on it counts. */
    static final String MEASURE = "measure";
    /** From now on it does not count any more, and what is on its way is taken out. */
    static final String END = "end";

    private volatile boolean measure;
    private volatile boolean end;

    /** {@return the orders that come in through standard input} */
    static Orders ofStandardInput() {
        Orders orders = new Orders();
        Thread.ofPlatform().daemon().name("bench-orders").start(orders::read);
        return orders;
    }

    private void read() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && !line.equals(END); line = lines.readLine()) {
                measure |= line.equals(MEASURE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            measure = true;
            end = true;
        }
    }

    /** {@return whether it is to be measured, or has been} */
    boolean isMeasure() {
        return measure;
    }

    /** {@return whether the measuring is over} */
    boolean isEnd() {
        return end;
    }
}
