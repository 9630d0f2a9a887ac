// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.spec.SpecDocument.Row;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** SPEC.md and the code state the same numbers; neither can change alone. */
class SpecDocumentTest {
    private static final Path DOCUMENT = Path.of("SPEC.md");
    private static final Set<String> PROSE = Set.of("meaning", "the host means", "the guest means", "producer",
            "consumer",
            "carries", "value", "who", "reply", "here");
    private static final Map<String, String> ACCESS = Map.of("RO", "READ_ONLY", "RW", "READ_WRITE", "WO", "WRITE_ONLY",
            "RC", "READ_CLEAR");
    // What a column of an enum's table is called in code.
    private static final Map<String, String> ACCESSORS = Map.of("code", "code", "number", "ordinal", "ring number",
            "ordinal", "offset", "offset", "access", "access", "reset", "resetValue", "bits", "bits", "region BAR",
            "regionBar", "channel memory BAR", "channelBar", "flags", "barFlags");

    private static List<Row> rows;

    @BeforeAll
    static void read() throws IOException {
        rows = SpecDocument.rows(DOCUMENT);
    }

    @Test
    void hasATableForEveryNumberInCodeAndNoOther() throws Exception {
        Set<String> documented = new TreeSet<>();
        for (Row row : rows) {
            assertThat(documented.add(row.className() + "." + row.name())).as("%s stands once", row).isTrue();
        }

        assertThat(documented).isEqualTo(namesInCode()).hasSizeGreaterThan(250);
    }

    @Test
    void givesEveryConstantTheValueThatTheCodeHas() throws ReflectiveOperationException {
        for (Row row : rows) {
            if (row.isConstant()) {
                Field field = Class.forName(row.className()).getField(row.name());
                Object value = field.get(null);
                assertThat(number(row, row.cells().get(1), value instanceof Integer)).as(row.toString())
                        .isEqualTo(((Number) value).longValue());
            }
        }
    }

    @Test
    void givesEveryEnumValueTheNumbersThatTheCodeHas() throws ReflectiveOperationException {
        for (Row row : rows) {
            if (!row.isConstant()) {
                Object value = Class.forName(row.className()).getField(row.name()).get(null);
                for (int column = 1; column < row.columns().size(); column++) {
                    compare(row, row.columns().get(column), row.cells().get(column), value);
                }
            }
        }
    }

    @Test
    void keepsItsReadersFromMissingARow() {
        assertThat(rows).allSatisfy(row -> assertThat(row.cells()).as(row.toString()).hasSameSizeAs(row.columns()));
    }

    // A blank cell says that the number is not fixed: it depends on the domain.
    private static void compare(Row row, String column, String cell, Object value) throws ReflectiveOperationException {
        String accessor = column.equals("longest value") ? "maxBytes" : ACCESSORS.get(column);
        if (accessor == null) {
            assertThat(PROSE).as("%s: column with numbers that no code has", row)
                    .contains(column.replaceAll(" \\(.*", ""));
        } else if (!cell.isEmpty()) {
            Object inCode = value.getClass().getMethod(accessor).invoke(value);
            if (inCode instanceof Enum<?> access) {
                assertThat(ACCESS.get(cell)).as(row.toString()).isEqualTo(access.name());
            } else {
                assertThat(number(row, cell, inCode instanceof Integer)).as("%s, %s", row, column)
                        .isEqualTo(((Number) inCode).longValue());
            }
        }
    }

    // A u32 such as 0xffffffff is a negative int in code.
    private static long number(Row row, String cell, boolean u32) {
        long value = cell.startsWith("0x")
                ? Long.parseUnsignedLong(cell.substring(2), 16)
                : Long.parseLong(cell);
        if (u32) {
            assertThat(value >>> 32).as("%s fits 32 bits", row).isZero();
            return (int) value;
        }
        return value;
    }

    private static Set<String> namesInCode() throws Exception {
        Set<String> names = new TreeSet<>();
        for (Class<?> type : publicTypes()) {
            for (Field field : type.getDeclaredFields()) {
                boolean constant = Modifier.isPublic(field.getModifiers()) && Modifier.isStatic(field.getModifiers());
                if (constant && (field.getType().isPrimitive() || field.isEnumConstant())) {
                    names.add(type.getName() + "." + field.getName());
                }
            }
        }
        return names;
    }

    // Nested types hold no numbers of their own: ControlRegister.Access is compared through its column.
    private static List<Class<?>> publicTypes() throws IOException, URISyntaxException, ClassNotFoundException {
        Path root = Path.of(io.vlink.spec.pci.Limits.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Class<?>> types = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                String name = root.relativize(file).toString().replace('/', '.').replace(".class", "");
                Class<?> type = Class.forName(name);
                if (Modifier.isPublic(type.getModifiers()) && !type.isMemberClass()) {
                    types.add(type);
                }
            }
        }
        return types;
    }
}
