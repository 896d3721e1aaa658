package dev.holdfast.control;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Requests and replies as lines of JSON: one object a line, its kind in the field {@code t}.
 *
 * <p>Requests are read strictly: a field that is not known would ask for something that is then not done. Replies are read leniently:
 * a newer cluster may say more than we show.
 */
public final class Codec {
    /** Of this protocol. Both sides must speak the same; it grows when a message changes its meaning. */
    public static final int VERSION = 1;

    private Codec() {}

    // ---- hello

    public static String encode(Hello hello) {
        return JsonLine.write(
                object("version", hello.version(), "speaker", hello.speaker(), "release", hello.release()));
    }

    public static Hello decodeHello(byte[] line) throws MalformedMessage {
        var fields = new Fields("hello", JsonLine.read(line), false);
        return new Hello(
                fields.number("version"),
                fields.maybeText("speaker").orElse("?"),
                fields.maybeText("release").orElse("?"));
    }

    // ---- requests

    /** One line, without its end. */
    public static String encode(Request request) {
        return JsonLine.write(toObject(request));
    }

    /** Total: any bytes give a request or a {@link MalformedMessage}, whose refusal is what to answer. */
    public static Request decodeRequest(byte[] line) throws MalformedMessage {
        try {
            return request(new Fields("request", JsonLine.readRequest(line), true));
        } catch (IllegalArgumentException invalid) { // The values' own constructors.
            throw new MalformedMessage(String.valueOf(invalid.getMessage()));
        }
    }

