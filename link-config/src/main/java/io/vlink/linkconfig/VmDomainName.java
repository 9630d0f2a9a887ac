// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import java.util.Set;

/** Names of domains and trust groups ({@code vm_domain=}, {@code trust_group=}): the rules of link names, and one more. */
public final class VmDomainName {
    // A domain's device socket is <domain>.sock in the run directory; these two sockets there are the agent's and its keeper's.
    private static final Set<String> RESERVED = Set.of("control", "keeper");

    private VmDomainName() {
    }

    /**
     * Checks a domain's name.
     *
     * @param name 1 to 63 letters, digits and {@code _ . -}, starting with a letter or digit, and neither "control" nor "keeper"
     * @return the same name
     * @throws IllegalArgumentException for any other text; the message names the rule
     */
    public static String check(String name) {
        NameRules.check("vm_domain", name);
        if (RESERVED.contains(name)) {
            throw new IllegalArgumentException(
                    "vm_domain must not be a name that the agent uses itself: vm_domain=\"" + name + "\"");
        }
        return name;
    }

    /**
     * Checks a trust group's name.
     *
     * @param name 1 to 63 letters, digits and {@code _ . -}, starting with a letter or digit
     * @return the same name
     * @throws IllegalArgumentException for any other text; the message names the rule
     */
    public static String checkTrustGroup(String name) {
        return NameRules.check("trust_group", name);
    }
}
