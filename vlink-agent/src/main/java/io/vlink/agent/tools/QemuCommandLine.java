// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.infra.region.MemorySize;
import java.util.ArrayList;
import java.util.List;

/**
 * QEMU's command line, of which little is looked at: the one {@code -device pci-vlink,…}, the machine, its memory.
 * Immutable.
 */
final class QemuCommandLine {
    private static final String DRIVER = "pci-vlink";
    private static final List<String> DEVICE_OPTIONS = List.of("-device", "--device");
    private static final List<String> MACHINE_OPTIONS = List.of("-M", "--M", "-machine", "--machine");
    private static final List<String> MEMORY_OPTIONS = List.of("-m", "--m");
    private static final String MEMORY_LIMIT = "max-ram-below-4g=";
    private static final String DEFAULT_MACHINE = "pc";

    private final List<String> arguments;
    private final int devicePlace;

    /**
     * Looks for our device.
     *
     * @param arguments all but the program's name
     * @throws UsageException if there are two of it, or it is written as JSON
     */
    QemuCommandLine(List<String> arguments) {
        this.arguments = List.copyOf(arguments);
        this.devicePlace = findDevice();
    }

    private int findDevice() {
        int found = -1;
        for (int i = 1; i < arguments.size(); i++) {
            if (!DEVICE_OPTIONS.contains(arguments.get(i - 1))) {
                continue;
            }
            String value = arguments.get(i);
            if (value.startsWith("{") && value.contains('"' + DRIVER + '"')) {
                throw new UsageException("pci-vlink cannot be given as JSON: write -device "
                        + "pci-vlink,vm_domain=testvm1,init_config=./link.config");
            }
            if (!value.equals(DRIVER) && !value.startsWith(DRIVER + ",")) {
                continue;
            }
            if (found >= 0) {
                throw new UsageException("a VM has one pci-vlink device: found a second: -device " + value
                        + ": put all links into one link.config");
            }
            found = i;
        }
        return found;
    }

    /** {@return whether there is a pci-vlink device} */
    boolean hasDevice() {
        return devicePlace >= 0;
    }

    /** {@return the properties of the device, without the driver's name} */
    String deviceProperties() {
        return arguments.get(devicePlace).substring(DRIVER.length());
    }

    /** {@return the name of the machine, such as pc, q35 or pc-q35-10.1} */
    String machine() {
        String machine = DEFAULT_MACHINE;
        for (int i = 0; i + 1 < arguments.size(); i++) {
            if (MACHINE_OPTIONS.contains(arguments.get(i))) {
                machine = machineOf(arguments.get(i + 1), machine);
            }
        }
        return machine;
    }

    /** The name may come first, as {@code q35,accel=kvm}, or as {@code type=q35}. */
    private static String machineOf(String value, String otherwise) {
        String machine = otherwise;
        String[] parts = value.split(",", -1);
        for (int i = 0; i < parts.length; i++) {
            if (parts[i].startsWith("type=")) {
                machine = parts[i].substring("type=".length());
            } else if (i == 0 && !parts[i].contains("=")) {
                machine = parts[i];
            }
        }
        return machine;
    }

    /** {@return whether the machine is an i440FX, the one that "pc" stands for} */
    boolean isPc() {
        return machine().equals(DEFAULT_MACHINE) || machine().startsWith("pc-i440fx-");
    }

    /**
     * The guest's memory below 4 GiB at most: {@code -m}, or less where {@code max-ram-below-4g} says so.
     *
     * @return bytes; 0 where the command line does not say, or says it in a way that only QEMU understands
     */
    long memoryBelow4GiB() {
        long memory = 0;
        long limit = Long.MAX_VALUE;
        for (int i = 1; i < arguments.size(); i++) {
            String option = arguments.get(i - 1);
            for (String part : arguments.get(i).split(",", -1)) {
                if (MEMORY_OPTIONS.contains(option) && (part.startsWith("size=") || !part.contains("="))) {
                    memory = bytes(part.substring(part.indexOf('=') + 1), "M");
                } else if (MACHINE_OPTIONS.contains(option) && part.startsWith(MEMORY_LIMIT)) {
                    limit = bytes(part.substring(MEMORY_LIMIT.length()), "");
                }
            }
        }
        return limit == 0 ? memory : Math.min(memory, limit);
    }

    private static long bytes(String size, String defaultUnit) {
        try {
            boolean bare = !size.isEmpty() && Character.isDigit(size.charAt(size.length() - 1));
            return MemorySize.parse(bare ? size + defaultUnit : size);
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    /** {@return whether the machine is a q35, whose firmware has less room below 4 GiB} */
    boolean isQ35() {
        return machine().equals("q35") || machine().startsWith("pc-q35-");
    }

    /**
     * The command line with another device in the place of ours; all else is untouched.
     *
     * @param device value of the {@code -device} option
     * @return all but the program's name
     */
    List<String> withDevice(String device) {
        List<String> changed = new ArrayList<>(arguments);
        changed.set(devicePlace, device);
        return changed;
    }
}
