// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.AttachException;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.control.RunDirectory;
import io.vlink.traffic.worker.Usage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which links a host program attaches to; a picocli mixin. One thread. */
final class VdevOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    // spotless:off
    @Option(names = "--vdev", required = true, paramLabel = "VDEV", converter = VdevConverter.class,
            description = "eth_vlink<N>,link=<name>[,mode=bond|mq]: which link, and how; mq (default): a queue for each"
                    + " data channel, bond: one queue, spread by flow; may be given several times")
    private List<VdevArguments> vdevs;
    @Option(names = "--run-dir", paramLabel = "DIR",
            description = "the agent's run directory; default: $VLINK_RUN_DIR, else /run/vlink for root and"
                    + " $XDG_RUNTIME_DIR/vlink for others")
    private Path runDir;
    @Option(names = "--wait",
            description = "where there is no agent, or no such link, wait for it as long as it takes")
    private boolean wait;
    // spotless:on

    /**
     * Checks what can be checked before anything is attached.
     *
     * @throws ParameterException one line: wrong usage
     */
    void check() {
        Set<Integer> numbers = new HashSet<>();
        Set<String> links = new HashSet<>();
        for (VdevArguments vdev : vdevs) {
            Usage.require(command, numbers.add(vdev.port()), "two --vdev must not have the same number", "vdev",
                    "eth_vlink" + vdev.port());
            Usage.require(command, links.add(vdev.link()), "two --vdev must not name the same link", "link",
                    vdev.link());
        }
    }

    /** {@return whether to wait for links that cannot be attached to yet} */
    boolean isPatient() {
        return wait;
    }

    /** {@return the agent's run directory} */
    Path runDirectory() {
        return RunDirectory.of(runDir, System.getenv()).path();
    }

    /**
     * Attaches to all links, or to none; joins none.
     *
     * @return ports in the order of the options; the caller closes them
     * @throws AttachException with one line that says why, if there is no agent or it refuses
     */
    List<VlinkPort> open() {
        List<VlinkPort> ports = new ArrayList<>();
        boolean complete = false;
        try {
            for (VdevArguments vdev : vdevs) {
                ports.add(VlinkPort.open(vdev, runDirectory()));
            }
            complete = true;
        } finally {
            if (!complete) {
                ports.forEach(VlinkPort::close);
            }
        }
        return ports;
    }

    /** Turns the vdev string into what it says; picocli makes usage errors of its complaints. */
    static final class VdevConverter implements CommandLine.ITypeConverter<VdevArguments> {
        @Override
        public VdevArguments convert(String value) {
            try {
                return VdevArguments.parse(value);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(e.getMessage());
            }
        }
    }
}
