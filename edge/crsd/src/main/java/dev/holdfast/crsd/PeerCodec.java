package dev.holdfast.crsd;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.node.PeerMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** {@link PeerMessage} as JSON. Numbers that can pass 2^53 travel as text. */
final class PeerCodec {
    private PeerCodec() {}

    static Json encode(PeerMessage message) {
        return switch (message) {
            case PeerMessage.Definitions(
                    long mastership,
                    long version,
                    long orders,
                    List<PeerMessage.Definition> resources,
                    SortedMap<String, CustomType> types) ->
                Json.object()
                        .with("t", "definitions")
                        .with("mastership", Long.toString(mastership))
                        .with("version", version)
                        .with("orders", orders)
                        .with(
                                "resources",
                                resources.stream()
                                        .map(resource -> Json.object()
                                                .with("name", resource.name())
                                                .with("type", resource.type())
                                                .with("given", resource.given())
                                                .with("frozen", resource.frozen())
                                                .with("instance", resource.instance())
                                                .values())
                                        .toList())
                        .with("types", TypeCodec.encode(types));
            case PeerMessage.Report(
                    long mastership,
                    long version,
                    long orders,
                    boolean all,
                    boolean complete,
                    SortedMap<ResourceName, Observed> instances) -> {
                Map<String, Object> states = new LinkedHashMap<>();
                instances.forEach((name, observed) ->
                        states.put(name.text(), encode(observed).values()));
                yield Json.object()
                        .with("t", "report")
                        .with("mastership", Long.toString(mastership))
                        .with("version", version)
                        .with("orders", orders)
                        .with("all", all)
                        .with("complete", complete)
                        .with("instances", states);
            }
            case PeerMessage.Order(
                    long mastership,
                    long number,
                    ResourceName resource,
                    int instance,
                    ActionKind kind,
                    boolean wasInService,
                    SortedMap<String, String> environment,
                    boolean leave) ->
                Json.object()
                        .with("t", "order")
                        .with("mastership", Long.toString(mastership))
                        .with("number", number)
                        .with("resource", resource.text())
                        .with("instance", instance)
                        .with("kind", kind.name())
                        .with("wasInService", wasInService)
                        .with("environment", environment)
                        .with("leave", leave);
            case PeerMessage.OrderFinished(ResourceName resource, ActionKind kind, boolean succeeded, String text) ->
                Json.object()
                        .with("t", "finished")
                        .with("resource", resource.text())
                        .with("kind", kind.name())
                        .with("succeeded", succeeded)
                        .with("text", text);
            case PeerMessage.Room(long cpu, long memory, var machine) ->
                Json.object()
                        .with("t", "room")
                        .with("cpu", cpu)
                        .with("memory", memory)
                        .with("machine", machine);
            case PeerMessage.Leaving() -> Json.object().with("t", "leaving");
            case PeerMessage.Staying() -> Json.object().with("t", "staying");
            case PeerMessage.Progressed(ResourceName resource, Message told) ->
                Json.object()
                        .with("t", "progressed")
                        .with("resource", resource.text())
                        .with("code", told.code())
                        .with("text", told.text())
                        .with("next", told.nextStep());
        };
    }

    static PeerMessage decode(Json message) throws Json.Malformed {
        try {
            return switch (message.string("t")) {
                case "definitions" ->
                    new PeerMessage.Definitions(
                            message.number("mastership"),
                            message.number("version"),
                            message.number("orders"),
                            definitions(message.children("resources")),
                            TypeCodec.decode(message.childOrEmpty("types")));
                case "report" ->
                    new PeerMessage.Report(
                            message.number("mastership"),
                            message.number("version"),
                            message.number("orders"),
                            message.flag("all"),
                            message.flag("complete"),
                            instances(message.childOrEmpty("instances")));
                case "order" ->
                    new PeerMessage.Order(
                            message.number("mastership"),
                            message.number("number"),
                            new ResourceName(message.string("resource")),
                            instance(message, 1),
                            ActionKind.valueOf(message.string("kind")),
                            message.flag("wasInService"),
                            message.stringMap("environment"),
                            message.has("leave") && message.flag("leave"));
                case "finished" ->
                    new PeerMessage.OrderFinished(
                            new ResourceName(message.string("resource")),
                            ActionKind.valueOf(message.string("kind")),
                            message.flag("succeeded"),
                            message.string("text"));
                case "room" ->
                    new PeerMessage.Room(
                            message.number("cpu"),
                            message.number("memory"),
                            message.has("machine") ? message.stringMap("machine") : new TreeMap<>());
                case "leaving" -> new PeerMessage.Leaving();
                case "staying" -> new PeerMessage.Staying();
                case "progressed" ->
                    new PeerMessage.Progressed(
                            new ResourceName(message.string("resource")),
                            new Message(message.string("code"), message.string("text"), message.string("next")));
                default -> throw new Json.Malformed("there is no message '" + message.string("t") + "'");
            };
        } catch (IllegalArgumentException e) {
            throw new Json.Malformed(String.valueOf(e.getMessage()));
        }
    }

    private static List<PeerMessage.Definition> definitions(List<Json> resources) throws Json.Malformed {
        List<PeerMessage.Definition> result = new ArrayList<>();
        for (Json resource : resources) {
            result.add(new PeerMessage.Definition(
                    resource.string("name"),
                    resource.string("type"),
                    resource.stringMap("given"),
                    resource.has("frozen") && resource.flag("frozen"),
                    instance(resource, 0)));
        }
        return result;
    }

    /** A crsd of an earlier release does not say it. */
    private static int instance(Json message, int unsaid) throws Json.Malformed {
        return message.has("instance") ? message.integer("instance") : unsaid;
    }

    private static SortedMap<ResourceName, Observed> instances(Json states) throws Json.Malformed {
        SortedMap<ResourceName, Observed> result = new TreeMap<>();
        for (String name : states.values().keySet()) {
            result.put(new ResourceName(name), observed(states.child(name)));
        }
        return result;
    }

    static Json encode(Observed observed) {
        Json json = Json.object()
                .with("state", observed.state().name())
                .with("internal", observed.internal().name())
                .with("details", observed.details());
        observed.incident()
                .ifPresent(incident -> json.with(
                        "incident",
                        Json.object()
                                .with("number", Long.toString(incident.number()))
                                .with("kind", incident.kind().name())
                                .with("uptimeMillis", incident.uptime().toMillis())
                                .with("text", incident.text())
                                .values()));
        return json;
    }

    static Observed observed(Json json) throws Json.Malformed {
        Optional<Incident> incident = Optional.empty();
        if (json.has("incident")) {
            Json happened = json.child("incident");
            incident = Optional.of(new Incident(
                    happened.number("number"),
                    Incident.Kind.valueOf(happened.string("kind")),
                    Duration.ofMillis(happened.number("uptimeMillis")),
                    happened.string("text")));
        }
        return new Observed(
                ResourceState.valueOf(json.string("state")),
                InternalState.valueOf(json.string("internal")),
                json.string("details"),
                incident);
    }
}
