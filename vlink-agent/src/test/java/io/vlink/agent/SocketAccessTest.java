// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.agent.control.PeerCheck;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.PeerCredentials;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may use the agent: by the kernel's word for it, whatever a socket's mode lets through. */
class SocketAccessTest {
    private static final int OWN_UID = 1_234;
    private static final int NO_GROUP = 70_001;
    private static final int THREADS = 8;
    private static final int QUESTIONS = 500;

    @TempDir
    private Path folder;

    private static boolean mayUse(AllowedPeers allowed, int uid, int gid) {
        SocketAccess access = SocketAccess.of(OptionalInt.empty(), null, null, allowed);
        return new PeerCheck(OWN_UID, access::admits).test(new PeerCredentials(1, uid, gid));
    }

    @Test
    void refusesEverybodyButItsOwnUserAndRoot() {
        assertThat(mayUse(AllowedPeers.NONE, 70_001, 70_001)).isFalse();
        assertThat(mayUse(AllowedPeers.NONE, 70_001, 0)).isFalse();
        assertThat(mayUse(AllowedPeers.NONE, -1, -1)).isFalse();
        assertThat(mayUse(AllowedPeers.NONE, OWN_UID, 70_001)).isTrue();
        assertThat(mayUse(AllowedPeers.NONE, 0, 70_001)).isTrue();
    }

    @Test
    void admitsThoseOnTheListAndNobodyElse() {
        AllowedPeers allowed = new AllowedPeers(List.of(70_001, 70_002), List.of(80_001));
        assertThat(mayUse(allowed, 70_002, 5)).isTrue();
        assertThat(mayUse(allowed, 5, 80_001)).isTrue();
        assertThat(mayUse(allowed, 70_003, 80_002)).isFalse();
        assertThat(mayUse(allowed, 80_001, 70_001)).isFalse();
    }

    @Test
    void opensTheSocketForAListAndForNothingElse() throws Exception {
        assertThat(modeWith(AllowedPeers.NONE, OptionalInt.empty())).isEqualTo("rw-------");
        assertThat(modeWith(new AllowedPeers(List.of(70_001), List.of()), OptionalInt.empty())).isEqualTo("rw-rw-rw-");
        assertThat(modeWith(new AllowedPeers(List.of(70_001), List.of()), OptionalInt.of(0660))).isEqualTo("rw-rw----");
    }

    private String modeWith(AllowedPeers allowed, OptionalInt mode) throws Exception {
        Path file = Files.createTempFile(folder, "socket", "");
        SocketAccess.of(mode, null, null, allowed).apply(file);
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void refusesToStartWithNamesThatNobodyHas() {
        assertThatThrownBy(() -> SocketAccess.of(OptionalInt.empty(), "no-such-user", null, AllowedPeers.NONE))
                .isInstanceOf(StartException.class).hasMessageContaining("--socket-owner=no-such-user");
        assertThatThrownBy(() -> SocketAccess.of(OptionalInt.empty(), null, "no-such-group", AllowedPeers.NONE))
                .isInstanceOf(StartException.class).hasMessageContaining("--socket-group=no-such-group");
    }

    @Test
    void admitsTheOwnerThatWasNamedAndNoOtherUser() {
        List<MachineAccounts.User> users = MachineAccounts.users();
        assumeTrue(users.size() > 1, "this machine has no two users but root");
        SocketAccess access = SocketAccess.of(OptionalInt.empty(), users.getLast().name(), null, AllowedPeers.NONE);
        for (MachineAccounts.User user : users) {
            assertThat(access.admits(new PeerCredentials(1, user.uid(), NO_GROUP))).as(user.name())
                    .isEqualTo(user.equals(users.getLast()));
        }
        assertThat(access.admits(new PeerCredentials(1, -1, -1))).as("a peer of which nothing is known").isFalse();
    }

    @Test
    void admitsMembersOfTheGroupThatWasNamedAndNobodyElse() {
        MachineAccounts.Group group = groupWithMembers();
        SocketAccess access = SocketAccess.of(OptionalInt.empty(), null, group.name(), AllowedPeers.NONE);
        for (MachineAccounts.User user : MachineAccounts.users()) {
            assertThat(access.admits(new PeerCredentials(1, user.uid(), NO_GROUP))).as(user.name())
                    .isEqualTo(group.members().contains(user.name()));
        }
        int nobody = MachineAccounts.unusedUid();
        assertThat(access.admits(new PeerCredentials(1, nobody, group.gid()))).as("its first group").isTrue();
        assertThat(access.admits(new PeerCredentials(1, nobody, NO_GROUP))).as("a user without a name").isFalse();
        assertThat(access.admits(new PeerCredentials(1, -1, -1))).as("a peer of which nothing is known").isFalse();
    }

    @Test
    void givesASocketToTheOwnerAndTheGroupThatWereNamed() throws Exception {
        MachineAccounts.Group group = groupWithMembers();
        assumeTrue(RunDirectory.ownUid() == 0, "only root can give a file away");
        MachineAccounts.User owner = MachineAccounts.users().getLast();
        Path file = Files.createTempFile(folder, "socket", "");
        SocketAccess.of(OptionalInt.empty(), owner.name(), group.name(), AllowedPeers.NONE).apply(file);
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(owner.uid());
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(group.gid());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-rw----");
    }

    private static MachineAccounts.Group groupWithMembers() {
        var found = MachineAccounts.groupWithMembers();
        assumeTrue(found.isPresent(), "no group in /etc/group lists a user of /etc/passwd");
        return found.orElseThrow();
    }

    /** The C library has one place for its answers: an answer for one peer must not be read as that for another. */
    @Test
    void regressionTakesNobodyForSomebodyElseWhoeverIsAskedForAtTheSameTime() throws Exception {
        MachineAccounts.Group group = groupWithMembers();
        List<MachineAccounts.User> members = new ArrayList<>(MachineAccounts.users());
        List<MachineAccounts.User> others = new ArrayList<>(members);
        members.removeIf(user -> !group.members().contains(user.name()));
        others.removeAll(members);
        assumeTrue(!others.isEmpty(), "every user of this machine is in the group " + group.name());
        SocketAccess access = SocketAccess.of(OptionalInt.empty(), null, group.name(), AllowedPeers.NONE);
        CountDownLatch together = new CountDownLatch(THREADS);
        List<Future<Integer>> wrong = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int thread = 0; thread < THREADS; thread++) {
                boolean member = thread % 2 == 0;
                wrong.add(threads.submit(() -> {
                    together.countDown();
                    together.await();
                    return wrongAnswers(access, member ? members : others, member);
                }));
            }
            int all = 0;
            for (Future<Integer> each : wrong) {
                all += each.get();
            }
            assertThat(all).as("wrong answers of %s", THREADS * QUESTIONS).isZero();
        }
    }

    private static int wrongAnswers(SocketAccess access, List<MachineAccounts.User> users, boolean right) {
        int wrong = 0;
        for (int i = 0; i < QUESTIONS; i++) {
            MachineAccounts.User user = users.get(i % users.size());
            if (access.admits(new PeerCredentials(1, user.uid(), NO_GROUP)) != right) {
                wrong++;
            }
        }
        return wrong;
    }
}
