package dev.holdfast.control;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** JSON for the tools, with the library that they have loaded anyway. */
public final class Texts {
    private Texts() {}

    /** In several lines. {@code tree}: maps, lists, texts, numbers and flags. */
    public static String pretty(Map<String, Object> tree) {
        return JsonLine.pretty(tree);
    }

    /** @throws IllegalArgumentException if the text is not one JSON object */
    public static Map<?, ?> jsonObject(String text) {
        try {
            return JsonLine.read(text.getBytes(StandardCharsets.UTF_8));
        } catch (MalformedMessage bad) {
            throw new IllegalArgumentException(bad.getMessage());
        }
    }
}
