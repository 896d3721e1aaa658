package dev.holdfast.control;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The part of {@link Codec} that is about types, server pools and groups. */
final class SetupCodec {
    private SetupCodec() {}

    static Map<String, Object> toObject(Request.OfSetup request) {
        return switch (request) {
            case Request.AddType r ->
                Codec.object(
                        "t", "addType", "name", r.name(), "base", r.base(), "attributes", attributes(r.attributes()));
            case Request.ModifyType r ->
                Codec.object(
                        "t",
                        "modifyType",
                        "name",
                        r.name(),
                        "attributes",
                        attributes(r.attributes()),
                        "force",
                        r.force());
            case Request.DeleteType r -> Codec.object("t", "deleteType", "names", r.names());
            case Request.AddPool r ->
                Codec.object("t", "addPool", "name", r.name(), "attributes", r.attributes(), "force", r.force());
            case Request.ModifyPool r ->
                Codec.object(
                        "t",
                        "modifyPool",
                        "name",
                        r.name(),
                        "attributes",
                        r.attributes(),
                        "policies",
                        r.policies(),
                        "allPolicies",
                        r.allPolicies(),
                        "force",
                        r.force());
            case Request.AddCategory r ->
                Codec.object("t", "addCategory", "name", r.name(), "attributes", r.attributes());
            case Request.ModifyCategory r ->
                Codec.object("t", "modifyCategory", "name", r.name(), "attributes", r.attributes(), "force", r.force());
            case Request.DeleteCategory r -> Codec.object("t", "deleteCategory", "names", r.names());
            case Request.AddPolicy r -> Codec.object("t", "addPolicy", "name", r.name(), "attributes", r.attributes());
            case Request.ModifyPolicy r ->
                Codec.object("t", "modifyPolicy", "name", r.name(), "attributes", r.attributes());
            case Request.DeletePolicy r -> Codec.object("t", "deletePolicy", "names", r.names());
            case Request.ModifyPolicySet r ->
                Codec.object(
                        "t",
                        "modifyPolicySet",
                        "attributes",
                        r.attributes(),
                        "replaces",
                        r.policies().isPresent(),
                        "policies",
                        r.policies().orElse(List.of()).stream()
                                .map(SetupCodec::toObject)
                                .toList(),
                        "keepPools",
                        r.keepPools(),
                        "force",
                        r.force());
            case Request.DeletePool r -> Codec.object("t", "deletePool", "names", r.names(), "force", r.force());
            case Request.SetServer r ->
                Codec.object("t", "setServer", "node", r.node(), "attributes", r.attributes(), "force", r.force());
            case Request.RelocateServer r ->
                Codec.object("t", "relocateServer", "servers", r.servers(), "pool", r.pool(), "force", r.force());
        };
    }

    static Request.OfSetup request(String kind, Fields in) throws MalformedMessage {
        return switch (kind) {
            case "addType" ->
                new Request.AddType(
                        in.text("name"), in.text("base"), in.objects("attributes", SetupCodec::typeAttribute));
            case "modifyType" ->
                new Request.ModifyType(
                        in.text("name"), in.objects("attributes", SetupCodec::typeAttribute), in.flag("force"));
            case "deleteType" -> new Request.DeleteType(in.texts("names"));
            case "addPool" -> new Request.AddPool(in.text("name"), in.textMap("attributes"), in.flag("force"));
            case "modifyPool" ->
                new Request.ModifyPool(
                        in.text("name"),
                        in.textMap("attributes"),
                        in.texts("policies"),
                        in.flag("allPolicies"),
                        in.flag("force"));
            case "addCategory" -> new Request.AddCategory(in.text("name"), in.textMap("attributes"));
            case "modifyCategory" ->
                new Request.ModifyCategory(in.text("name"), in.textMap("attributes"), in.flag("force"));
            case "deleteCategory" -> new Request.DeleteCategory(in.texts("names"));
            case "addPolicy" -> new Request.AddPolicy(in.text("name"), in.textMap("attributes"));
            case "modifyPolicy" -> new Request.ModifyPolicy(in.text("name"), in.textMap("attributes"));
            case "deletePolicy" -> new Request.DeletePolicy(in.texts("names"));
            case "modifyPolicySet" -> {
                boolean replaces = in.flag("replaces");
                List<Reply.Policy> policies = in.objects("policies", SetupCodec::policy);
                yield new Request.ModifyPolicySet(
                        in.textMap("attributes"),
                        replaces ? Optional.of(policies) : Optional.empty(),
                        in.flag("keepPools"),
                        in.flag("force"));
            }
            case "deletePool" -> new Request.DeletePool(in.texts("names"), in.flag("force"));
            case "setServer" -> new Request.SetServer(in.maybeText("node"), in.textMap("attributes"), in.flag("force"));
            case "relocateServer" -> new Request.RelocateServer(in.texts("servers"), in.text("pool"), in.flag("force"));
            default -> throw new MalformedMessage("there is no request '" + kind + "'");
        };
    }