    private static Map<String, Object> toObject(Request request) {
        if (request instanceof Request.StatusResource status) {
            // Ahead of the switch, as it is what people ask for most: to link a switch over types costs a twentieth of
            // that command.
            return toObject(status);
        }
        return switch (request) {
            case Request.AddResource r ->
                object(
                        "t",
                        "addResource",
                        "name",
                        r.name(),
                        "type",
                        r.type(),
                        "attributes",
                        r.attributes(),
                        "force",
                        r.force(),
                        "failIfBusy",
                        r.failIfBusy());
            case Request.ModifyResource r ->
                object(
                        "t",
                        "modifyResource",
                        "name",
                        r.name(),
                        "attributes",
                        r.attributes(),
                        "removed",
                        r.removed(),
                        "force",
                        r.force(),
                        "failIfBusy",
                        r.failIfBusy());
            case Request.DeleteResource r ->
                object(
                        "t",
                        "deleteResource",
                        "resources",
                        toObject(r.resources()),
                        "force",
                        r.force(),
                        "failIfBusy",
                        r.failIfBusy());
            case Request.StartResource r ->
                object(
                        "t",
                        "startResource",
                        "resources",
                        toObject(r.resources()),
                        "node",
                        r.node(),
                        "pools",
                        someOf(r.pools()),
                        "instance",
                        r.instance(),
                        "environment",
                        r.environment(),
                        "force",
                        r.force(),
                        "failIfBusy",
                        r.failIfBusy(),
                        "leave",
                        maybe(r.leave()));
            case Request.StopResource r ->
                object(
                        "t",
                        "stopResource",
                        "resources",
                        toObject(r.resources()),
                        "node",
                        r.node(),
                        "pools",
                        someOf(r.pools()),
                        "instance",
                        r.instance(),
                        "environment",
                        r.environment(),
                        "force",
                        r.force(),
                        "failIfBusy",
                        r.failIfBusy(),
                        "leave",
                        maybe(r.leave()));
            case Request.RelocateResource r ->
                object(
                        "t",
                        "relocateResource",
                        "resources",
                        toObject(r.resources()),
                        "from",
                        r.from(),
                        "to",
                        r.to(),
                        "instance",
                        r.instance(),
                        "environment",
                        r.environment(),
                        "force",
                        r.force(),
                        "failIfBusy",
                        r.failIfBusy());
            case Request.OfSetup r -> SetupCodec.toObject(r);
            case Request.StatusCategory r -> object("t", "statusCategory", "names", r.names(), "server", r.server());
            case Request.StatusPolicySet _ -> object("t", "statusPolicySet");
            case Request.StatusPool r -> object("t", "statusPool", "names", r.names());
            case Request.StatusGroup r -> object("t", "statusGroup", "names", r.names());
            case Request.IfVersion r ->
                object("t", "ifVersion", "version", r.version(), "change", toObject(r.change()));
            case Request.Evaluate r -> object("t", "evaluate", "change", toObject(r.change()));
            case Request.CheckResource r ->
                object("t", "checkResource", "resources", toObject(r.resources()), "node", r.node());
            case Request.RequestAction r ->
                object(
                        "t",
                        "requestAction",
                        "actions",
                        r.actions(),
                        "resources",
                        toObject(r.resources()),
                        "node",
                        r.node(),
                        "environment",
                        r.environment());
            case Request.RunActions r ->
                object(
                        "t",
                        "runActions",
                        "resource",
                        r.resource(),
                        "actions",
                        r.actions(),
                        "environment",
                        r.environment());
            case Request.StatusResource r -> toObject(r);
            case Request.StatusType r -> object("t", "statusType", "names", r.names());
            case Request.StatusServer r -> object("t", "statusServer", "names", r.names());
            case Request.CheckStack r -> object("t", "checkStack", "allNodes", r.allNodes(), "nodes", r.nodes());
            case Request.QueryVotingDisks _ -> object("t", "queryVotingDisks");
            case Request.ChangeVotingDisks r ->
                object(
                        "t",
                        "changeVotingDisks",
                        "add",
                        r.add(),
                        "remove",
                        r.remove(),
                        "removeRest",
                        r.removeRest(),
                        "force",
                        r.force());
            case Request.QueryTiming _ -> object("t", "queryTiming");
            case Request.QueryFencing _ -> object("t", "queryFencing");
            case Request.WhyFenced r -> object("t", "whyFenced", "node", r.node());
            case Request.QueryLinks _ -> object("t", "queryLinks");
            case Request.ListNodes _ -> object("t", "listNodes");
            case Request.CreateAppVip r ->
                object(
                        "t",
                        "createAppVip",
                        "network",
                        r.network(),
                        "address",
                        r.address(),
                        "name",
                        r.name(),
                        "user",
                        r.user(),
                        "group",
                        r.group(),
                        "failback",
                        r.failback());
            case Request.DeleteAppVip r -> object("t", "deleteAppVip", "name", r.name(), "force", r.force());
            case Request.Why r ->
                object("t", "why", "resource", r.resource(), "node", r.node(), "atMillis", r.atMillis());
            case Request.Recollect r ->
                object("t", "recollect", "resource", r.resource(), "node", r.node(), "atMillis", r.atMillis());
            case Request.DrainNode r -> object("t", "drainNode", "node", r.node(), "force", r.force());
            case Request.UndrainNode r -> object("t", "undrainNode", "node", r.node());
            case Request.UseNode r -> object("t", "useNode", "node", r.node(), "use", r.use());
            case Request.FreezeResource r ->
                object("t", "freezeResource", "resources", toObject(r.resources()), "freeze", r.freeze());
            case Request.FreezeCluster r -> object("t", "freezeCluster", "freeze", r.freeze());
            case Request.Suppose r -> object("t", "suppose", "what", r.what(), "name", r.name(), "node", r.node());
            case Request.Lint _ -> object("t", "lint");
            case Request.ConfirmFenced r -> object("t", "confirmFenced", "node", r.node(), "force", r.force());
            case Request.FenceNode r ->
                object("t", "fenceNode", "node", r.node(), "reason", r.reason(), "force", r.force());
            case Request.SetCss r ->
                object("t", "setCss", "name", r.name(), "seconds", r.seconds().orElse(""));
            case Request.SetCritical r -> object("t", "setCritical", "critical", r.critical());
            case Request.GetCritical _ -> object("t", "getCritical");
            case Request.OfRegistry r -> object("t", "registry", "registry", RegistryCodec.toObject(r.request()));
            case Request.StopCrs r -> object("t", "stopCrs", "force", r.force());
            case Request.GetPermission r ->
                object(
                        "t",
                        "getPermission",
                        "kind",
                        r.kind().word(),
                        "name",
                        r.name(),
                        "user",
                        r.user(),
                        "group",
                        r.group());
            case Request.SetPermission r ->
                object(
                        "t",
                        "setPermission",
                        "kind",
                        r.kind().word(),
                        "name",
                        r.name(),
                        "change",
                        r.change().name(),
                        "value",
                        r.value());
            case Request.ReadLog r ->
                object(
                        "t",
                        "readLog",
                        "log",
                        r.log(),
                        "nodes",
                        r.nodes(),
                        "afterMillis",
                        r.afterMillis(),
                        "beforeMillis",
                        r.beforeMillis(),
                        "most",
                        r.most());
            case Request.QueryFacts r -> object("t", "queryFacts", "allNodes", r.allNodes(), "nodes", r.nodes());
            case Request.Export _ -> object("t", "export");
            case Request.Compare r -> object("t", "compare", "apply", toObject(r.apply()));
            case Request.Apply r ->
                object(
                        "t",
                        "apply",
                        "kinds",
                        r.kinds().stream().map(Kind::word).toList(),
                        "items",
                        r.items().stream().map(Codec::toObject).toList(),
                        "revision",
                        r.revision(),
                        "keep",
                        r.keep(),
                        "force",
                        r.force());
            case Request.StopNodes r ->
                object("t", "stopNodes", "allNodes", r.allNodes(), "nodes", r.nodes(), "force", r.force());
        };
    }

