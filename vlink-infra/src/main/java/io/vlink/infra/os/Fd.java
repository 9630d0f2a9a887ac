// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * An open file descriptor with one owner. Any thread may use or close it: {@link #close} while another thread is inside a
 * call takes effect when that call has returned, so a number is never used after the kernel gave it to something else.
 */
public final class Fd implements AutoCloseable {
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int FD_CLOEXEC = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int LOCK_UN = 8;
    /** Shared with {@link #state}: set once the owner has closed; the lower bits count the calls that are under way. */
    private static final int CLOSED = 1 << 31;
    private static final int MAX_REGISTER_BYTES = 8;
    private static final ValueLayout.OfLong LITTLE_ENDIAN_LONG = ValueLayout.JAVA_LONG_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int number;
    private final AtomicInteger state = new AtomicInteger();

    private Fd(int number) {
        this.number = number;
    }

    /**
     * The owner of an open descriptor number; nobody else may close that number from now on.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public static Fd own(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("descriptor must not be negative: fd=" + number);
        }
        return new Fd(number);
    }

    /**
     * Opens an existing file or device, close-on-exec, for reading or for reading and writing. Source: {@code open(2)}.
     *
     * @throws OsException if it cannot be opened
     */
    public static Fd open(Path path, boolean writable) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC;
            int result;
            do {
                result = FileCalls.open(name, flags, 0);
            } while (result == -Errno.EINTR);
            return new Fd(OsException.checked("open", result, "path=" + path + " writable=" + writable));
        }
    }

    /**
     * A new event counter, close-on-exec, that starts at 0. Source: {@code eventfd(2)}.
     *
     * @throws OsException if descriptors or memory are short
     */
    public static Fd eventFd() {
        return new Fd(OsException.checked("eventfd", DescriptorCalls.eventfd(0, EFD_CLOEXEC), ""));
    }

    /**
     * The descriptor number, for messages and for calls that this class does not have. It stays this descriptor's only while
     * nobody closes it.
     *
     * @throws IllegalStateException if it is closed
     */
    public int number() {
        if (!isOpen()) {
            throw closed();
        }
        return number;
    }

    /** Whether {@link #close} has not been called yet. */
    public boolean isOpen() {
        return state.get() >= 0;
    }

    /**
     * A second descriptor, close-on-exec, of the same open file; both must be closed. Source: {@code fcntl(2)},
     * F_DUPFD_CLOEXEC.
     *
     * @throws OsException if descriptors are short
     * @throws IllegalStateException if this one is closed
     */
    public Fd duplicate() {
        int held = acquire();
        try {
            return new Fd(OsException.checked("fcntl(F_DUPFD_CLOEXEC)", DescriptorCalls.fcntl(held, F_DUPFD_CLOEXEC, 0),
                    "fd=" + held));
        } finally {
            release();
        }
    }

    /**
     * Sets whether {@code execve(2)} closes this descriptor. Source: {@code fcntl(2)}, F_SETFD.
     *
     * @throws OsException if the number is not an open descriptor
     * @throws IllegalStateException if this descriptor is closed
     */
    public void setCloseOnExec(boolean close) {
        int held = acquire();
        try {
            OsException.checked("fcntl(F_SETFD)", DescriptorCalls.fcntl(held, F_SETFD, close ? FD_CLOEXEC : 0),
                    "fd=" + held);
        } finally {
            release();
        }
    }

    /**
     * Whether {@code execve(2)} closes this descriptor. Source: {@code fcntl(2)}, F_GETFD.
     *
     * @throws OsException if the number is not an open descriptor
     * @throws IllegalStateException if this descriptor is closed
     */
    public boolean isCloseOnExec() {
        int held = acquire();
        try {
            return (OsException.checked("fcntl(F_GETFD)", DescriptorCalls.fcntl(held, F_GETFD, 0), "fd=" + held)
                    & FD_CLOEXEC) != 0;
        } finally {
            release();
        }
    }

    /**
     * Writes all bytes; blocks while the other end takes no more. An eventfd takes 8 bytes in native order. Source:
     * {@code write(2)}.
     *
     * @throws OsException if they cannot be written; some may have been
     * @throws IllegalStateException if this descriptor is closed
     */
    public void write(byte[] bytes) {
        int held = acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocateFrom(JAVA_BYTE, bytes);
            for (long done = 0; done < bytes.length;) {
                long result = DescriptorCalls.write(held, buffer.asSlice(done), bytes.length - done);
                if (result >= 0) {
                    done += result;
                } else if (result != -Errno.EINTR) {
                    throw new OsException("write", (int) -result, "fd=" + held + " bytes=" + bytes.length, "");
                }
            }
        } finally {
            release();
        }
    }

    /**
     * Reads what is there, at most the array's length, and returns the number of bytes; 0 at the end of the file. Blocks
     * until something is there. Source: {@code read(2)}.
     *
     * @throws OsException if reading fails
     * @throws IllegalStateException if this descriptor is closed
     */
    public int read(byte[] bytes) {
        int held = acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(bytes.length, 1));
            long result;
            do {
                result = DescriptorCalls.read(held, buffer, bytes.length);
            } while (result == -Errno.EINTR);
            if (result < 0) {
                throw new OsException("read", (int) -result, "fd=" + held + " bytes=" + bytes.length, "");
            }
            MemorySegment.copy(buffer, JAVA_BYTE, 0, bytes, 0, (int) result);
            return (int) result;
        } finally {
            release();
        }
    }

    /**
     * The little-endian unsigned value of 1 to 8 bytes at an offset, read in exactly one {@code pread(2)}: a register behind
     * sysfs {@code resourceN} is one access of that width.
     *
     * @throws IllegalArgumentException if bytes is not 1 to 8, or the offset is negative
     * @throws OsException if reading fails; errno EIO if the file gave fewer bytes
     * @throws IllegalStateException if this descriptor is closed
     */
    public long pread(long offset, int bytes) {
        String arguments = checkedRegister(offset, bytes);
        int held = acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(MAX_REGISTER_BYTES);
            long result;
            do {
                result = FileCalls.pread(held, buffer, bytes, offset);
            } while (result == -Errno.EINTR);
            checkTransferred("pread", result, bytes, arguments);
            return buffer.get(LITTLE_ENDIAN_LONG, 0);
        } finally {
            release();
        }
    }

    /**
     * Writes the low 1 to 8 bytes of a value at an offset, little-endian, in exactly one {@code pwrite(2)}; see
     * {@link #pread}.
     *
     * @throws IllegalArgumentException if bytes is not 1 to 8, or the offset is negative
     * @throws OsException if writing fails; errno EIO if the file took fewer bytes
     * @throws IllegalStateException if this descriptor is closed
     */
    public void pwrite(long offset, int bytes, long value) {
        String arguments = checkedRegister(offset, bytes);
        int held = acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(MAX_REGISTER_BYTES);
            buffer.set(LITTLE_ENDIAN_LONG, 0, value);
            long result;
            do {
                result = FileCalls.pwrite(held, buffer, bytes, offset);
            } while (result == -Errno.EINTR);
            checkTransferred("pwrite", result, bytes, arguments);
        } finally {
            release();
        }
    }

    /**
     * Waits until no other open file has this file locked, then locks it. The lock ends with {@link #unlock}, or when the last
     * duplicate of this descriptor is closed. Source: {@code flock(2)}, LOCK_EX.
     *
     * @throws OsException if the file cannot be locked
     * @throws IllegalStateException if this descriptor is closed
     */
    public void lock() {
        flock(LOCK_EX);
    }

    /**
     * Like {@link #lock}, but only if no other open file has it locked now, and returns whether it did. Source:
     * {@code flock(2)}, LOCK_NB.
     *
     * @throws OsException if the file cannot be locked for another reason
     * @throws IllegalStateException if this descriptor is closed
     */
    public boolean tryLock() {
        try {
            flock(LOCK_EX | LOCK_NB);
            return true;
        } catch (OsException failure) {
            if (failure.errno() == Errno.EAGAIN) {
                return false;
            }
            throw failure;
        }
    }

    /**
     * Ends {@link #lock}. Source: {@code flock(2)}, LOCK_UN.
     *
     * @throws OsException if that fails
     * @throws IllegalStateException if this descriptor is closed
     */
    public void unlock() {
        flock(LOCK_UN);
    }

    private void flock(int operation) {
        int held = acquire();
        try {
            int result;
            do {
                result = FileCalls.flock(held, operation);
            } while (result == -Errno.EINTR);
            OsException.checked("flock", result, "fd=" + held + " operation=" + operation);
        } finally {
            release();
        }
    }

    /**
     * Gives the descriptor back, once; further calls do nothing. If another thread is inside a call on it, the last such
     * call gives it back. Source: {@code close(2)}.
     */
    @Override
    public void close() {
        closeWaking(busy -> {
        });
    }

    @Override
    public String toString() {
        return "fd " + number + (isOpen() ? "" : " (closed)");
    }

    /** Like {@link #close}, but calls {@code wake} with the still valid number if other threads are inside a call on it. */
    void closeWaking(IntConsumer wake) {
        int before = state.getAndUpdate(now -> now < 0 ? now : (now | CLOSED) + 1);
        if (before < 0) {
            return;
        }
        try {
            if (before > 0) {
                wake.accept(number);
            }
        } finally {
            release();
        }
    }

    /** The number, which stays valid until {@link #release}, whoever closes this descriptor meanwhile. */
    int acquire() {
        int before = state.getAndUpdate(now -> now < 0 ? now : now + 1);
        if (before < 0) {
            throw closed();
        }
        return number;
    }

    /** Ends what {@link #acquire} began. */
    void release() {
        if (state.decrementAndGet() == CLOSED) {
            // An error of close(2) is either a lost write-back, which no file of ours has, or a number that is not ours.
            int result = FileCalls.close(number);
            if (result == -Errno.EBADF) {
                throw new OsException("close", Errno.EBADF, "fd=" + number, "something else closed it: a bug");
            }
        }
    }

    private IllegalStateException closed() {
        return new IllegalStateException("descriptor is closed: fd=" + number);
    }

    private String checkedRegister(long offset, int bytes) {
        if (bytes < 1 || bytes > MAX_REGISTER_BYTES || offset < 0) {
            throw new IllegalArgumentException(
                    "a register has 1 to 8 bytes at an offset from 0 on: bytes=" + bytes + " offset=" + offset);
        }
        return "fd=" + number + " offset=" + offset + " bytes=" + bytes;
    }

    private static void checkTransferred(String call, long result, int bytes, String arguments) {
        if (result < 0) {
            throw new OsException(call, (int) -result, arguments, "");
        }
        if (result != bytes) {
            throw new OsException(call, Errno.EIO, arguments, "only " + result + " bytes were transferred");
        }
    }
}
