// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.StructLayout;

/** C structs of 64-bit Linux as the calls here pass them; {@code NativeLayoutsTest} asks gcc whether they are right. */
final class NativeLayouts {
    /** {@code struct sockaddr_un}, {@code unix(7)}. */
    static final StructLayout SOCKADDR_UN = structLayout(JAVA_SHORT.withName("sun_family"),
            sequenceLayout(108, JAVA_BYTE).withName("sun_path"));
    /** {@code struct iovec}, {@code readv(2)}. */
    static final StructLayout IOVEC = structLayout(ADDRESS.withName("iov_base"), JAVA_LONG.withName("iov_len"));
    /** {@code struct msghdr}, {@code recvmsg(2)}. */
    static final StructLayout MSGHDR = structLayout(ADDRESS.withName("msg_name"), JAVA_INT.withName("msg_namelen"),
            paddingLayout(4), ADDRESS.withName("msg_iov"), JAVA_LONG.withName("msg_iovlen"),
            ADDRESS.withName("msg_control"),
            JAVA_LONG.withName("msg_controllen"), JAVA_INT.withName("msg_flags"), paddingLayout(4));
    /** {@code struct cmsghdr}, {@code cmsg(3)}; its data follows, and each message starts at a multiple of 8. */
    static final StructLayout CMSGHDR = structLayout(JAVA_LONG.withName("cmsg_len"), JAVA_INT.withName("cmsg_level"),
            JAVA_INT.withName("cmsg_type"));
    /** {@code struct ucred}, {@code unix(7)}. */
    static final StructLayout UCRED = structLayout(JAVA_INT.withName("pid"), JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"));
    /** {@code struct timeval}, {@code socket(7)}. */
    static final StructLayout TIMEVAL = structLayout(JAVA_LONG.withName("tv_sec"), JAVA_LONG.withName("tv_usec"));
    /** {@code struct pollfd}, {@code poll(2)}. */
    static final StructLayout POLLFD = structLayout(JAVA_INT.withName("fd"), JAVA_SHORT.withName("events"),
            JAVA_SHORT.withName("revents"));
    /**
     * {@code struct stat}, {@code stat(3type)}, as far as it is read here: x86-64 and AArch64 agree on these two fields, and
     * the larger of the two sizes is allocated.
     */
    static final StructLayout STAT = structLayout(paddingLayout(48), JAVA_LONG.withName("st_size"),
            JAVA_INT.withName("st_blksize"), paddingLayout(84));

    private NativeLayouts() {
    }
}
