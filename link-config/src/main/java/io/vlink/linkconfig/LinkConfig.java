// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The links of one domain. Immutable; one that was parsed has 1 to 16 links with at most 64 channels in all, and no name or
 * address twice.
 *
 * @param links in file order; a link's index is its place here
 */
public record LinkConfig(List<LinkDefinition> links) {
    /** Largest file in bytes: far more than 16 links with long comments need. */
    public static final int MAX_FILE_BYTES = 64 << 10;

    /**
     * The links of a domain.
     *
     * @param links in file order
     */
    public LinkConfig {
        links = List.copyOf(links);
    }

    /**
     * Reads a file.
     *
     * @param path the file
     * @return its links
     * @throws LinkConfigException with all problems of the file, also when it cannot be read
     */
    public static LinkConfig parse(Path path) {
        return parse(path.toString(), read(path));
    }

    /**
     * Parses the content of a file.
     *
     * @param name name of the file, for messages
     * @param utf8 its content
     * @return its links
     * @throws LinkConfigException with all problems of the content
     */
    public static LinkConfig parse(String name, byte[] utf8) {
        if (utf8.length > MAX_FILE_BYTES) {
            throw unusable(name, "file must have at most " + MAX_FILE_BYTES
                    + " bytes; right would be one line for each of at most 16 links");
        }
        return new LinkConfigParser(name).parse(utf8);
    }

    /**
     * Parses lines that came over the control protocol.
     *
     * @param name  what they are, for messages
     * @param lines one link each
     * @return their links
     * @throws LinkConfigException with all problems of the lines, counted as lines of a file
     */
    public static LinkConfig parseLines(String name, List<String> lines) {
        return parse(name, String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    /** {@return the links as lines that {@link #parseLines} reads} */
    public List<String> toLines() {
        return links.stream().map(LinkDefinition::toLine).toList();
    }

    /** {@return channels of all links together, control channels included} */
    public int channels() {
        return links.stream().mapToInt(LinkDefinition::channels).sum();
    }

    private static byte[] read(Path path) {
        String name = path.toString();
        if (Files.isDirectory(path)) {
            throw unusable(name, "is a directory; right would be a file with one line for each link");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(MAX_FILE_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw unusable(name, "no such file; create it with a line like \"tap123 52:54:00:12:34:56 3\", "
                    + "or correct the path");
        } catch (AccessDeniedException e) {
            throw unusable(name, "file is not readable by this user; right would be: chmod u+r, or another user");
        } catch (IOException e) {
            throw unusable(name, "file cannot be read: " + e.getMessage());
        }
    }

    private static LinkConfigException unusable(String name, String message) {
        return new LinkConfigException(List.of(new Problem(name, 1, 1, message)));
    }
}
