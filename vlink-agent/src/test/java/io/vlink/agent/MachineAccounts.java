// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Users and groups that this machine has, read from its files and not asked of the C library, whose answers are tested. */
final class MachineAccounts {
    private MachineAccounts() {
    }

    /**
     * A user.
     *
     * @param name for log-in
     * @param uid  number
     */
    record User(String name, int uid) {
    }

    /**
     * A group.
     *
     * @param name    of it
     * @param gid     number
     * @param members names of users that it lists
     */
    record Group(String name, int gid, List<String> members) {
    }

    /** {@return users but root, each with a number of its own} */
    static List<User> users() {
        List<User> all = lines("/etc/passwd").map(parts -> new User(parts[0], Integer.parseInt(parts[2]))).toList();
        return all.stream().filter(user -> user.uid() != 0
                && all.stream().filter(other -> other.uid() == user.uid()).count() == 1).toList();
    }

    /** {@return a group that lists one of the {@link #users()} at least} */
    static Optional<Group> groupWithMembers() {
        List<String> names = users().stream().map(User::name).toList();
        return lines("/etc/group").filter(parts -> parts.length > 3)
                .map(parts -> new Group(parts[0], Integer.parseInt(parts[2]), List.of(parts[3].split(","))))
                .filter(group -> group.gid() != 0 && group.members().stream().anyMatch(names::contains)).findFirst();
    }

    /** {@return a number that no user has} */
    static int unusedUid() {
        List<Integer> used = lines("/etc/passwd").map(parts -> Integer.parseInt(parts[2])).toList();
        return IntStream.range(70_001, 80_001).filter(uid -> !used.contains(uid)).findFirst().orElseThrow();
    }

    private static Stream<String[]> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file), StandardCharsets.UTF_8).stream().map(line -> line.split(":"))
                    .filter(parts -> parts.length > 2 && parts[2].matches("[0-9]{1,9}"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