    private static Request request(Fields in) throws MalformedMessage {
        String kind = in.text("t");
        Request request = switch (kind) {
            case "addResource" ->
                new Request.AddResource(
                        in.text("name"),
                        in.text("type"),
                        in.textMap("attributes"),
                        in.flag("force"),
                        in.flag("failIfBusy"));
            case "modifyResource" ->
                new Request.ModifyResource(
                        in.text("name"),
                        in.textMap("attributes"),
                        in.texts("removed"),
                        in.flag("force"),
                        in.flag("failIfBusy"));
            case "deleteResource" ->
                new Request.DeleteResource(
                        in.object("resources", Codec::selection), in.flag("force"), in.flag("failIfBusy"));
            case "startResource" ->
                new Request.StartResource(
                        in.object("resources", Codec::selection),
                        in.maybeText("node"),
                        in.has("pools") ? in.texts("pools") : List.of(),
                        in.maybeNumber("instance"),
                        in.textMap("environment"),
                        in.flag("force"),
                        in.flag("failIfBusy"),
                        in.has("leave") && in.flag("leave"));
            case "stopResource" ->
                new Request.StopResource(
                        in.object("resources", Codec::selection),
                        in.maybeText("node"),
                        in.has("pools") ? in.texts("pools") : List.of(),
                        in.maybeNumber("instance"),
                        in.textMap("environment"),
                        in.flag("force"),
                        in.flag("failIfBusy"),
                        in.has("leave") && in.flag("leave"));
            case "relocateResource" ->
                new Request.RelocateResource(
                        in.object("resources", Codec::selection),
                        in.maybeText("from"),
                        in.maybeText("to"),
                        in.maybeNumber("instance"),
                        in.textMap("environment"),
                        in.flag("force"),
                        in.flag("failIfBusy"));
            case "addType",
                    "modifyType",
                    "deleteType",
                    "addPool",
                    "modifyPool",
                    "deletePool",
                    "relocateServer",
                    "setServer",
                    "addCategory",
                    "modifyCategory",
                    "deleteCategory",
                    "addPolicy",
                    "modifyPolicy",
                    "deletePolicy",
                    "modifyPolicySet" -> SetupCodec.request(kind, in);
            case "statusCategory" -> new Request.StatusCategory(in.texts("names"), in.maybeText("server"));
            case "statusPolicySet" -> new Request.StatusPolicySet();
            case "statusPool" -> new Request.StatusPool(in.texts("names"));
            case "statusGroup" -> new Request.StatusGroup(in.texts("names"));
            case "ifVersion" -> new Request.IfVersion(in.text("version"), in.object("change", Codec::plainChange));
            case "evaluate" -> new Request.Evaluate(in.object("change", Codec::change));
            case "checkResource" ->
                new Request.CheckResource(in.object("resources", Codec::selection), in.maybeText("node"));
            case "requestAction" ->
                new Request.RequestAction(
                        in.texts("actions"),
                        in.object("resources", Codec::selection),
                        in.maybeText("node"),
                        in.textMap("environment"));
            case "runActions" ->
                new Request.RunActions(in.text("resource"), in.texts("actions"), in.textMap("environment"));
            case "statusResource" ->
                new Request.StatusResource(in.object("resources", Codec::selection), in.flag("definitions"));
            case "statusType" -> new Request.StatusType(in.texts("names"));
            case "statusServer" -> new Request.StatusServer(in.texts("names"));
            case "checkStack" -> new Request.CheckStack(in.flag("allNodes"), in.texts("nodes"));
            case "queryVotingDisks" -> new Request.QueryVotingDisks();
            case "changeVotingDisks" ->
                new Request.ChangeVotingDisks(
                        in.texts("add"), in.texts("remove"), in.flag("removeRest"), in.flag("force"));
            case "queryTiming" -> new Request.QueryTiming();
            case "queryFencing" -> new Request.QueryFencing();
            case "whyFenced" -> new Request.WhyFenced(in.maybeText("node"));
            case "queryLinks" -> new Request.QueryLinks();
            case "listNodes" -> new Request.ListNodes();
            case "createAppVip" ->
                new Request.CreateAppVip(
                        in.number("network"),
                        in.text("address"),
                        in.text("name"),
                        in.text("user"),
                        in.maybeText("group"),
                        in.flag("failback"));
            case "deleteAppVip" -> new Request.DeleteAppVip(in.text("name"), in.flag("force"));
            case "why" ->
                new Request.Why(
                        in.text("resource"),
                        in.maybeText("node"),
                        in.has("atMillis") ? Optional.of(in.big("atMillis")) : Optional.empty());
            case "recollect" -> new Request.Recollect(in.text("resource"), in.maybeText("node"), in.big("atMillis"));
            case "drainNode" -> new Request.DrainNode(in.text("node"), in.flag("force"));
            case "undrainNode" -> new Request.UndrainNode(in.text("node"));
            case "useNode" -> new Request.UseNode(in.maybeText("node"), in.flag("use"));
            case "freezeResource" ->
                new Request.FreezeResource(in.object("resources", Codec::selection), in.flag("freeze"));
            case "freezeCluster" -> new Request.FreezeCluster(in.flag("freeze"));
            case "suppose" -> new Request.Suppose(in.text("what"), in.text("name"), in.maybeText("node"));
            case "lint" -> new Request.Lint();
            case "confirmFenced" -> new Request.ConfirmFenced(in.text("node"), in.flag("force"));
            case "fenceNode" -> new Request.FenceNode(in.text("node"), in.text("reason"), in.flag("force"));
            case "setCss" -> {
                String seconds = in.text("seconds");
                yield new Request.SetCss(in.text("name"), seconds.isEmpty() ? Optional.empty() : Optional.of(seconds));
            }
            case "setCritical" -> new Request.SetCritical(in.flag("critical"));
            case "getCritical" -> new Request.GetCritical();
            case "registry" -> new Request.OfRegistry(in.object("registry", RegistryCodec::request));
            case "stopCrs" -> new Request.StopCrs(in.flag("force"));
            case "getPermission" ->
                new Request.GetPermission(
                        kind(in.text("kind")), in.text("name"), in.maybeText("user"), in.maybeText("group"));
            case "setPermission" ->
                new Request.SetPermission(
                        kind(in.text("kind")),
                        in.text("name"),
                        Request.PermissionChange.valueOf(in.text("change")),
                        in.text("value"));
            case "readLog" ->
                new Request.ReadLog(
                        in.text("log"),
                        in.texts("nodes"),
                        in.big("afterMillis"),
                        in.big("beforeMillis"),
                        in.number("most"));
            case "queryFacts" -> new Request.QueryFacts(in.flag("allNodes"), in.texts("nodes"));
            case "export" -> new Request.Export();
            case "compare" -> new Request.Compare(in.object("apply", Codec::apply));
            case "apply" ->
                new Request.Apply(
                        kinds(in.texts("kinds")),
                        in.objects("items", Codec::configured),
                        in.maybeText("revision"),
                        in.flag("keep"),
                        in.flag("force"));
            case "stopNodes" -> new Request.StopNodes(in.flag("allNodes"), in.texts("nodes"), in.flag("force"));
            default -> throw new MalformedMessage("there is no request '" + kind + "' in version " + VERSION);
        };
        in.nothingElse();
        return request;
    }

