package dev.holdfast.model;

import dev.holdfast.model.AttributeDefinition.Flag;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A resource type that an administrator made: what it adds to its base, and which defaults it replaces.
 *
 * @param base the type that it is derived from: one of the product's, or another custom one
 * @param attributes its own only, by name
 * @param acl who may do what with it, as text; empty: as for the product's own
 */
public record CustomType(String name, String base, SortedMap<String, Own> attributes, String acl) {
    /** With the rights that the product's own types have. */
    public CustomType(String name, String base, SortedMap<String, Own> attributes) {
        this(name, base, attributes, "");
    }

    /**
     * An attribute of a custom type.
     *
     * @param number it holds a whole number; else any text
     * @param defaultValue empty: none is given, so an inherited one stays
     * @param flags empty: those of the inherited attribute stay, or it is CONFIG
     */
    public record Own(String name, boolean number, Optional<String> defaultValue, Set<Flag> flags) {
        public Own {
            flags = AttributeDefinition.frozen(flags);
        }
    }

    public CustomType {
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
    }

    /** With attributes added or replaced. */
    public CustomType with(SortedMap<String, Own> others) {
        SortedMap<String, Own> all = new TreeMap<>(attributes);
        all.putAll(others);
        return new CustomType(name, base, all, acl);
    }

    /** With another access list. */
    public CustomType withAcl(String changed) {
        return new CustomType(name, base, attributes, changed);
    }

    /** Reads {@code CONFIG|REQUIRED}; empty if one of the words is no flag. */
    public static Optional<Set<Flag>> flags(String text) {
        Set<Flag> flags = new LinkedHashSet<>();
        for (String word : text.isBlank() ? new String[0] : text.split("\\|", -1)) {
            Optional<Flag> flag = EnumSet.allOf(Flag.class).stream()
                    .filter(each -> each.name().equals(word.strip()))
                    .findFirst();
            if (flag.isEmpty()) {
                return Optional.empty();
            }
            flags.add(flag.get());
        }
        return Optional.of(flags);
    }
}
