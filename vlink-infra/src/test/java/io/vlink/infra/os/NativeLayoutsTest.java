// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The C compiler's opinion of our structs and constants. */
class NativeLayoutsTest {
    private static final Map<String, StructLayout> STRUCTS = structs();
    /** Numbers that the classes of this package hold privately, as literals. */
    private static final Map<String, Long> CONSTANTS = Map.ofEntries(Map.entry("O_CLOEXEC", 0x80000L),
            Map.entry("O_RDWR", 2L), Map.entry("EFD_CLOEXEC", 0x80000L), Map.entry("F_GETFD", 1L),
            Map.entry("F_SETFD", 2L),
            Map.entry("F_DUPFD_CLOEXEC", 1030L), Map.entry("FD_CLOEXEC", 1L), Map.entry("F_ADD_SEALS", 1033L),
            Map.entry("F_GET_SEALS", 1034L), Map.entry("F_SEAL_SEAL", 1L), Map.entry("F_SEAL_SHRINK", 2L),
            Map.entry("F_SEAL_GROW", 4L), Map.entry("MFD_CLOEXEC", 1L), Map.entry("MFD_ALLOW_SEALING", 2L),
            Map.entry("MFD_HUGETLB", 4L), Map.entry("MAP_HUGE_SHIFT", 26L), Map.entry("MAP_SHARED", 1L),
            Map.entry("MAP_POPULATE", 0x8000L), Map.entry("PROT_READ", 1L), Map.entry("PROT_READ | PROT_WRITE", 3L),
            Map.entry("AF_UNIX", 1L), Map.entry("SOCK_STREAM", 1L), Map.entry("SOCK_CLOEXEC", 0x80000L),
            Map.entry("SOL_SOCKET", 1L), Map.entry("SO_PEERCRED", 17L), Map.entry("SO_RCVTIMEO", 20L),
            Map.entry("SO_SNDTIMEO", 21L), Map.entry("SHUT_RDWR", 2L), Map.entry("MSG_NOSIGNAL", 0x4000L),
            Map.entry("MSG_CMSG_CLOEXEC", 0x40000000L), Map.entry("MSG_CTRUNC", 8L), Map.entry("SCM_RIGHTS", 1L),
            Map.entry("CMSG_LEN(4)", 20L), Map.entry("POLLIN", 1L), Map.entry("SIG_SETMASK", 2L),
            Map.entry("EMSGSIZE", 90L),
            Map.entry("ECONNREFUSED", 111L), Map.entry("EOPNOTSUPP", 95L));

    @TempDir
    Path folder;

    @Test
    void agreeWithTheCompiler() throws IOException, InterruptedException {
        boolean compiler = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(at -> Files.isExecutable(Path.of(at, "gcc")));
        if (!compiler) {
            System.out.println("skipped: NativeLayoutsTest: no gcc on PATH; install gcc");
        }
        assumeTrue(compiler, "no gcc on PATH");
        Path source = Files.writeString(folder.resolve("layouts.c"), program());
        Path binary = folder.resolve("layouts");
        assertThat(run("gcc", "-o", binary.toString(), source.toString())).isEmpty();
        assertThat(run(binary.toString())).containsExactlyElementsOf(expected());
    }

    private static String program() {
        StringBuilder program = new StringBuilder("""
                #define _GNU_SOURCE
                #include <errno.h>
                #include <fcntl.h>
                #include <poll.h>
                #include <signal.h>
                #include <stddef.h>
                #include <stdio.h>
                #include <sys/eventfd.h>
                #include <sys/mman.h>
                #include <sys/socket.h>
                #include <sys/stat.h>
                #include <sys/time.h>
                #include <sys/un.h>
                #define SHOW(name, value) printf("%s %ld\\n", name, (long) (value))
                int main(void) {
                """);
        STRUCTS.forEach((name, layout) -> {
            for (String field : fields(layout)) {
                program.append("SHOW(\"%s.%s\", offsetof(struct %s, %s));%n".formatted(name, field, name, field));
            }
            // Of struct stat only the front is described, with room for the rest.
            program.append(name.equals("stat")
                    ? "SHOW(\"stat fits\", sizeof(struct stat) <= %d);%n".formatted(layout.byteSize())
                    : "SHOW(\"%s\", sizeof(struct %s));%n".formatted(name, name));
        });
        sortedConstants().forEach(name -> program.append("SHOW(\"%s\", %s);%n".formatted(name, name)));
        return program.append("return 0;\n}\n").toString();
    }

    private static List<String> expected() {
        List<String> lines = new ArrayList<>();
        STRUCTS.forEach((name, layout) -> {
            for (String field : fields(layout)) {
                lines.add(name + "." + field + " " + layout.byteOffset(PathElement.groupElement(field)));
            }
            lines.add(name.equals("stat") ? "stat fits 1" : name + " " + layout.byteSize());
        });
        sortedConstants().forEach(name -> lines.add(name + " " + CONSTANTS.get(name)));
        return lines;
    }

    private static List<String> fields(StructLayout layout) {
        return layout.memberLayouts().stream().map(MemoryLayout::name).flatMap(Optional::stream).toList();
    }

    private static List<String> sortedConstants() {
        return CONSTANTS.keySet().stream().sorted().toList();
    }

    private List<String> run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "run", ".out");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        List<String> lines = Files.readAllLines(output);
        assertThat(process.exitValue()).as("%s", lines).isZero();
        return lines;
    }

    private static Map<String, StructLayout> structs() {
        Map<String, StructLayout> structs = new LinkedHashMap<>();
        structs.put("sockaddr_un", NativeLayouts.SOCKADDR_UN);
        structs.put("iovec", NativeLayouts.IOVEC);
        structs.put("msghdr", NativeLayouts.MSGHDR);
        structs.put("cmsghdr", NativeLayouts.CMSGHDR);
        structs.put("ucred", NativeLayouts.UCRED);
        structs.put("timeval", NativeLayouts.TIMEVAL);
        structs.put("pollfd", NativeLayouts.POLLFD);
        structs.put("stat", NativeLayouts.STAT);
        return structs;
    }
}
