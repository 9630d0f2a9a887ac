// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vlink-guest info}. */
@Command(name = "info", description = "Shows the device, its memories and its links.", mixinStandardHelpOptions = true)
public final class InfoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOptions device;

    @Option(names = "--json", description = "one JSON object on one line")
    private boolean json;

    /** Made by picocli. */
    public InfoCommand() {
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (GuestDevice guest = device.open()) {
            out.println(json ? DeviceReport.json(guest) : DeviceReport.text(guest));
        }
        return 0;
    }
}