    private static Request.Apply apply(Fields in) throws MalformedMessage {
        if (in.text("t").equals("apply") && request(in) instanceof Request.Apply apply) {
            return apply;
        }
        throw new MalformedMessage("'" + in.text("t") + "' cannot be compared");
    }

    private static Kind kind(String word) throws MalformedMessage {
        return Kind.ofWord(word)
                .orElseThrow(() -> new MalformedMessage("there is no kind '" + word + "' in version " + VERSION));
    }

    private static List<Kind> kinds(List<String> words) throws MalformedMessage {
        List<Kind> kinds = new ArrayList<>();
        for (String word : words) {
            kinds.add(kind(word));
        }
        return kinds;
    }

    private static Reply.Configured configured(Fields in) throws MalformedMessage {
        return new Reply.Configured(kind(in.text("kind")), in.text("name"), in.text("type"), in.textMap("attributes"));
    }

    private static Map<String, Object> toObject(Reply.Configured c) {
        return object("kind", c.kind().word(), "name", c.name(), "type", c.type(), "attributes", c.attributes());
    }

    private static Map<String, Object> toObject(Reply.Entry e) {
        return object("wall", e.wall(), "node", e.node(), "event", e.event(), "text", e.text(), "details", e.details());
    }

    private static Map<String, Object> toObject(Reply.Differing d) {
        return object(
                "action",
                d.action(),
                "kind",
                d.kind().word(),
                "name",
                d.name(),
                "type",
                d.type(),
                "attributes",
                d.attributes().stream()
                        .map(a -> object("name", a.name(), "before", a.before(), "after", a.after()))
                        .toList());
    }

    private static Reply.Differing differing(Fields in) throws MalformedMessage {
        return new Reply.Differing(
                in.text("action"),
                kind(in.text("kind")),
                in.text("name"),
                in.text("type"),
                in.objects(
                        "attributes",
                        a -> new Reply.DifferingAttribute(
                                a.text("name"), a.maybeText("before"), a.maybeText("after"))));
    }

    private static Request.Change plainChange(Fields in) throws MalformedMessage {
        if (in.text("t").equals("ifVersion")) { // Also keeps the recursion one deep.
            throw new MalformedMessage("one version is enough");
        }
        return change(in);
    }

    private static Request.Change change(Fields in) throws MalformedMessage {
        if (in.text("t").equals("evaluate")) { // Also keeps the recursion one deep.
            throw new MalformedMessage("an evaluation cannot be evaluated");
        }
        if (request(in) instanceof Request.Change change) {
            return change;
        }
        throw new MalformedMessage("'" + in.text("t") + "' changes nothing, so it cannot be evaluated");
    }

    private static Map<String, Object> toObject(Request.StatusResource status) {
        return object(
                "t", "statusResource", "resources", toObject(status.resources()), "definitions", status.definitions());
    }

    private static Map<String, Object> toObject(Selection selection) {
        if (selection instanceof Selection.All) { // Ahead of the switch, as above.
            return object("all", true);
        }
        return switch (selection) {
            case Selection.Named(List<String> names) -> object("names", names);
            case Selection.Groups(List<String> names) -> object("groups", names);
            case Selection.All _ -> object("all", true);
            case Selection.Matching(Filter filter) -> object("filter", filter.toString());
        };
    }

