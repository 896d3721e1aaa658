package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.policy.Command;
import dev.holdfast.policy.Groups;
import dev.holdfast.policy.Policy;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The part of {@link Administration} that is about types, server pools and groups. */
final class SetupAdministration {
    private SetupAdministration() {}

    /** The policy's word for a request; what cannot be read is added to the problems. */
    static Command command(Situation situation, Request.OfSetup request, List<Reply.Problem> problems) {
        return switch (request) {
            case Request.AddType add ->
                new Command.AddType(new CustomType(
                        add.name(), add.base(), attributes(situation, add.base(), add.attributes(), problems)));
            case Request.ModifyType modify ->
                new Command.ModifyType(
                        modify.name(),
                        attributes(situation, modify.name(), modify.attributes(), problems),
                        modify.force());
            case Request.DeleteType(List<String> names) -> new Command.DeleteType(names);
            case Request.AddPool add -> new Command.AddPool(add.name(), add.attributes(), add.force());
            case Request.ModifyPool modify ->
                new Command.ModifyPool(
                        modify.name(),
                        modify.attributes(),
                        new Command.PolicyChoice(modify.allPolicies(), modify.policies()),
                        modify.force());
            case Request.AddCategory add -> new Command.AddCategory(add.name(), add.attributes());
            case Request.ModifyCategory modify ->
                new Command.ModifyCategory(modify.name(), modify.attributes(), modify.force());
            case Request.DeleteCategory(List<String> names) -> new Command.DeleteCategory(names);
            case Request.AddPolicy add -> new Command.AddPolicy(add.name(), add.attributes());
            case Request.ModifyPolicy modify -> new Command.ModifyPolicy(modify.name(), modify.attributes());
            case Request.DeletePolicy(List<String> names) -> new Command.DeletePolicy(names);
            case Request.ModifyPolicySet modify ->
                new Command.ModifyPolicySet(
                        modify.attributes(),
                        modify.policies()
                                .map(all -> all.stream()
                                        .map(SetupAdministration::policy)
                                        .toList()),
                        modify.keepPools(),
                        modify.force());
            case Request.DeletePool delete -> new Command.DeletePool(delete.names(), delete.force());
            case Request.SetServer set ->
                new Command.SetServer(set.node().orElse(""), new TreeMap<>(set.attributes()), set.force());
            case Request.RelocateServer move -> new Command.RelocateServer(move.servers(), move.pool(), move.force());
        };
    }

    /** @param of the type whose attributes they change or inherit: where no kind is said, its own counts */
    static SortedMap<String, CustomType.Own> attributes(
            Situation situation, String of, List<Request.TypeAttribute> given, List<Reply.Problem> problems) {
        SortedMap<String, CustomType.Own> all = new TreeMap<>();
        for (Request.TypeAttribute attribute : given) {
            var known = situation.types().get(of);
            var inherited = known == null ? null : known.attributes().get(attribute.name());
            Optional<Boolean> number = attribute.kind().isEmpty()
                    ? Optional.of(inherited != null && inherited.isNumber())
                    : switch (attribute.kind().get()) {
                        case "int", "integer" -> Optional.of(true);
                        case "string" -> Optional.of(false);
                        default -> Optional.empty();
                    };
            var flags = CustomType.flags(attribute.flags().orElse(""));
            if (number.isEmpty()) {
                problems.add(new Reply.Problem(
                        "HF-3138",
                        "Attribute '" + attribute.name() + "': TYPE is int or string, not '"
                                + attribute.kind().orElse("") + "'. Nothing was changed.",
                        List.of()));
            } else if (flags.isEmpty()) {
                problems.add(new Reply.Problem(
                        "HF-3138",
                        "Attribute '" + attribute.name() + "': FLAGS='"
                                + attribute.flags().orElse("") + "' are not all flags. Nothing was changed.",
                        List.of("The flags are CONFIG, READONLY, REQUIRED and HOTMOD, with | between them.")));
            } else if (all.put(
                            attribute.name(),
                            new CustomType.Own(attribute.name(), number.get(), attribute.defaultValue(), flags.get()))
                    != null) {
                problems.add(new Reply.Problem(
                        "HF-3138",
                        "Attribute '" + attribute.name() + "' is given twice. Nothing was changed.",
                        List.of()));
            }
        }
        return all;
    }

