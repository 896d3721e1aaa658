package dev.holdfast.model;

import dev.holdfast.model.AttributeDefinition.Flag;
import dev.holdfast.model.AttributeDefinition.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads one attribute of a custom type against the type that it is derived from. */
final class TypeAttribute {
    private static final int LONGEST_NAME = 100;

    private TypeAttribute() {}

    static Optional<AttributeDefinition> read(
            String type, TypeDefinition base, CustomType.Own own, List<Message> problems) {
        int before = problems.size();
        AttributeDefinition inherited = base.attributes().get(own.name());
        AttributeDefinition attribute =
                inherited == null ? added(type, base, own, problems) : changed(type, inherited, own, problems);
        if (attribute.readOnly() && own.flags().contains(Flag.CONFIG)) {
            refuse(
                    type,
                    own,
                    "is both CONFIG and READONLY",
                    "CONFIG: may be changed later. READONLY: may not.",
                    problems);
        }
        own.defaultValue().filter(value -> !value.isEmpty()).ifPresent(value -> {
            String problem = ResourceDefinition.problemWith(attribute, value);
            if (problem != null) {
                refuse(type, own, "DEFAULT_VALUE " + problem, "", problems);
            }
        });
        return problems.size() == before ? Optional.of(attribute) : Optional.empty();
    }

    private static AttributeDefinition added(
            String type, TypeDefinition base, CustomType.Own own, List<Message> problems) {
        String name = own.name();
        if (!name.matches("[A-Za-z][A-Za-z0-9_]*") || name.length() > LONGEST_NAME) {
            refuse(
                    type,
                    own,
                    "is not a good name",
                    "Use letters, digits and underscores, " + LONGEST_NAME + " at most, and begin with a letter.",
                    problems);
        } else if (ResourceDefinition.isReserved(name)) {
            refuse(type, own, "has a name that is taken", "Choose another name.", problems);
        }
        String instead = base.isGroup() ? ResourceDefinition.whyNotOfGroups(name) : null;
        if (instead != null) {
            refuse(type, own, "is no attribute of groups", instead, problems);
        }
        Set<Flag> flags = own.flags().isEmpty() ? EnumSet.of(Flag.CONFIG) : own.flags();
        if (own.defaultValue().isEmpty() && !flags.contains(Flag.REQUIRED)) {
            refuse(
                    type,
                    own,
                    "has neither a default nor the flag REQUIRED",
                    "Add DEFAULT_VALUE=..., or FLAGS=REQUIRED.",
                    problems);
        }
        Kind kind = own.number()
                ? new Kind.Whole(-ResourceDefinition.ANY_NUMBER, ResourceDefinition.ANY_NUMBER)
                : new Kind.Text();
        return new AttributeDefinition(name, kind, own.defaultValue().orElse(""), flags);
    }

    private static AttributeDefinition changed(
            String type, AttributeDefinition inherited, CustomType.Own own, List<Message> problems) {
        if (inherited.isNumber() != own.number()) {
            refuse(
                    type,
                    own,
                    "is inherited and holds " + (inherited.isNumber() ? "a number" : "text"),
                    "Write TYPE=" + (inherited.isNumber() ? "int" : "string") + ", or choose another name.",
                    problems);
            return inherited;
        }
        if (own.name().equals("RESOURCE_GROUP")) {
            refuse(type, own, "is given to each resource, and not to a type", "Leave it out.", problems);
        }
        AttributeDefinition changed =
                own.defaultValue().map(inherited::withDefault).orElse(inherited);
        return own.flags().isEmpty() ? changed : changed.withFlags(own.flags());
    }

    private static void refuse(
            String type, CustomType.Own own, String problem, String nextStep, List<Message> problems) {
        problems.add(new Message(
                "HF-3130", "Attribute '" + own.name() + "' of type '" + type + "' " + problem + ".", nextStep));
    }
}
