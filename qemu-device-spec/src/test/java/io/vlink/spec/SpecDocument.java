// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers of SPEC.md: every row of the tables below a line {@code Code: `class`} whose first column is {@code name}. It
 * reads the text alone and knows nothing of the classes.
 */
final class SpecDocument {
    private static final String CODE_LINE = "Code: `";

    /** One row: the class it speaks of, the head of its table and its cells. */
    record Row(String className, List<String> columns, List<String> cells) {
        String name() {
            return cells.getFirst();
        }

        boolean isConstant() {
            return columns.get(1).equals("value");
        }

        @Override
        public String toString() {
            return "SPEC.md " + className + " row " + String.join(" | ", cells);
        }
    }

    private SpecDocument() {
    }

    static List<Row> rows(Path document) throws IOException {
        List<Row> rows = new ArrayList<>();
        String className = null;
        List<String> columns = null;
        for (String line : Files.readAllLines(document)) {
            if (line.startsWith(CODE_LINE)) {
                className = line.substring(CODE_LINE.length(), line.indexOf('`', CODE_LINE.length()));
            } else if (line.startsWith("#")) {
                className = null;
            } else if (!line.startsWith("|")) {
                columns = null;
            } else if (columns == null) {
                columns = cells(line);
            } else if (className != null && columns.getFirst().equals("name") && !line.startsWith("| ---")) {
                rows.add(new Row(className, columns, cells(line)));
            }
        }
        return rows;
    }

    private static List<String> cells(String line) {
        String inner = line.strip().substring(1, line.strip().length() - 1);
        return Arrays.stream(inner.split("\\|", -1)).map(String::strip).toList();
    }
}
