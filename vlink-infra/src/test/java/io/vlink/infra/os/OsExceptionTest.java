// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a reader of a message gets. */
class OsExceptionTest {
    @Test
    void namesCallErrorArgumentsAndHint() {
        assertThat(new OsException("mmap", Errno.ENOMEM, "bytes=4096", "use less"))
                .hasMessage("mmap failed: ENOMEM (Cannot allocate memory): bytes=4096: use less");
    }

    @Test
    void leavesOutWhatThereIsNot() {
        assertThat(new OsException("poll", Errno.EINVAL, "", "")).hasMessage("poll failed: EINVAL (Invalid argument)");
    }

    @Test
    void addsAGeneralHintWhereOneHelps() {
        assertThat(new OsException("socket", Errno.EMFILE, "", ""))
                .hasMessageEndingWith(": raise \"ulimit -n\", or LimitNOFILE= of a systemd unit");
    }

    @Test
    void survivesUnknownNumbers() {
        assertThat(Errno.name(4_711)).isEqualTo("errno 4711");
        assertThat(new OsException("x", 4_711, "", "")).hasMessage("x failed: errno 4711 (Unknown error)");
    }
}
