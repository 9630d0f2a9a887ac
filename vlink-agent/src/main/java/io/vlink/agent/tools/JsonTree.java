// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON object as maps and lists: strict, without repeated names, whole numbers only. Immutable. */
final class JsonTree {
    private static final JsonFactory JSON = JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Map<String, Object> fields;

    private JsonTree(Map<String, Object> fields) {
        this.fields = fields;
    }

    /**
     * Reads one object.
     *
     * @param text nothing but the object
     * @return the object
     * @throws ToolException if it is none
     */
    static JsonTree parse(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                Map<String, Object> fields = object(parser);
                if (parser.nextToken() == null) {
                    return new JsonTree(fields);
                }
            }
        } catch (IOException e) {
            throw new ToolException("the agent's report is no JSON: " + e.getMessage());
        }
        throw new ToolException("the agent's report is no JSON object");
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            fields.put(name, value(parser));
        }
        return fields;
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> new JsonTree(object(parser));
            case START_ARRAY -> {
                List<JsonTree> items = new ArrayList<>();
                while (parser.nextToken() == JsonToken.START_OBJECT) {
                    items.add(new JsonTree(object(parser)));
                }
                yield items;
            }
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> "none";
            default -> parser.getText();
        };
    }

    /** {@return the object under a name, an empty one if there is none} */
    JsonTree child(String name) {
        return fields.get(name) instanceof JsonTree child ? child : new JsonTree(Map.of());
    }

    /** {@return the objects in the list under a name, none if there is no list} */
    List<JsonTree> children(String name) {
        return fields.get(name) instanceof List<?> items
                ? items.stream().map(JsonTree.class::cast).toList()
                : List.of();
    }

    /** {@return the number under a name, 0 if there is none} */
    long number(String name) {
        return fields.get(name) instanceof Long number ? number : 0;
    }

    /** {@return the value under a name as text, "?" if there is none} */
    String text(String name) {
        return String.valueOf(fields.getOrDefault(name, "?"));
    }

    /** {@return names and values in order} */
    Map<String, Object> fields() {
        return fields;
    }
}