    private static List<Map<String, Object>> attributes(List<Request.TypeAttribute> attributes) {
        return attributes.stream()
                .map(each -> Codec.object(
                        "name",
                        each.name(),
                        "kind",
                        each.kind(),
                        "defaultValue",
                        each.defaultValue(),
                        "flags",
                        each.flags()))
                .toList();
    }

    private static Request.TypeAttribute typeAttribute(Fields in) throws MalformedMessage {
        Request.TypeAttribute attribute = new Request.TypeAttribute(
                in.text("name"), in.maybeText("kind"), in.maybeText("defaultValue"), in.maybeText("flags"));
        in.nothingElse();
        return attribute;
    }

    static Map<String, Object> toObject(Reply.Pool pool) {
        return Codec.object(
                "name",
                pool.name(),
                "attributes",
                pool.attributes(),
                "servers",
                pool.servers(),
                "version",
                pool.version());
    }

    static Reply.Pool pool(Fields in) throws MalformedMessage {
        return new Reply.Pool(in.text("name"), in.textMap("attributes"), in.texts("servers"), in.maybeText("version"));
    }

    static Map<String, Object> toObject(Reply.Category category) {
        return Codec.object(
                "name",
                category.name(),
                "attributes",
                category.attributes(),
                "servers",
                category.servers(),
                "version",
                category.version());
    }

    static Reply.Category category(Fields in) throws MalformedMessage {
        return new Reply.Category(
                in.text("name"), in.textMap("attributes"), in.texts("servers"), in.maybeText("version"));
    }

    static Map<String, Object> toObject(Reply.Policy policy) {
        return Codec.object(
                "name",
                policy.name(),
                "description",
                policy.description(),
                "pools",
                policy.pools().stream()
                        .map(each -> Codec.object("pool", each.pool(), "attributes", each.attributes()))
                        .toList(),
                "version",
                policy.version());
    }

    static Reply.Policy policy(Fields in) throws MalformedMessage {
        return new Reply.Policy(
                in.text("name"),
                in.text("description"),
                in.objects("pools", p -> new Reply.Shape(p.text("pool"), p.textMap("attributes"))),
                in.maybeText("version"));
    }

    static Map<String, Object> toObject(Reply.Group group) {
        return Codec.object(
                "itself",
                Codec.toObject(group.itself()),
                "members",
                group.members().stream()
                        .map(each -> Codec.object(
                                "name",
                                each.name(),
                                "type",
                                each.type(),
                                "critical",
                                each.critical(),
                                "states",
                                each.states()))
                        .toList());
    }

    static Reply.Group group(Fields in) throws MalformedMessage {
        return new Reply.Group(
                in.object("itself", Codec::resource),
                in.objects(
                        "members",
                        m -> new Reply.Member(m.text("name"), m.text("type"), m.flag("critical"), m.texts("states"))));
    }
}
