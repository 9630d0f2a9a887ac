// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/**
 * Who was at the other end of a Unix socket when it connected. Source: {@code unix(7)}, SO_PEERCRED.
 *
 * @param pid process id, as this process's pid namespace sees it; 0 if it does not
 * @param uid effective user id
 * @param gid effective group id
 */
public record PeerCredentials(int pid, int uid, int gid) {
}
