package dev.holdfast.model;

import java.util.List;

/**
 * What may stand in an attribute.
 *
 * @param defaultValue what holds when nothing is given; empty is a value too
 * @param required must be given when a resource is added
 * @param kind which texts are allowed
 */
public record AttributeDefinition(String name, Kind kind, String defaultValue, boolean required) {
    /** Which texts an attribute takes. */
    public sealed interface Kind {
        /** Any text. */
        record Text() implements Kind {}

        /** A whole number, {@code min} to {@code max}. */
        record Whole(long min, long max) implements Kind {}

        /** One of the words, in lower case. */
        record Choice(List<String> words) implements Kind {}

        /** A number and one of s, m, h, d, w. */
        record Span() implements Kind {}

        /** Empty, or an absolute path. */
        record Path() implements Kind {}

        /** Names of servers separated by blanks. */
        record Servers() implements Kind {}

        /** An IPv4 address in dotted form, or empty. */
        record Address() implements Kind {}

        /** The grammar of {@link StartDependencies}. */
        record Start() implements Kind {}

        /** The grammar of {@link StopDependencies}. */
        record Stop() implements Kind {}
    }

    AttributeDefinition withDefault(String value) {
        return new AttributeDefinition(name, kind, value, required);
    }
}
