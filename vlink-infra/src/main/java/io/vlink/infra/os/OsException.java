// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/**
 * A system call failed. The message is one line: call, error, arguments, and what may help, such as
 * {@code mmap failed: ENOMEM (Cannot allocate memory): bytes=4096: hint}.
 */
public class OsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Name of the C function, as its man page has it. */
    private final String call;
    /** Number of the error, see {@link Errno}. */
    private final int errno;

    /**
     * Makes an exception for a failed call.
     *
     * @param call name of the C function, as its man page has it
     * @param errno the error number, positive
     * @param arguments what was asked for, as {@code name=value} pairs; may be empty
     * @param hint what the reader can do about it; may be empty: then a general hint is added where there is one
     */
    public OsException(String call, int errno, String arguments, String hint) {
        super(message(call, errno, arguments, hint));
        this.call = call;
        this.errno = errno;
    }

    /** Name of the C function that failed. */
    public final String call() {
        return call;
    }

    /** The error number, positive; see {@link Errno}. */
    public final int errno() {
        return errno;
    }

    /** The result itself if it is not negative; used after each call of this package that has no hint of its own. */
    static int checked(String call, int result, String arguments) {
        if (result < 0) {
            throw new OsException(call, -result, arguments, "");
        }
        return result;
    }

    private static String message(String call, int errno, String arguments, String hint) {
        String advice = hint.isEmpty() ? generalHint(errno) : hint;
        return call + " failed: " + Errno.name(errno) + " (" + Errno.description(errno) + ")"
                + (arguments.isEmpty() ? "" : ": " + arguments) + (advice.isEmpty() ? "" : ": " + advice);
    }

    private static String generalHint(int errno) {
        return switch (errno) {
            case Errno.EMFILE -> DescriptorLimit.REMEDY;
            case Errno.ENFILE -> "too many open files in the system: raise fs.file-max";
            case Errno.ENOSYS -> "this needs Linux 5.11 or newer";
            default -> "";
        };
    }
}
