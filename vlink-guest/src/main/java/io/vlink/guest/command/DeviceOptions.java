// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.device.ModuleLoader;
import io.vlink.guest.device.PciDevice;
import io.vlink.guest.device.PciFunction;
import io.vlink.guest.device.SystemTree;
import io.vlink.guest.device.UioBinding;
import io.vlink.guest.device.VfioUserDevice;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which device a command is about. */
final class DeviceOptions {
    private static final Pattern ADDRESS = Pattern
            .compile("(\\p{XDigit}{4,8}:)?\\p{XDigit}{2}:[01]\\p{XDigit}\\.[0-7]");

    @Option(names = "--device", paramLabel = "PCIADDR", description = "PCI address, where there are several devices")
    private String device;

    @Option(names = "--vfio-user", paramLabel = "SOCKET", description = "device socket of the agent: a guest without a VM")
    private Path socket;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    /**
     * Checks what can be checked before a device is looked for.
     *
     * @throws ParameterException one line: wrong usage
     */
    void check() {
        if (device != null && !ADDRESS.matcher(device).matches()) {
            throw wrong("device must be a PCI address, such as 0000:00:04.0: device=" + device);
        }
        if (socket != null && device != null) {
            throw wrong("--device and --vfio-user exclude each other: leave one out");
        }
    }

    /** {@return the PCI device} */
    PciFunction pciFunction() {
        check();
        if (socket != null) {
            throw wrong("there is nothing to bind in vfio-user=" + socket + ": leave --vfio-user out");
        }
        return PciFunction.find(SystemTree.real(), device);
    }

    /** {@return the device, opened and read} */
    GuestDevice open() {
        check();
        return GuestDevice.open(socket != null ? VfioUserDevice.open(socket) : PciDevice.open(pciFunction()));
    }

    /**
     * The device, opened and read; one that no driver has is bound first. A device of another driver is left to it.
     *
     * @param err hears of the binding
     * @return the device
     */
    GuestDevice openBound(PrintWriter err) {
        if (socket == null) {
            PciFunction function = pciFunction();
            if (function.driver().equals(PciFunction.NO_DRIVER)) {
                new UioBinding(function, new ModuleLoader(SystemTree.real())).bind();
                err.println("bound " + function.address() + " to " + UioBinding.DRIVER);
                err.flush();
            }
        }
        return open();
    }
}
