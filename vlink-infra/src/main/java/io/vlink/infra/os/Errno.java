// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/** Numbers and names of the errors that system calls report on Linux, see {@code errno(3)}. Usable from any thread. */
public final class Errno {
    /** Operation not permitted. */
    public static final int EPERM = 1;
    /** No such file or directory. */
    public static final int ENOENT = 2;
    /** A signal interrupted the call. */
    public static final int EINTR = 4;
    /** Input/output error. */
    public static final int EIO = 5;
    /** No such device or address. */
    public static final int ENXIO = 6;
    /** Argument list too long. */
    public static final int E2BIG = 7;
    /** Executable format error. */
    public static final int ENOEXEC = 8;
    /** Not an open descriptor. */
    public static final int EBADF = 9;
    /** Try again: a time limit passed, or a call would have blocked. */
    public static final int EAGAIN = 11;
    /** Out of memory. */
    public static final int ENOMEM = 12;
    /** Permission denied. */
    public static final int EACCES = 13;
    /** Bad address. */
    public static final int EFAULT = 14;
    /** Device or resource busy. */
    public static final int EBUSY = 16;
    /** File exists. */
    public static final int EEXIST = 17;
    /** No such device. */
    public static final int ENODEV = 19;
    /** Not a directory. */
    public static final int ENOTDIR = 20;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** The system's limit of open files is reached. */
    public static final int ENFILE = 23;
    /** The process's limit of open files is reached. */
    public static final int EMFILE = 24;
    /** The device does not know this request. */
    public static final int ENOTTY = 25;
    /** No space left. */
    public static final int ENOSPC = 28;
    /** The file system is read-only. */
    public static final int EROFS = 30;
    /** The other end is closed. */
    public static final int EPIPE = 32;
    /** Result out of range. */
    public static final int ERANGE = 34;
    /** The kernel does not have this call. */
    public static final int ENOSYS = 38;
    /** Protocol error. */
    public static final int EPROTO = 71;
    /** The descriptor is not a socket. */
    public static final int ENOTSOCK = 88;
    /** Message too long. */
    public static final int EMSGSIZE = 90;
    /** Protocol wrong type for socket. */
    public static final int EPROTOTYPE = 91;
    /** Operation not supported; the same number as ENOTSUP. */
    public static final int EOPNOTSUPP = 95;
    /** Address already in use. */
    public static final int EADDRINUSE = 98;
    /** A connection was aborted before it was accepted. */
    public static final int ECONNABORTED = 103;
    /** Connection reset by the other end. */
    public static final int ECONNRESET = 104;
    /** No buffer space. */
    public static final int ENOBUFS = 105;
    /** Not connected. */
    public static final int ENOTCONN = 107;
    /** Timed out. */
    public static final int ETIMEDOUT = 110;
    /** Nobody listens there. */
    public static final int ECONNREFUSED = 111;
    /** This user's share of the file system is used up. */
    public static final int EDQUOT = 122;

    private Errno() {
    }

    /**
     * The symbolic name of an error number, such as {@code ENOMEM}; {@code errno 4711} for an unknown one. Source:
     * {@code strerrorname_np(3)}.
     */
    public static String name(int errno) {
        String name = ErrorText.name(errno);
        return name == null ? "errno " + errno : name;
    }

    /** What an error number means in English, such as {@code Cannot allocate memory}. Source: {@code strerrordesc_np(3)}. */
    public static String description(int errno) {
        String description = ErrorText.description(errno);
        return description == null ? "Unknown error" : description;
    }
}