    /** A run-time value of an instance, for filters. */
    static String value(Reply.Instance instance, String attribute) {
        return switch (attribute) {
            case "STATE_DETAILS" -> instance.stateDetails();
            case "INTERNAL_STATE" -> instance.internalState();
            case "LAST_SERVER" -> instance.lastServer().orElse("");
            case "TARGET_SERVER" -> instance.targetServer().orElse("");
            default -> Integer.toString(instance.restartCount());
        };
    }

    private static PoolPolicy policy(Reply.Policy said) {
        SortedMap<String, SortedMap<String, String>> pools = new TreeMap<>();
        said.pools().forEach(shape -> pools.put(shape.pool(), new TreeMap<>(shape.attributes())));
        return new PoolPolicy(said.name(), said.description(), pools);
    }

    // ---------------------------------------------------------------- categories and policies

    static Reply.Answer categories(Situation situation, Caller caller, List<String> names, Optional<String> server) {
        List<Reply.Category> all = new ArrayList<>();
        List<ServerCategory> known =
                new ArrayList<>(situation.setup().categories().values());
        known.add(ServerCategory.hub());
        known.removeIf(category -> !SetupAccess.mayRead(situation, caller, Kind.CATEGORY, category.name()));
        for (ServerCategory category : known) {
            Map<String, String> attributes = new LinkedHashMap<>();
            ServerCategory.ATTRIBUTES.forEach(attribute -> attributes.put(attribute, category.value(attribute)));
            List<String> members = situation.servers().values().stream()
                    .filter(each -> category.has(attribute -> situation.setup().value(each, attribute))
                            .orElse(false))
                    .map(Server::name)
                    .toList();
            boolean own = category.name().equals(ServerCategory.HUB);
            all.add(new Reply.Category(
                    category.name(),
                    attributes,
                    members,
                    own ? Optional.empty() : Optional.of(Policy.version(category))));
        }
        List<Reply.Problem> missing = new ArrayList<>();
        names.stream()
                .filter(name -> all.stream().noneMatch(each -> each.name().equals(name)))
                .forEach(name -> missing.add(new Reply.Problem(
                        "HF-3173",
                        "There is no server category '" + name + "'.",
                        List.of("crsctl status category lists the categories."))));
        server.filter(name -> situation.serverNamed(name).isEmpty())
                .ifPresent(name ->
                        missing.add(new Reply.Problem("CRS-2579", "Server '" + name + "' does not exist.", List.of())));
        return missing.isEmpty()
                ? new Reply.Categories(all.stream()
                        .filter(each -> names.isEmpty() || names.contains(each.name()))
                        .filter(each -> server.isEmpty() || each.servers().contains(server.get()))
                        .toList())
                : new Reply.Refused(missing);
    }

    static Reply.PolicySet policySet(Situation situation) {
        PolicySet set = situation.setup().policies();
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put("ACL", set.acl());
        attributes.put("LAST_ACTIVATED_POLICY", set.lastActivated());
        attributes.put("SERVER_POOL_NAMES", String.join(" ", set.pools()));
        SortedMap<String, SortedMap<String, String>> now = new TreeMap<>();
        situation.setup().pools().forEach((name, pool) -> now.put(name, PoolPolicy.shapeOf(pool)));
        return new Reply.PolicySet(
                attributes,
                set.policies().values().stream()
                        .map(policy -> policy(policy, Optional.of(Policy.version(policy))))
                        .toList(),
                policy(new PoolPolicy("Current", "", now), Optional.empty()),
                Optional.of(Policy.version(set)));
    }

