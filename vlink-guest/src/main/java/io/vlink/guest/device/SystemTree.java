// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The files through which Linux shows its devices: {@code /sys}, {@code /dev}, {@code /proc}, {@code /lib/modules}, below a
 * root that tests can move. Immutable; any thread.
 *
 * @param root {@code /}, or a folder that stands for it
 */
public record SystemTree(Path root) {
    /** {@return the running system's own tree} */
    public static SystemTree real() {
        return new SystemTree(Path.of("/"));
    }

    /**
     * A path in the tree.
     *
     * @param path without a leading slash
     * @return where it is
     */
    public Path path(String path) {
        return root.resolve(path);
    }

    /**
     * The text of a small file, without the white space around it.
     *
     * @param file where it is
     * @return its text; empty if there is no such file
     * @throws DeviceException if it cannot be read
     */
    static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
        } catch (NoSuchFileException e) {
            return "";
        } catch (AccessDeniedException e) {
            throw new DeviceException("not permitted to read: file=" + file + ": run as root", e);
        } catch (IOException e) {
            throw new DeviceException("cannot be read: file=" + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes a small text to an existing file in one write, as sysfs wants it.
     *
     * @param file where it is
     * @param text what to write
     * @return null if it was written, otherwise the kernel's reason
     * @throws DeviceException if that needs root, or there is no such file
     */
    static String write(Path file, String text) {
        if (!Files.exists(file)) {
            throw new DeviceException("no such file: file=" + file + ": is /sys mounted? (mount -t sysfs sysfs /sys)");
        }
        if (!Files.isWritable(file)) {
            throw new DeviceException("not permitted to write: file=" + file + ": run as root");
        }
        try (FileOutputStream out = new FileOutputStream(file.toFile())) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            return null;
        } catch (IOException e) {
            return e.getMessage() == null ? e.toString() : e.getMessage();
        }
    }

    /**
     * The names in a folder.
     *
     * @param folder where it is
     * @return names in order; empty if there is no such folder
     */
    static List<String> names(Path folder) {
        String[] found = folder.toFile().list();
        List<String> names = found == null ? new ArrayList<>() : new ArrayList<>(List.of(found));
        Collections.sort(names);
        return names;
    }

    /** {@return the running kernel's release, such as {@code 6.1.0-40-cloud-amd64}; empty if it is not known} */
    public String kernelRelease() {
        return text(path("proc/sys/kernel/osrelease"));
    }
}
