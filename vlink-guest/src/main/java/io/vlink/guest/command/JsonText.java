// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

/**
 * Builds one JSON value after the other into a line. Small on purpose: a JSON library costs an emulated guest more time to
 * load than all of its work. One thread.
 */
final class JsonText {
    private final StringBuilder text = new StringBuilder(512);
    private boolean separate;

    /**
     * Starts an object or an array.
     *
     * @param bracket the opening bracket
     * @return this
     */
    JsonText open(char bracket) {
        separator();
        text.append(bracket);
        separate = false;
        return this;
    }

    /**
     * Ends an object or an array.
     *
     * @param bracket the closing bracket
     * @return this
     */
    JsonText close(char bracket) {
        text.append(bracket);
        separate = true;
        return this;
    }

    /**
     * Writes a member's name; its value must follow.
     *
     * @param name the name
     * @return this
     */
    JsonText name(String name) {
        separator();
        quote(name);
        text.append(':');
        separate = false;
        return this;
    }

    /**
     * Writes a member with a text.
     *
     * @param name  the name
     * @param value the text
     * @return this
     */
    JsonText member(String name, String value) {
        name(name);
        quote(value);
        separate = true;
        return this;
    }

    /**
     * Writes a member with a number.
     *
     * @param name  the name
     * @param value the number
     * @return this
     */
    JsonText member(String name, long value) {
        name(name);
        text.append(value);
        separate = true;
        return this;
    }

    private void separator() {
        if (separate) {
            text.append(',');
        }
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ') {
                text.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 0xf, 16));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
