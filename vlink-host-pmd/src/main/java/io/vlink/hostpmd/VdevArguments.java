// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.spec.pci.Limits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a vdev string says: {@code eth_vlink<N>,link=<name>[,mode=bond|mq]}, as DPDK writes virtual devices. Immutable.
 *
 * @param port number of the port, 0 to {@value #MAX_PORT}
 * @param link name of the link
 * @param mode how its data channels show; {@link LinkMode#MQ} where the string does not say
 */
public record VdevArguments(int port, String link, LinkMode mode) {
    /** Highest port number. */
    public static final int MAX_PORT = 1_023;

    private static final Pattern DEVICE = Pattern.compile("eth_vlink(0|[1-9][0-9]{0,3})");
    private static final Pattern LINK_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");
    private static final String FORM = "eth_vlink<N>,link=<name>[,mode=bond|mq]";

    /**
     * Parses a vdev string.
     *
     * @param text for example {@code eth_vlink0,link=tap123,mode=mq}
     * @return what it says
     * @throws IllegalArgumentException with one line that names the part that is wrong and what is known
     */
    public static VdevArguments parse(String text) {
        String[] parts = text.split(",", -1);
        int port = port(parts[0]);
        String link = null;
        LinkMode mode = LinkMode.MQ;
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            String key = equals < 0 ? parts[i] : parts[i].substring(0, equals);
            String value = equals < 0 ? "" : parts[i].substring(equals + 1);
            if (!List.of("link", "mode").contains(key)) {
                throw wrong("vdev keys are link and mode: key=" + key, text);
            }
            if (!seen.add(key)) {
                throw wrong("vdev key must be given once: key=" + key, text);
            }
            if (value.isEmpty()) {
                throw wrong("vdev key must have a value: key=" + key, text);
            }
            if (key.equals("link")) {
                link = linkName(value, text);
            } else {
                mode = mode(value, text);
            }
        }
        if (link == null) {
            throw wrong("vdev must name its link: link=", text);
        }
        return new VdevArguments(port, link, mode);
    }

    private static int port(String device) {
        Matcher matcher = DEVICE.matcher(device);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > MAX_PORT) {
            throw wrong("vdev must be eth_vlink<N> with N from 0 to " + MAX_PORT + ": vdev=" + device, device);
        }
        return Integer.parseInt(matcher.group(1));
    }

    private static String linkName(String value, String text) {
        if (value.getBytes(StandardCharsets.UTF_8).length > Limits.MAX_NAME_BYTES) {
            throw wrong("link name must have at most " + Limits.MAX_NAME_BYTES + " bytes: link=" + value, text);
        }
        if (!LINK_NAME.matcher(value).matches()) {
            throw wrong("link name must be letters, digits, _ . and -, the first a letter or digit: link=" + value,
                    text);
        }
        return value;
    }

    private static LinkMode mode(String value, String text) {
        List<String> known = new ArrayList<>();
        for (LinkMode mode : LinkMode.values()) {
            if (mode.label().equals(value)) {
                return mode;
            }
            known.add(mode.label());
        }
        throw wrong("mode must be " + String.join(" or ", known) + ": mode=" + value, text);
    }

    private static IllegalArgumentException wrong(String what, String text) {
        return new IllegalArgumentException(what + ": write " + FORM
                + (text.contains(",") ? " (given: " + text + ")" : ""));
    }

    /** {@return the vdev string, every key written out} */
    @Override
    public String toString() {
        return "eth_vlink" + port + ",link=" + link + ",mode=" + mode.label();
    }
}
