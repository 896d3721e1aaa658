package dev.holdfast.crsd;

import dev.holdfast.model.CustomType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Types that administrators made, as the registry keeps them and as crsds tell them to each other. */
final class TypeCodec {
    private TypeCodec() {}

    static Json encode(CustomType type) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        type.attributes()
                .forEach((name, attribute) -> attributes.put(
                        name,
                        Json.object()
                                .with("kind", attribute.number() ? "int" : "string")
                                .withOptional(
                                        "default", attribute.defaultValue().orElse(null))
                                .with(
                                        "flags",
                                        attribute.flags().stream()
                                                .map(Enum::name)
                                                .toList())
                                .values()));
        return Json.object()
                .with("base", type.base())
                .with("attributes", attributes)
                .withOptional("acl", type.acl().isEmpty() ? null : type.acl());
    }

    static Map<String, Object> encode(SortedMap<String, CustomType> types) {
        Map<String, Object> all = new LinkedHashMap<>();
        types.forEach((name, type) -> all.put(name, encode(type).values()));
        return all;
    }

    static CustomType decode(String name, Json json) throws Json.Malformed {
        SortedMap<String, CustomType.Own> attributes = new TreeMap<>();
        Json all = json.childOrEmpty("attributes");
        for (String attribute : all.values().keySet()) {
            Json one = all.child(attribute);
            attributes.put(
                    attribute,
                    new CustomType.Own(
                            attribute,
                            one.string("kind").equals("int"),
                            one.has("default") ? Optional.of(one.string("default")) : Optional.empty(),
                            CustomType.flags(String.join("|", one.strings("flags")))
                                    .orElseThrow(
                                            () -> new Json.Malformed("a flag of '" + attribute + "' is unknown"))));
        }
        return new CustomType(name, json.string("base"), attributes, json.has("acl") ? json.string("acl") : "");
    }

    static SortedMap<String, CustomType> decode(Json types) throws Json.Malformed {
        SortedMap<String, CustomType> all = new TreeMap<>();
        for (String name : types.values().keySet()) {
            all.put(name, decode(name, types.child(name)));
        }
        return all;
    }
}
