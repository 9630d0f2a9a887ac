// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Adds a program to a guest's initramfs. The kernel unpacks archives that follow one another into the same file system
 * (Linux, Documentation/driver-api/early-userspace/buffer-format.rst), so the image itself is copied untouched. Stateless.
 */
final class GuestArchive {
    private static final int ALIGNMENT = 4;
    private static final int PROGRAM_MODE = 0100755;
    private static final int INODE = 721;

    private GuestArchive() {
    }

    /**
     * Writes a new image: an existing one and behind it an archive with one program.
     *
     * @param image   initramfs to begin with
     * @param program file to add
     * @param name    its path in the guest, relative to the root; its folder must exist there
     * @param result  file to write
     */
    static void append(Path image, Path program, String name, Path result) {
        try {
            Files.copy(image, result);
            byte[] data = Files.readAllBytes(program);
            try (OutputStream out = Files.newOutputStream(result, java.nio.file.StandardOpenOption.APPEND)) {
                pad(out, Files.size(image));
                writeEntry(out, name, PROGRAM_MODE, data);
                writeEntry(out, "TRAILER!!!", 0, new byte[0]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One entry of the "newc" format: 6 digits of magic, 13 numbers of 8 hexadecimal digits, name, data. */
    private static void writeEntry(OutputStream out, String name, int mode, byte[] data) throws IOException {
        byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.US_ASCII);
        // inode, mode, user, group, links, time, size, device (2), special device (2), name's length, checksum
        int[] fields = {INODE, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0};
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append("%08x".formatted(field));
        }
        out.write(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.write(nameBytes);
        pad(out, header.length() + nameBytes.length);
        out.write(data);
        pad(out, data.length);
    }

    private static void pad(OutputStream out, long written) throws IOException {
        out.write(new byte[(int) (-written & (ALIGNMENT - 1))]);
    }
}
