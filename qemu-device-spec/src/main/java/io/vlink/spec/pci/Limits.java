// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.pci;

/** Limits that both sides check (SPEC.md section 1). */
public final class Limits {
    /** Links of one domain. */
    public static final int MAX_LINKS = 16;
    /** Channels of one link, its control channel included. */
    public static final int MAX_CHANNELS_PER_LINK = 16;
    /** Data channels of one link. */
    public static final int MAX_DATA_CHANNELS_PER_LINK = MAX_CHANNELS_PER_LINK - 1;
    /** Channels of one link at least: the control channel and one data channel. */
    public static final int MIN_CHANNELS_PER_LINK = 2;
    /** Channels of one domain, control channels included. */
    public static final int MAX_CHANNELS_PER_DOMAIN = 64;
    /** Bytes of a link's or a domain's name in UTF-8, without the terminating zero. */
    public static final int MAX_NAME_BYTES = 63;
    /** Descriptors in a ring, at least; always a power of two. */
    public static final int MIN_QUEUE_SIZE = 8;
    /** Descriptors in a ring, at most. */
    public static final int MAX_QUEUE_SIZE = 16_384;
    /** Descriptors in a ring unless the link says otherwise. */
    public static final int DEFAULT_QUEUE_SIZE = 1_024;
    /** Bytes of one packet buffer; buffers are aligned to their size. */
    public static final int BUFFER_BYTES = 2_048;
    /** Buffers that a link owns for each slot of a data channel's queue: one for each of the four rings. */
    public static final int BUFFERS_PER_SLOT = 4;
    /** Shortest frame in bytes, without FCS: the Ethernet header. */
    public static final int MIN_FRAME_BYTES = 14;
    /** Bad descriptors that a guest may return on a data channel among so many; with one more the channel is quarantined. */
    public static final int MAX_BAD_DESCRIPTORS = 1_024;
    /** Descriptors returned on a data channel in which bad ones are counted together. */
    public static final int BAD_DESCRIPTOR_WINDOW = 65_536;
    /** MTU in bytes unless the link says otherwise. */
    public static final int DEFAULT_MTU = 1_500;
    /** Smallest MTU in bytes: IPv4's (RFC 791). */
    public static final int MIN_MTU = 68;
    /** Largest MTU in bytes: a frame without FCS is at most 65,535. */
    public static final int MAX_MTU = 65_521;
    /** Smallest page of the translation table, as log2 of its bytes: 2 MiB. */
    public static final int MIN_PAGE_SHIFT = 21;
    /** Largest page of the translation table, as log2 of its bytes: 1 GiB. */
    public static final int MAX_PAGE_SHIFT = 30;
    /** Rows of the translation table, at most. */
    public static final int MAX_PAGES = 65_536;
    /** Largest packet region: 64 GiB. */
    public static final long MAX_REGION_BYTES = 1L << 36;
    /** Smallest packet region: one 2 MiB page. */
    public static final long MIN_REGION_BYTES = 1L << 21;

    private Limits() {
    }
}
