// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.device.ModuleLoader;
import io.vlink.guest.device.PciFunction;
import io.vlink.guest.device.SystemTree;
import io.vlink.guest.device.UioBinding;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code vlink-guest bind}. */
@Command(name = "bind", description = "Gives the device to uio_pci_generic; needs root.", mixinStandardHelpOptions = true)
public final class BindCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOptions device;

    /** Made by picocli. */
    public BindCommand() {
    }

    @Override
    public Integer call() {
        PciFunction function = device.pciFunction();
        String uio = new UioBinding(function, new ModuleLoader(SystemTree.real())).bind();
        spec.commandLine().getOut()
                .println("bound " + function.address() + " driver=" + UioBinding.DRIVER + " uio=/dev/" + uio);
        return 0;
    }
}