    private static Selection selection(Fields in) throws MalformedMessage {
        Optional<String> filter = in.maybeText("filter");
        Selection selection = filter.isPresent()
                ? new Selection.Matching(Filter.parse(filter.get()))
                : in.has("names")
                        ? new Selection.Named(in.texts("names"))
                        : in.has("groups") ? new Selection.Groups(in.texts("groups")) : all(in);
        in.nothingElse();
        return selection;
    }

    private static Selection all(Fields in) throws MalformedMessage {
        if (!in.flag("all")) {
            throw new MalformedMessage("a selection gives 'names', 'filter' or 'all'");
        }
        return new Selection.All();
    }

    // ---- replies

    /** One line, without its end. */
    public static String encode(Reply reply) {
        return JsonLine.write(toObject(reply));
    }

    /** Total: any bytes give a reply or a {@link MalformedMessage}. */
    public static Reply decodeReply(byte[] line) throws MalformedMessage {
        try {
            return reply(new Fields("reply", JsonLine.read(line), false));
        } catch (IllegalArgumentException invalid) { // The values' own constructors.
            throw new MalformedMessage(String.valueOf(invalid.getMessage()));
        }
    }

    /** The same in several lines, for people and programs that read what a tool prints. */
    public static String pretty(Reply reply) {
        return JsonLine.pretty(toObject(reply));
    }

    private static Map<String, Object> toObject(Reply reply) {
        return switch (reply) {
            case Reply.Progress(String line) -> object("t", "progress", "line", line);
            case Reply.Done(List<String> lines) -> object("t", "done", "lines", lines);
            case Reply.Refused(List<Reply.Problem> problems) ->
                object(
                        "t",
                        "refused",
                        "problems",
                        problems.stream().map(Codec::toObject).toList());
            case Reply.Resources(long epoch, List<Reply.Resource> resources) ->
                object(
                        "t",
                        "resources",
                        "epoch",
                        epoch,
                        "resources",
                        resources.stream().map(Codec::toObject).toList());
            case Reply.Types(List<Reply.Type> types) ->
                object(
                        "t",
                        "types",
                        "types",
                        types.stream().map(Codec::toObject).toList());
            case Reply.Servers(List<Reply.Server> servers) ->
                object(
                        "t",
                        "servers",
                        "servers",
                        servers.stream()
                                .map(s -> object("name", s.name(), "state", s.state(), "details", s.details()))
                                .toList());
            case Reply.Pools(List<Reply.Pool> pools) ->
                object(
                        "t",
                        "pools",
                        "pools",
                        pools.stream().map(SetupCodec::toObject).toList());
            case Reply.Categories(List<Reply.Category> categories) ->
                object(
                        "t",
                        "categories",
                        "categories",
                        categories.stream().map(SetupCodec::toObject).toList());
            case Reply.PolicySet set ->
                object(
                        "t",
                        "policySet",
                        "attributes",
                        set.attributes(),
                        "policies",
                        set.policies().stream().map(SetupCodec::toObject).toList(),
                        "current",
                        SetupCodec.toObject(set.current()),
                        "version",
                        set.version());
            case Reply.Groups(List<Reply.Group> groups) ->
                object(
                        "t",
                        "groups",
                        "groups",
                        groups.stream().map(SetupCodec::toObject).toList());
            case Reply.Plan(List<String> messages, List<Reply.Step> steps) ->
                object(
                        "t",
                        "plan",
                        "messages",
                        messages,
                        "steps",
                        steps.stream().map(Codec::toObject).toList());
            case Reply.Health(List<Reply.NodeHealth> nodes) ->
                object(
                        "t",
                        "health",
                        "nodes",
                        nodes.stream()
                                .map(n -> object(
                                        "node",
                                        n.node(),
                                        "crs",
                                        n.crs(),
                                        "css",
                                        n.css(),
                                        "events",
                                        n.events(),
                                        "detail",
                                        n.detail()))
                                .toList());
            case Reply.OfRegistry(RegistryReply of) -> object("t", "registry", "registry", RegistryCodec.toObject(of));
            case Reply.VotingDisks(List<Reply.VotingDisk> disks) ->
                object(
                        "t",
                        "votingDisks",
                        "disks",
                        disks.stream().map(Codec::toObject).toList());
            case Reply.CssTiming timing ->
                object(
                        "t",
                        "timing",
                        "misscountSeconds",
                        timing.misscountSeconds(),
                        "disktimeoutSeconds",
                        timing.disktimeoutSeconds(),
                        "reboottimeSeconds",
                        timing.reboottimeSeconds(),
                        "profile",
                        timing.profile(),
                        "leaseMillis",
                        timing.leaseMillis(),
                        "takeoverMillis",
                        timing.takeoverMillis(),
                        "certificate",
                        timing.certificate());
            case Reply.Fencing(List<Reply.FenceDevice> devices, List<Reply.FenceRecord> records) ->
                object(
                        "t",
                        "fencing",
                        "devices",
                        devices.stream().map(Codec::toObject).toList(),
                        "records",
                        records.stream().map(Codec::toObject).toList());
            case Reply.Links(List<Reply.Link> links) ->
                object(
                        "t",
                        "links",
                        "links",
                        links.stream().map(Codec::toObject).toList());
            case Reply.Nodes(String cluster, List<Reply.Node> nodes) ->
                object(
                        "t",
                        "nodes",
                        "cluster",
                        cluster,
                        "nodes",
                        nodes.stream()
                                .map(n -> object(
                                        "number",
                                        n.number(),
                                        "name",
                                        n.name(),
                                        "active",
                                        n.active(),
                                        "addresses",
                                        n.addresses(),
                                        "incarnation",
                                        n.incarnation()))
                                .toList());
            case Reply.Findings(List<Reply.Problem> findings) ->
                object(
                        "t",
                        "findings",
                        "findings",
                        findings.stream().map(Codec::toObject).toList());
            case Reply.Explanation e ->
                object(
                        "t",
                        "explanation",
                        "resource",
                        e.resource(),
                        "because",
                        e.because(),
                        "changes",
                        e.changes(),
                        "lately",
                        e.lately().stream()
                                .map(d -> object("whenMillis", d.whenMillis(), "text", d.text()))
                                .toList(),
                        "asOfMillis",
                        e.asOfMillis(),
                        "witness",
                        e.witness());
            case Reply.Permission(String name, String acl, Optional<String> rights) ->
                object("t", "permission", "name", name, "acl", acl, "rights", rights);
            case Reply.Log(List<Reply.Entry> entries, List<String> silent) ->
                object(
                        "t",
                        "log",
                        "entries",
                        entries.stream().map(Codec::toObject).toList(),
                        "silent",
                        silent);
            case Reply.Acted(List<Reply.Act> acts) ->
                object(
                        "t",
                        "acted",
                        "acts",
                        acts.stream()
                                .map(act -> object(
                                        "resource",
                                        act.resource(),
                                        "node",
                                        act.node(),
                                        "action",
                                        act.action(),
                                        "outcome",
                                        act.outcome(),
                                        "exit",
                                        act.exit(),
                                        "output",
                                        act.output()))
                                .toList());
            case Reply.Facts(List<Reply.NodeFacts> nodes) ->
                object(
                        "t",
                        "facts",
                        "nodes",
                        nodes.stream()
                                .map(n -> object("node", n.node(), "facts", n.facts()))
                                .toList());
            case Reply.Configuration(String cluster, String revision, List<Reply.Configured> items) ->
                object(
                        "t",
                        "configuration",
                        "cluster",
                        cluster,
                        "revision",
                        revision,
                        "items",
                        items.stream().map(Codec::toObject).toList());
            case Reply.Difference(List<Reply.Differing> items, List<String> messages, List<Reply.Step> steps) ->
                object(
                        "t",
                        "difference",
                        "items",
                        items.stream().map(Codec::toObject).toList(),
                        "messages",
                        messages,
                        "steps",
                        steps.stream().map(Codec::toObject).toList());
        };
    }

