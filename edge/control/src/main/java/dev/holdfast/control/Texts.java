package dev.holdfast.control;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** JSON for the tools and for crsd, with texts of any length. */
public final class Texts {
    /** The most characters of one text in a request. */
    public static final int LONGEST = JsonLine.LONGEST_TEXT;

    private Texts() {}

    /**
     * In one line, without fields that are null or an empty list.
     *
     * @throws IllegalArgumentException if there is something in it that JSON does not have
     */
    public static String line(Map<String, ?> tree) {
        return JsonLine.sparse(tree);
    }

    /** In several lines. {@code tree}: maps, lists, texts, numbers and flags. */
    public static String pretty(Map<String, Object> tree) {
        return JsonLine.pretty(tree);
    }

    /** @throws IllegalArgumentException if the text is not one JSON object */
    public static Map<String, Object> jsonObject(String text) {
        try {
            return JsonLine.read(text.getBytes(StandardCharsets.UTF_8));
        } catch (MalformedMessage bad) {
            throw new IllegalArgumentException(bad.getMessage());
        }
    }
}
