// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.agent.control.PeerCheck;
import io.vlink.infra.os.PeerCredentials;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may use the agent: by the kernel's word for it, whatever a socket's mode lets through. */
class SocketAccessTest {
    private static final int OWN_UID = 1_234;

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
}
