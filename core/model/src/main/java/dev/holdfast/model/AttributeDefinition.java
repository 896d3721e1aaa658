package dev.holdfast.model;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What may stand in an attribute.
 *
 * @param defaultValue what holds when nothing is given; empty is a value too
 * @param kind which texts are allowed
 * @param flags what may be done with it, and when
 */
public record AttributeDefinition(String name, Kind kind, String defaultValue, Set<Flag> flags) {
    /** What may be done with an attribute, and when. */
    public enum Flag {
        /** May be changed when the resource is registered already. */
        CONFIG,
        /** Can never be changed once the resource is registered. */
        READONLY,
        /** Must be given when a resource is added. */
        REQUIRED,
        /** A change counts for what runs, without a restart. */
        HOTMOD,
        /** Kept for those who know these words; they change nothing. */
        HIDDEN,
        RUNTIME,
        HISTORICAL
    }

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

        /** Absolute paths, each perhaps with arguments, separated by commas. */
        record Programs() implements Kind {}

        /** {@code NAME=value} separated by commas. */
        record Variables() implements Kind {}

        /** Names of servers separated by blanks. */
        record Servers() implements Kind {}

        /** Names of server pools separated by blanks, or {@code *}. */
        record Pools() implements Kind {}

        /** The name of a resource, a group or a category, or empty. */
        record Name() implements Kind {}

        /** Names of resources separated by blanks, or {@code all}. */
        record Names() implements Kind {}

        /** How many instances: a number, or as many as there are servers in the pools. */
        record Cardinality() implements Kind {}

        /** An IPv4 address in dotted form or, unless {@code ipv4Only}, an IPv6 address; or empty. */
        record Address(boolean ipv4Only) implements Kind {}

        /** An IPv6 subnet as address/length, or empty. */
        record Ipv6Subnet() implements Kind {}

        /** The grammar of {@link CustomAction}. */
        record Actions() implements Kind {}

        /** The grammar of {@link StartDependencies}. */
        record Start() implements Kind {}

        /** The grammar of {@link StopDependencies}. */
        record Stop() implements Kind {}
    }

    public AttributeDefinition {
        flags = frozen(flags);
    }

    public AttributeDefinition(String name, Kind kind, String defaultValue, boolean required) {
        this(name, kind, defaultValue, required ? EnumSet.of(Flag.CONFIG, Flag.REQUIRED) : EnumSet.of(Flag.CONFIG));
    }

    /** In the order of the constants, so that it prints the same everywhere. */
    static Set<Flag> frozen(Collection<Flag> flags) {
        EnumSet<Flag> all = EnumSet.noneOf(Flag.class);
        all.addAll(flags);
        return Collections.unmodifiableSet(all);
    }

    /** Must be given when a resource is added. */
    public boolean required() {
        return flags.contains(Flag.REQUIRED);
    }

    /** Can never be changed once the resource is registered. */
    public boolean readOnly() {
        return flags.contains(Flag.READONLY);
    }

    /** Holds a whole number; all others hold text. */
    public boolean isNumber() {
        return kind instanceof Kind.Whole;
    }

    AttributeDefinition withDefault(String value) {
        return new AttributeDefinition(name, kind, value, flags);
    }

    AttributeDefinition withFlags(Set<Flag> others) {
        return new AttributeDefinition(name, kind, defaultValue, others);
    }
}
