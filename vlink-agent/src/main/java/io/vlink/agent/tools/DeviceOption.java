// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.linkconfig.VmDomainName;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.Limits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * The properties of a domain as a command line has them:
 * {@code vm_domain=testvm1,init_config=./link.config[,bar=32|64][,trust_group=NAME][,max_channel=N]}. Two commas stand for one
 * in a value, as in QEMU. Immutable.
 *
 * @param vmDomain   name of the domain
 * @param initConfig its link.config
 * @param barShape   how the device lays out its BARs
 * @param trustGroup name under which domains share a region; empty for none
 * @param maxChannel channels that channel memory shall have room for; empty: as many as the links have
 * @param passed     properties that are QEMU's own, in order
 */
public record DeviceOption(String vmDomain, Path initConfig, BarShape barShape, String trustGroup,
        OptionalInt maxChannel,
        Map<String, String> passed) {
    private static final String VM_DOMAIN = "vm_domain";
    private static final String INIT_CONFIG = "init_config";
    private static final String BAR = "bar";
    private static final String TRUST_GROUP = "trust_group";
    private static final String MAX_CHANNEL = "max_channel";
    private static final List<String> OWN = List.of(VM_DOMAIN, INIT_CONFIG, BAR, TRUST_GROUP, MAX_CHANNEL);

    /**
     * Reads properties.
     *
     * @param text   without the driver's name
     * @param before what stands before them on that program's command line, for the message that shows the form
     * @param passOn properties that are allowed beside our own, and are not looked at
     * @return what they say
     * @throws UsageException if one is unknown, repeated, missing, or has a wrong value
     */
    public static DeviceOption parse(String text, String before, List<String> passOn) {
        Map<String, String> values = split(text, passOn);
        Map<String, String> passed = new LinkedHashMap<>(values);
        passed.keySet().retainAll(passOn);
        for (String name : List.of(VM_DOMAIN, INIT_CONFIG)) {
            if (values.getOrDefault(name, "").isEmpty()) {
                throw new UsageException("property is missing: " + name
                        + "=: write " + before + "vm_domain=testvm1,init_config=./link.config");
            }
        }
        try {
            String group = values.get(TRUST_GROUP);
            return new DeviceOption(VmDomainName.check(values.get(VM_DOMAIN)), Path.of(values.get(INIT_CONFIG)),
                    BarShape.ofBits(number(BAR, values.getOrDefault(BAR, "32"))),
                    group == null ? "" : VmDomainName.checkTrustGroup(group), maxChannel(values.get(MAX_CHANNEL)),
                    passed);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
    }

    private static OptionalInt maxChannel(String text) {
        if (text == null) {
            return OptionalInt.empty();
        }
        int channels = number(MAX_CHANNEL, text);
        if (channels < Limits.MIN_CHANNELS_PER_LINK || channels > Limits.MAX_CHANNELS_PER_DOMAIN) {
            throw new IllegalArgumentException("max_channel must be " + Limits.MIN_CHANNELS_PER_LINK + " to "
                    + Limits.MAX_CHANNELS_PER_DOMAIN + ": max_channel=" + channels);
        }
        return OptionalInt.of(channels);
    }

    private static int number(String name, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " must be a number: " + name + "=" + text, e);
        }
    }

    private static Map<String, String> split(String text, List<String> passOn) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String part : parts(text)) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? part : part.substring(0, equals);
            if (!OWN.contains(name) && !passOn.contains(name)) {
                TreeSet<String> known = new TreeSet<>(OWN);
                known.addAll(passOn);
                throw new UsageException(
                        "unknown property of pci-vlink: property=" + name + " known=" + String.join(",", known));
            }
            if (equals < 0) {
                throw new UsageException(
                        "property of pci-vlink needs a value: property=" + name + ": write " + name + "=VALUE");
            }
            if (values.put(name, part.substring(equals + 1)) != null) {
                throw new UsageException("property of pci-vlink is repeated: property=" + name + ": give it once");
            }
        }
        return values;
    }

    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean doubled = c == ',' && i + 1 < text.length() && text.charAt(i + 1) == ',';
            if (c != ',' || doubled) {
                part.append(c);
                i += doubled ? 1 : 0;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        parts.removeIf(String::isEmpty);
        return parts;
    }
}
