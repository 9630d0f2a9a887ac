// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.keeper;

/**
 * Framing and limits of the keeper protocol (SPEC.md appendix D), little-endian. A message is a header, a key, and a body;
 * its descriptors come with its first byte.
 *
 * <pre>
 * 0x0 magic u32 | 0x4 version u16 | 0x6 type u16 | 0x8 body bytes u32 | 0xc key bytes u16 | 0xe descriptors u16
 * </pre>
 */
public final class KeeperProtocol {
    /** Name of the socket in the agent's run directory. */
    public static final String SOCKET_NAME = "keeper.sock";

    /** First in every header. */
    public static final int MAGIC = 0x706B6C76;
    /** Version in every header; a keeper and an agent that do not share it part with REFUSED. */
    public static final int VERSION = 1;
    /** Bytes of a header. */
    public static final int HEADER_BYTES = 16;
    /** In the header: magic, 4 bytes. */
    public static final int MAGIC_OFFSET = 0x0;
    /** In the header: version, 2 bytes. */
    public static final int VERSION_OFFSET = 0x4;
    /** In the header: type, 2 bytes. */
    public static final int TYPE_OFFSET = 0x6;
    /** In the header: bytes of the body, 4 bytes. */
    public static final int BODY_BYTES_OFFSET = 0x8;
    /** In the header: bytes of the key, 2 bytes. */
    public static final int KEY_BYTES_OFFSET = 0xc;
    /** In the header: number of descriptors, 2 bytes. */
    public static final int FDS_OFFSET = 0xe;
    /** Bytes of a key, at most. */
    public static final int MAX_KEY_BYTES = 128;
    /** Bytes of a body, at most; that of PUT and ENTRY is an entry's state. */
    public static final int MAX_BODY_BYTES = 64 << 10;
    /** Descriptors with a message, at most: SCM_MAX_FD of unix(7). */
    public static final int MAX_FDS = 253;
    /** Entries in a keeper, at most. */
    public static final int MAX_ENTRIES = 4_096;
    /** Bytes of all states in a keeper, at most. */
    public static final int MAX_TOTAL_BYTES = 4 << 20;
    /** Milliseconds within which a connection has to say HELLO. */
    public static final int HELLO_MILLIS = 2_000;

    private KeeperProtocol() {
    }
}