    private static Map<String, Object> toObject(Reply.Problem p) {
        return object("code", p.code(), "text", p.text(), "next", p.next());
    }

    static Map<String, Object> toObject(Reply.Resource r) {
        return object(
                "name",
                r.name(),
                "type",
                r.type(),
                "local",
                r.local(),
                "attributes",
                r.attributes(),
                "instances",
                r.instances().stream().map(Codec::toObject).toList(),
                "group",
                r.group(),
                "version",
                r.version());
    }

    private static Map<String, Object> toObject(Reply.Instance i) {
        return object(
                "cardinalityId",
                i.cardinalityId(),
                "degreeId",
                i.degreeId(),
                "target",
                i.target(),
                "state",
                i.state(),
                "server",
                i.server(),
                "stateDetails",
                i.stateDetails(),
                "internalState",
                i.internalState(),
                "lastServer",
                i.lastServer(),
                "targetServer",
                i.targetServer(),
                "restartCount",
                i.restartCount(),
                "failureCount",
                i.failureCount(),
                "failureHistory",
                i.failureHistory(),
                "incarnation",
                i.incarnation(),
                "lastRestartMillis",
                i.lastRestartMillis(),
                "lastStateChangeMillis",
                i.lastStateChangeMillis());
    }

    private static Map<String, Object> toObject(Reply.Type t) {
        return object(
                "name",
                t.name(),
                "base",
                t.base(),
                "version",
                t.version(),
                "attributes",
                t.attributes().stream()
                        .map(a -> object(
                                "name",
                                a.name(),
                                "kind",
                                a.kind(),
                                "defaultValue",
                                a.defaultValue(),
                                "flags",
                                a.flags()))
                        .toList());
    }

    private static Map<String, Object> toObject(Reply.Step s) {
        return object(
                "id",
                s.id(),
                "action",
                s.action(),
                "resource",
                s.resource(),
                "cardinalityId",
                s.cardinalityId(),
                "degreeId",
                s.degreeId(),
                "server",
                s.server(),
                "after",
                s.after(),
                "required",
                s.required(),
                "reason",
                s.reason());
    }

