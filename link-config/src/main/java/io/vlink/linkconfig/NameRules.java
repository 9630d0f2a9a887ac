// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import io.vlink.spec.pci.Limits;
import java.nio.charset.StandardCharsets;

/**
 * The rules for names of links, domains and trust groups (SPEC.md section 1): 1 to 63 bytes; letters, digits and
 * {@code _ . -}, the first one a letter or digit. Such a name can stand in a file name, a command line and a log as it is.
 */
final class NameRules {
    /** What is wrong with a name: {@code at} is the offending character, from 0. */
    record Fault(int at, String message) {
    }

    private NameRules() {
    }

    /**
     * What is wrong with a name.
     *
     * @param what what the name is of, for the message
     * @param name any text
     * @return the first fault, or null when there is none
     */
    static Fault fault(String what, String name) {
        if (name.isEmpty()) {
            return new Fault(0, what + " must not be empty; right would be something like vm1");
        }
        int[] characters = name.codePoints().toArray();
        for (int i = 0; i < characters.length; i++) {
            if (!isLetterOrDigit(characters[i]) && "_.-".indexOf(characters[i]) < 0) {
                return new Fault(i, what + " may have only letters a-z A-Z, digits and _ . -: " + what + "="
                        + Shown.quoted(name) + ", odd character " + Shown.quoted(Character.toString(characters[i])));
            }
        }
        if (!isLetterOrDigit(characters[0])) {
            return new Fault(0, what + " must start with a letter or a digit: " + what + "=" + Shown.quoted(name));
        }
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > Limits.MAX_NAME_BYTES) {
            return new Fault(Limits.MAX_NAME_BYTES, what + " must have at most " + Limits.MAX_NAME_BYTES
                    + " bytes: bytes=" + bytes + " " + what + "=" + Shown.quoted(name));
        }
        return null;
    }

    /**
     * Checks a name that a caller hands over.
     *
     * @param what what the name is of, for the message
     * @param name any text
     * @return the same name
     * @throws IllegalArgumentException when it has a fault
     */
    static String check(String what, String name) {
        Fault fault = fault(what, name);
        if (fault != null) {
            throw new IllegalArgumentException(fault.message());
        }
        return name;
    }

    private static boolean isLetterOrDigit(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}