    private static Reply.Policy policy(PoolPolicy policy, Optional<String> version) {
        List<Reply.Shape> shapes = new ArrayList<>();
        policy.pools().forEach((pool, given) -> {
            Map<String, String> values = new LinkedHashMap<>();
            PoolPolicy.ATTRIBUTES.forEach(
                    attribute -> values.put(attribute, given.getOrDefault(attribute, defaultOf(attribute))));
            shapes.add(new Reply.Shape(pool, values));
        });
        return new Reply.Policy(policy.name(), policy.description(), shapes, version);
    }

    private static String defaultOf(String attribute) {
        return switch (attribute) {
            case "MIN_SIZE", "IMPORTANCE" -> "0";
            case "MAX_SIZE" -> Integer.toString(ServerPool.UNLIMITED);
            default -> "";
        };
    }

    // ---------------------------------------------------------------- server pools

    static Reply.Answer pools(Situation situation, Caller caller, List<String> names) {
        SortedMap<String, SortedSet<String>> servers = new TreeMap<>();
        Policy.pools(situation).forEach((node, in) -> {
            Server server = situation.servers().get(node);
            if (server != null) {
                in.forEach(pool ->
                        servers.computeIfAbsent(pool, _ -> new TreeSet<>()).add(server.name()));
            }
        });
        List<Reply.Pool> all = new ArrayList<>();
        all.add(pool(ServerPool.FREE, Map.of(), servers));
        all.add(pool(ServerPool.GENERIC, Map.of(), servers));
        situation.setup().pools().values().forEach(pool -> {
            Map<String, String> attributes = new LinkedHashMap<>();
            ServerPool.ATTRIBUTES.forEach(attribute -> attributes.put(attribute, pool.value(attribute)));
            if (SetupAccess.mayRead(situation, caller, Kind.POOL, pool.name())) {
                Reply.Pool plain = pool(pool.name(), attributes, servers);
                all.add(new Reply.Pool(
                        plain.name(), plain.attributes(), plain.servers(), Optional.of(Policy.version(pool))));
            }
        });
        List<Reply.Problem> missing = names.stream()
                .filter(name -> all.stream().noneMatch(pool -> pool.name().equals(name)))
                .map(name -> new Reply.Problem(
                        "HF-3153",
                        "There is no server pool '" + name + "'.",
                        List.of("crsctl status serverpool lists the pools.")))
                .toList();
        return missing.isEmpty()
                ? new Reply.Pools(all.stream()
                        .filter(pool -> names.isEmpty() || names.contains(pool.name()))
                        .toList())
                : new Reply.Refused(missing);
    }

    private static Reply.Pool pool(
            String name, Map<String, String> attributes, SortedMap<String, SortedSet<String>> servers) {
        return new Reply.Pool(name, attributes, List.copyOf(servers.getOrDefault(name, new TreeSet<>())));
    }

    /** What a server is in, and what it has, as {@code status server -f} shows it. */
    static Map<String, String> details(Situation situation, Server server) {
        Map<String, String> details = new TreeMap<>();
        SortedSet<String> in = Policy.pools(situation).get(server.id());
        boolean member = server.state() == Server.State.ONLINE || server.state() == Server.State.JOINING;
        details.put("ACTIVE_POOLS", in != null ? String.join(" ", in) : member ? ServerPool.FREE : "");
        ServerCategory.SAID_OF_SERVERS.forEach(attribute -> details.put(
                attribute, situation.setup().value(server, attribute).orElse("")));
        if (server.cpu() > 0) {
            details.put("CPU_COUNT", Long.toString(server.cpu() / 100));
        }
        if (server.memory() > 0) {
            details.put("MEMORY_SIZE", Long.toString(server.memory()));
        }
        // Without a value where the machine does not tell, or the server is away.
        for (String attribute : List.of(
                "CPU_CLOCK_RATE",
                "CPU_HYPERTHREADING",
                "PHYSICAL_HOSTNAME",
                "CPU_EQUIVALENCY",
                "CONFIGURED_CSS_ROLE")) {
            details.put(attribute, server.value(attribute).orElse(""));
        }
        details.put("DEPLOYMENT", "other");
        details.put("ACTIVE_CSS_ROLE", member ? ServerCategory.HUB_ROLE : "");
        details.put("STATE_DETAILS", doing(situation, server));
        return details;
    }