    private static Map<String, Object> toObject(Reply.VotingDisk d) {
        return object(
                "number",
                d.number(),
                "state",
                d.state(),
                "uuid",
                d.uuid(),
                "path",
                d.path(),
                "latencyMicros",
                d.latencyMicros(),
                "worstMicros",
                d.worstMicros(),
                "seenBy",
                d.seenBy(),
                "detail",
                d.detail());
    }

    private static Map<String, Object> toObject(Reply.FenceDevice d) {
        return object(
                "number",
                d.number(),
                "level",
                d.level(),
                "agent",
                d.agent(),
                "node",
                d.node(),
                "plug",
                d.plug(),
                "state",
                d.state(),
                "testedMillis",
                d.testedMillis(),
                "latencyMillis",
                d.latencyMillis(),
                "detail",
                d.detail());
    }

    private static Reply.FenceDevice fenceDevice(Fields in) throws MalformedMessage {
        return new Reply.FenceDevice(
                in.number("number"),
                in.number("level"),
                in.text("agent"),
                in.text("node"),
                in.text("plug"),
                in.text("state"),
                in.big("testedMillis"),
                in.big("latencyMillis"),
                in.text("detail"));
    }

    private static Map<String, Object> toObject(Reply.Link l) {
        return object(
                "number",
                l.number(),
                "node",
                l.node(),
                "address",
                l.address(),
                "state",
                l.state(),
                "roundTripMicros",
                l.roundTripMicros(),
                "lostPerMille",
                l.lostPerMille(),
                "silentMillis",
                l.silentMillis());
    }

    private static Map<String, Object> toObject(Reply.FenceRecord r) {
        return object(
                "node",
                r.node(),
                "incarnation",
                r.incarnation(),
                "epoch",
                r.epoch(),
                "whenMillis",
                r.whenMillis(),
                "by",
                r.by(),
                "byItsOwnWord",
                r.byItsOwnWord(),
                "reason",
                r.reason(),
                "settled",
                r.settled(),
                "proof",
                r.proof(),
                "detail",
                r.detail(),
                "story",
                r.story().stream()
                        .map(s -> object(
                                "whenMillis",
                                s.whenMillis(),
                                "witness",
                                s.witness(),
                                "kind",
                                s.kind(),
                                "text",
                                s.text()))
                        .toList());
    }

    private static Reply.FenceRecord fenceRecord(Fields in) throws MalformedMessage {
        return new Reply.FenceRecord(
                in.text("node"),
                in.big("incarnation"),
                in.big("epoch"),
                in.big("whenMillis"),
                in.text("by"),
                in.flag("byItsOwnWord"),
                in.text("reason"),
                in.flag("settled"),
                in.text("proof"),
                in.text("detail"),
                in.objects(
                        "story",
                        s -> new Reply.FenceStep(
                                s.big("whenMillis"), s.text("witness"), s.text("kind"), s.text("text"))));
    }

