// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One end of a stream. One thread. */
@Command(name = "bench-one-way", mixinStandardHelpOptions = true, description = "One end of a stream in one direction.")
public final class OneWayMain extends SideProgram {
    @Option(names = "--send", description = "The end that sends.")
    private boolean send;

    /**
     * Runs it and exits.
     *
     * @param arguments command line
     */
    public static void main(String[] arguments) {
        runAndExit(new OneWayMain(), arguments);
    }

    @Override
    Map<String, Object> work(List<BenchPort> ports, Orders orders) {
        OneWayStream stream = new OneWayStream(ports.getFirst(), burst(), size(), orders);
        return send
                ? stream.send()
                : stream.receive(() -> announce(RUNNING), () -> announce(MEASURING));
    }
}