    /** What is being done there, in the words of Oracle Clusterware. */
    private static String doing(Situation situation, Server server) {
        boolean starting = false;
        // Not all that is observed, for each server: that would grow with the square of their number.
        for (ResourceName name : situation.resources().keySet()) {
            Observed seen = situation.observed().get(new InstanceKey(name, server.id()));
            switch (seen == null ? InternalState.STABLE : seen.internal()) {
                case STOPPING, CLEANING -> {
                    return "STOPPING RESOURCES";
                }
                case STARTING -> starting = true;
                case STABLE -> {}
            }
        }
        return starting ? "STARTING RESOURCES" : "";
    }

    // ---------------------------------------------------------------- groups

    static Optional<Reply.Refused> notGroups(Situation situation, List<String> names) {
        List<Reply.Problem> problems = new ArrayList<>();
        for (String name : names) {
            ResourceDefinition known =
                    ResourceName.isValid(name) ? situation.resources().get(new ResourceName(name)) : null;
            if (known == null || !known.type().isGroup()) {
                problems.add(new Reply.Problem(
                        "HF-3162",
                        known == null
                                ? "There is no resource group '" + name + "'."
                                : "'" + name + "' is a " + known.type().name() + ", not a resource group.",
                        List.of("crsctl status resourcegroup lists the groups.")));
            }
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(problems));
    }

    static Reply.Answer groups(
            Situation situation, StatusPicture picture, List<String> names, Predicate<String> mayRead) {
        Optional<Reply.Refused> refused = notGroups(situation, names);
        if (refused.isPresent()) {
            return refused.get();
        }
        return new Reply.Groups(situation.resources().values().stream()
                .filter(resource -> resource.type().isGroup())
                .filter(resource ->
                        names.isEmpty() || names.contains(resource.name().text()))
                .filter(resource -> mayRead.test(resource.name().text()))
                .map(group -> group(situation, picture, group, mayRead))
                .toList());
    }

    private static Reply.Group group(
            Situation situation, StatusPicture picture, ResourceDefinition group, Predicate<String> mayRead) {
        Reply.Resource plain = picture.resource(situation, group, true);
        List<Reply.Member> members = Groups.members(situation, group.name()).stream()
                .filter(member -> mayRead.test(member.name().text()))
                .map(member -> new Reply.Member(
                        member.name().text(),
                        member.type().name(),
                        Groups.isCritical(group, member),
                        picture.resource(situation, member, false).instances().stream()
                                .map(SetupAdministration::state)
                                .toList()))
                .toList();
        return new Reply.Group(
                plain.with(plain.instances().stream()
                        .map(instance -> whole(situation, group, instance))
                        .toList()),
                members);
    }

    private static String state(Reply.Instance instance) {
        return instance.state()
                + (instance.state().equals("OFFLINE")
                        ? ""
                        : instance.server().map(server -> " on " + server).orElse(""));
    }

    /** The state of a group is that of what is critical in it. */
    private static Reply.Instance whole(Situation situation, ResourceDefinition group, Reply.Instance own) {
        Optional<NodeId> node = own.server()
                .or(own::targetServer)
                .flatMap(situation::serverNamed)
                .map(Server::id);
        if (node.isEmpty()) {
            return own;
        }
        return new Reply.Instance(
                own.cardinalityId(),
                own.degreeId(),
                own.target(),
                Groups.state(situation, group, node.get()).name(),
                own.server(),
                own.stateDetails(),
                Groups.doing(situation, group, node.get()).name(),
                own.lastServer(),
                own.targetServer(),
                own.restartCount(),
                own.failureCount(),
                own.failureHistory(),
                own.incarnation(),
                own.lastRestartMillis(),
                own.lastStateChangeMillis());
    }
}