    private static Reply reply(Fields in) throws MalformedMessage {
        String kind = in.text("t");
        return switch (kind) {
            case "progress" -> new Reply.Progress(in.text("line"));
            case "done" -> new Reply.Done(in.texts("lines"));
            case "refused" ->
                new Reply.Refused(in.objects(
                        "problems", p -> new Reply.Problem(p.text("code"), p.text("text"), p.texts("next"))));
            case "resources" -> new Reply.Resources(in.big("epoch"), in.objects("resources", Codec::resource));
            case "types" -> new Reply.Types(in.objects("types", Codec::type));
            case "servers" ->
                new Reply.Servers(in.objects(
                        "servers", s -> new Reply.Server(s.text("name"), s.text("state"), s.textMap("details"))));
            case "categories" -> new Reply.Categories(in.objects("categories", SetupCodec::category));
            case "policySet" ->
                new Reply.PolicySet(
                        in.textMap("attributes"),
                        in.objects("policies", SetupCodec::policy),
                        in.object("current", SetupCodec::policy),
                        in.maybeText("version"));
            case "pools" -> new Reply.Pools(in.objects("pools", SetupCodec::pool));
            case "groups" -> new Reply.Groups(in.objects("groups", SetupCodec::group));
            case "plan" -> new Reply.Plan(in.texts("messages"), in.objects("steps", Codec::step));
            case "health" ->
                new Reply.Health(in.objects(
                        "nodes",
                        n -> new Reply.NodeHealth(
                                n.text("node"), n.flag("crs"), n.flag("css"), n.flag("events"), n.text("detail"))));
            case "registry" -> new Reply.OfRegistry(in.object("registry", RegistryCodec::reply));
            case "votingDisks" ->
                new Reply.VotingDisks(in.objects(
                        "disks",
                        d -> new Reply.VotingDisk(
                                d.number("number"),
                                d.text("state"),
                                d.text("uuid"),
                                d.text("path"),
                                d.big("latencyMicros"),
                                d.big("worstMicros"),
                                d.texts("seenBy"),
                                d.text("detail"))));
            case "timing" ->
                new Reply.CssTiming(
                        in.text("misscountSeconds"),
                        in.text("disktimeoutSeconds"),
                        in.text("reboottimeSeconds"),
                        in.text("profile"),
                        in.big("leaseMillis"),
                        in.big("takeoverMillis"),
                        in.texts("certificate"));
            case "fencing" ->
                new Reply.Fencing(in.objects("devices", Codec::fenceDevice), in.objects("records", Codec::fenceRecord));
            case "links" ->
                new Reply.Links(in.objects(
                        "links",
                        l -> new Reply.Link(
                                l.number("number"),
                                l.text("node"),
                                l.text("address"),
                                l.text("state"),
                                l.big("roundTripMicros"),
                                l.number("lostPerMille"),
                                l.big("silentMillis"))));
            case "nodes" ->
                new Reply.Nodes(
                        in.text("cluster"),
                        in.objects(
                                "nodes",
                                n -> new Reply.Node(
                                        n.number("number"),
                                        n.text("name"),
                                        n.flag("active"),
                                        n.texts("addresses"),
                                        n.big("incarnation"))));
            case "findings" ->
                new Reply.Findings(in.objects(
                        "findings", p -> new Reply.Problem(p.text("code"), p.text("text"), p.texts("next"))));
            case "explanation" ->
                new Reply.Explanation(
                        in.text("resource"),
                        in.texts("because"),
                        in.texts("changes"),
                        in.objects("lately", d -> new Reply.Decided(d.big("whenMillis"), d.text("text"))),
                        in.big("asOfMillis"),
                        in.text("witness"));
            case "permission" -> new Reply.Permission(in.text("name"), in.text("acl"), in.maybeText("rights"));
            case "log" ->
                new Reply.Log(
                        in.objects(
                                "entries",
                                e -> new Reply.Entry(
                                        e.text("wall"),
                                        e.text("node"),
                                        e.text("event"),
                                        e.text("text"),
                                        e.textMap("details"))),
                        in.texts("silent"));
            case "acted" ->
                new Reply.Acted(in.objects(
                        "acts",
                        act -> new Reply.Act(
                                act.text("resource"),
                                act.text("node"),
                                act.text("action"),
                                act.text("outcome"),
                                act.number("exit"),
                                act.texts("output"))));
            case "facts" ->
                new Reply.Facts(in.objects("nodes", n -> new Reply.NodeFacts(n.text("node"), n.textMap("facts"))));
            case "configuration" ->
                new Reply.Configuration(
                        in.text("cluster"), in.text("revision"), in.objects("items", Codec::configured));
            case "difference" ->
                new Reply.Difference(
                        in.objects("items", Codec::differing), in.texts("messages"), in.objects("steps", Codec::step));
            default -> throw new MalformedMessage("there is no reply '" + kind + "' in version " + VERSION);
        };
    }

    static Reply.Resource resource(Fields in) throws MalformedMessage {
        return new Reply.Resource(
                in.text("name"),
                in.text("type"),
                in.flag("local"),
                in.textMap("attributes"),
                in.objects("instances", Codec::instance),
                in.maybeText("group"),
                in.maybeText("version"));
    }

    private static Reply.Instance instance(Fields in) throws MalformedMessage {
        return new Reply.Instance(
                in.number("cardinalityId"),
                in.number("degreeId"),
                in.text("target"),
                in.text("state"),
                in.maybeText("server"),
                in.text("stateDetails"),
                in.text("internalState"),
                in.maybeText("lastServer"),
                in.maybeText("targetServer"),
                in.number("restartCount"),
                in.number("failureCount"),
                in.bigs("failureHistory"),
                in.big("incarnation"),
                in.big("lastRestartMillis"),
                in.big("lastStateChangeMillis"));
    }

    private static Reply.Type type(Fields in) throws MalformedMessage {
        return new Reply.Type(
                in.text("name"),
                in.maybeText("base"),
                in.objects(
                        "attributes",
                        a -> new Reply.TypeAttribute(
                                a.text("name"), a.text("kind"), a.text("defaultValue"), a.texts("flags"))),
                in.maybeText("version"));
    }

    private static Reply.Step step(Fields in) throws MalformedMessage {
        return new Reply.Step(
                in.text("id"),
                in.text("action"),
                in.text("resource"),
                in.number("cardinalityId"),
                in.number("degreeId"),
                in.text("server"),
                in.texts("after"),
                in.flag("required"),
                in.text("reason"));
    }

    /** Names that releases before them do not know: left out if there are none. */
    private static Optional<List<String>> someOf(List<String> names) {
        return names.isEmpty() ? Optional.empty() : Optional.of(names);
    }

    /** A flag that releases before it do not know: left out unless it is raised. */
    private static Optional<Boolean> maybe(boolean flag) {
        return flag ? Optional.of(true) : Optional.empty();
    }

    /** Keys and values in turn; an absent optional leaves its key out. */
    static Map<String, Object> object(Object... keysAndValues) {
        var object = new LinkedHashMap<String, Object>();
        for (int at = 0; at < keysAndValues.length; at += 2) {
            String key = (String) keysAndValues[at];
            Object value = keysAndValues[at + 1];
            if (!(value instanceof Optional<?> optional)) {
                object.put(key, value);
            } else if (optional.isPresent()) {
                object.put(key, optional.get());
            }
        }
        return object;
    }
}
