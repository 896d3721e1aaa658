package dev.holdfast.model;

import dev.holdfast.model.AttributeDefinition.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is kept running and how: a resource as registered. One that exists is valid in itself; whether its dependencies
 * and servers exist is for the policy to say.
 */
public final class ResourceDefinition {
    /** On which nodes a cluster resource may and should run. */
    public enum Placement {
        /** Any node; the least loaded first. */
        BALANCED,
        /** HOSTING_MEMBERS first, in that order; then any other. */
        FAVORED,
        /** HOSTING_MEMBERS only, in that order. */
        RESTRICTED
    }

    /** What happens to a resource when its node starts. */
    public enum AutoStart {
        ALWAYS,
        RESTORE,
        NEVER
    }

    /** What is done about an instance whose clean has failed, so that nobody knows whether it runs. */
    public enum UnknownPolicy {
        /** Nothing: a person looks at it. */
        WAIT,
        /** Clean is tried again some times; then a person looks at it. */
        CLEAN,
        /** Its node is fenced. */
        FENCE,
        /** Clean is tried again some times; then its node is fenced. */
        ESCALATE
    }

    private static final Pattern SPAN = Pattern.compile("(\\d{1,6})([smhdw]?)");
    private static final Pattern SCOPED = Pattern.compile("([^@]+)@(.*)");
    private static final Pattern SERVER = Pattern.compile("SERVERNAME\\(([^()@]+)\\)(?:@DEGREEID\\(1\\))?");
    private static final Pattern INSTANCE = Pattern.compile("CARDINALITYID\\((\\d{1,3})\\)(?:@DEGREEID\\(1\\))?");

    private static final Pattern NUMBER = Pattern.compile("-?\\d{1,18}");
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*=.*");

    /** From here on a limit is none: that of the attributes that administrators make. */
    static final long ANY_NUMBER = 999_999_999_999_999_999L;

    /** Stands for every server for which nothing is given: no server has this name. */
    private static final String ELSEWHERE = "";

    private static final SortedMap<String, ResourceDefinition> NOWHERE =
            Collections.unmodifiableSortedMap(new TreeMap<>());

    private static final SortedMap<Integer, ResourceDefinition> NONE_OF_ITS_OWN =
            Collections.unmodifiableSortedMap(new TreeMap<>());

    /** Attributes that may be given for one server: those that concern an instance there and nothing else. */
    private static final Set<String> PER_SERVER = Set.of(
            "ACTION_SCRIPT",
            "CHECK_INTERVAL",
            "CHECK_TIMEOUT",
            "CLEAN_TIMEOUT",
            "ENABLED",
            "FAILURE_INTERVAL",
            "FAILURE_THRESHOLD",
            "INTERMEDIATE_TIMEOUT",
            "OFFLINE_CHECK_INTERVAL",
            "RESTART_ATTEMPTS",
            "RESTART_DELAY",
            "SCRIPT_TIMEOUT",
            "START_TIMEOUT",
            "STOP_TIMEOUT",
            "UNKNOWN_POLICY",
            "UPTIME_THRESHOLD");

    /** Attributes that may be given for one instance, wherever it is: those that concern its failures. */
    private static final Set<String> PER_INSTANCE =
            Set.of("FAILURE_INTERVAL", "FAILURE_THRESHOLD", "RESTART_ATTEMPTS", "RESTART_DELAY", "UPTIME_THRESHOLD");

    /** Attributes of Oracle Clusterware that are known and not here, and why; better said than guessed. */
    private static final Map<String, String> NOT_HERE = Map.ofEntries(
            Map.entry("AGENT_FILENAME", "Leave it out: crsd calls ACTION_SCRIPT itself, without an agent between."),
            Map.entry("ALERT_TEMPLATE", "Leave it out: events are kept as data, and need no template."),
            Map.entry("ACTION_FAILURE_TEMPLATE", "Leave it out: events are kept as data, and need no template."),
            Map.entry("DEFAULT_TEMPLATE", "Leave it out: events are kept as data, and need no template."),
            Map.entry("NOT_RESTARTING_TEMPLATE", "Leave it out: events are kept as data, and need no template."),
            Map.entry("PROFILE_CHANGE_TEMPLATE", "Leave it out: events are kept as data, and need no template."),
            Map.entry("STATE_CHANGE_TEMPLATE", "Leave it out: events are kept as data, and need no template."),
            Map.entry("CRITICAL_RESOURCES", "It is an attribute of groups: crsctl modify resourcegroup."),
            Map.entry(
                    "DEGREE",
                    "A server runs at most one instance of a resource: add a second resource for a second one."),
            Map.entry("DELETE_TIMEOUT", "Leave it out: no action is called when a resource is deleted."),
            Map.entry("FAILOVER_DELAY", "Leave it out: a failover begins when the lost server is proved harmless."),
            Map.entry("LOGGING_LEVEL", "Leave it out: all output of actions is kept."),
            Map.entry("MODIFY_TIMEOUT", "Leave it out: no action is called when a resource is modified."),
            Map.entry("USER_WORKLOAD", "Leave it out: every resource counts as workload of users."),
            Map.entry(
                    "WORKLOAD_CPU_CAP",
                    "Leave it out: what a resource may use is not limited; WORKLOAD_CPU is what it needs."),
            Map.entry(
                    "WORKLOAD_MEMORY_MAX",
                    "Leave it out: what a resource may use is not limited;"
                            + " WORKLOAD_MEMORY_TARGET is what it needs."));

    private static final String OF_MEMBERS =
            "A group has no processes of its own: give it to the members that need it.";
    /** What a resource has and a group has not, and what to do instead. */
    private static final Map<String, String> NOT_OF_GROUPS = Map.ofEntries(
            Map.entry("ACTIONS", OF_MEMBERS),
            Map.entry("ACTION_SCRIPT", OF_MEMBERS),
            Map.entry("ACTION_TIMEOUT", OF_MEMBERS),
            Map.entry("USR_ORA_ENV", OF_MEMBERS),
            Map.entry("WORKLOAD_CPU", OF_MEMBERS),
            Map.entry("WORKLOAD_MEMORY_TARGET", OF_MEMBERS),
            Map.entry("FAILURE_INTERVAL", "Failures are counted for each member: give it to the members."),
            Map.entry("FAILURE_THRESHOLD", "Failures are counted for each member: give it to the members."),
            Map.entry(
                    "RELOCATE_KIND",
                    "A group is stopped before it is started elsewhere: what moves together cannot be up in two places."),
            Map.entry(
                    "RESOURCE_GROUP",
                    "A group is no member of another one: let it depend on that, START_DEPENDENCIES='hard(other) pullup(other)'."));

    /** CARDINALITY: as many as there are servers in its pools. */
    private static final String POOL_SIZE = "%CRS_SERVER_POOL_SIZE%";

    private final ResourceName name;
    private final TypeDefinition type;
    private final SortedMap<String, String> given;
    /** By server, where something is given for it alone. */
    private final SortedMap<String, ResourceDefinition> onServer;
    /** By number, where something is given for one instance. */
    private final SortedMap<Integer, ResourceDefinition> ofInstance;

    private final Placement placement;
    private final String group;
    private final List<String> hostingMembers;
    private final List<String> serverPools;
    private final String serverCategory;
    private final boolean poolSized;
    private final int cardinality;
    private final int load;
    private final boolean enabled;
    private final boolean activePlacement;
    private final AutoStart autoStart;
    private final int restartAttempts;
    private final Duration uptimeThreshold;
    private final StartDependencies startDependencies;
    private final StopDependencies stopDependencies;
    private final Duration restartDelay;
    private final int failureThreshold;
    private final Duration failureInterval;
    private final boolean sticky;
    private final boolean cssCritical;
    private final boolean instanceFailover;
    private final boolean relocateByDependency;
    private final int startConcurrency;
    private final int stopConcurrency;

    private ResourceDefinition(
            ResourceName name,
            TypeDefinition type,
            SortedMap<String, String> given,
            StartDependencies startDependencies,
            StopDependencies stopDependencies) {
        this.name = name;
        this.type = type;
        this.given = Collections.unmodifiableSortedMap(given);
        this.group = textOr("RESOURCE_GROUP", "");
        // Whoever is in a group runs where the group is, and is stopped with it.
        this.startDependencies = group.isEmpty() ? startDependencies : startDependencies.inGroup(group);
        this.stopDependencies = group.isEmpty() ? stopDependencies : stopDependencies.inGroup(group);
        this.placement = switch (textOr("PLACEMENT", "balanced")) {
            case "favored" -> Placement.FAVORED;
            case "restricted" -> Placement.RESTRICTED;
            default -> Placement.BALANCED;
        };
        this.hostingMembers = words(textOr("HOSTING_MEMBERS", ""));
        List<String> pools = words(textOr("SERVER_POOLS", "*"));
        this.serverPools = pools.contains("*") ? List.of() : pools;
        this.serverCategory = textOr("SERVER_CATEGORY", "");
        this.poolSized = textOr("CARDINALITY", "1").equals(POOL_SIZE);
        this.cardinality = poolSized ? 1 : Integer.parseInt(textOr("CARDINALITY", "1"));
        this.load = Integer.parseInt(textOr("LOAD", "0"));
        this.enabled = value("ENABLED").equals("1");
        this.activePlacement = textOr("ACTIVE_PLACEMENT", "0").equals("1")
                || textOr("APPSVIP_FAILBACK", "").equals("1");
        this.autoStart = switch (value("AUTO_START")) {
            case "always" -> AutoStart.ALWAYS;
            case "never" -> AutoStart.NEVER;
            default -> AutoStart.RESTORE;
        };
        this.restartAttempts = Integer.parseInt(value("RESTART_ATTEMPTS"));
        this.uptimeThreshold = spanOf(value("UPTIME_THRESHOLD")).orElseThrow();
        this.restartDelay = Duration.ofSeconds(Long.parseLong(value("RESTART_DELAY")));
        this.failureThreshold = Integer.parseInt(textOr("FAILURE_THRESHOLD", "0"));
        this.failureInterval = Duration.ofSeconds(Long.parseLong(textOr("FAILURE_INTERVAL", "0")));
        this.sticky = textOr("USE_STICKINESS", "0").equals("1");
        this.cssCritical = textOr("CSS_CRITICAL", "no").equals("yes");
        this.instanceFailover = textOr("INSTANCE_FAILOVER", "1").equals("1");
        this.relocateByDependency = textOr("RELOCATE_BY_DEPENDENCY", "1").equals("1");
        this.startConcurrency = Integer.parseInt(value("START_CONCURRENCY"));
        this.stopConcurrency = Integer.parseInt(value("STOP_CONCURRENCY"));
        this.onServer = scoped(startDependencies, stopDependencies);
        this.ofInstance = numbered(startDependencies, stopDependencies);
    }

    /** Few are: what is only for scopes need not be done for each resource when a new master reads all of them. */
    private static boolean isScoped(String attribute) {
        return attribute.indexOf('@') >= 0;
    }

    private SortedMap<String, ResourceDefinition> scoped(StartDependencies start, StopDependencies stop) {
        if (given.keySet().stream().noneMatch(ResourceDefinition::isScoped)) {
            return NOWHERE;
        }
        SortedMap<String, SortedMap<String, String>> values = new TreeMap<>();
        SortedMap<String, String> general = new TreeMap<>();
        given.forEach((attribute, value) -> {
            Matcher scope = SCOPED.matcher(attribute);
            if (scope.matches()) {
                Matcher server = SERVER.matcher(scope.group(2));
                if (server.matches()) {
                    values.computeIfAbsent(server.group(1), _ -> new TreeMap<>())
                            .put(scope.group(1), value);
                }
            } else {
                general.put(attribute, value);
            }
        });
        SortedMap<String, ResourceDefinition> definitions = new TreeMap<>();
        values.forEach((server, own) -> {
            SortedMap<String, String> there = new TreeMap<>(general);
            there.putAll(own);
            definitions.put(server, new ResourceDefinition(name, type, there, start, stop));
        });
        if (definitions.isEmpty()) {
            return NOWHERE;
        }
        definitions.put(ELSEWHERE, new ResourceDefinition(name, type, general, start, stop));
        return Collections.unmodifiableSortedMap(definitions);
    }

    private SortedMap<Integer, ResourceDefinition> numbered(StartDependencies start, StopDependencies stop) {
        if (given.keySet().stream().noneMatch(ResourceDefinition::isScoped)) {
            return NONE_OF_ITS_OWN;
        }
        SortedMap<Integer, SortedMap<String, String>> values = new TreeMap<>();
        SortedMap<String, String> others = new TreeMap<>();
        given.forEach((attribute, value) -> {
            Matcher scope = SCOPED.matcher(attribute);
            Matcher instance = INSTANCE.matcher(scope.matches() ? scope.group(2) : "");
            if (instance.matches()) {
                values.computeIfAbsent(Integer.parseInt(instance.group(1)), _ -> new TreeMap<>())
                        .put(scope.group(1), value);
            } else {
                others.put(attribute, value);
            }
        });
        SortedMap<Integer, ResourceDefinition> definitions = new TreeMap<>();
        values.forEach((number, own) -> {
            SortedMap<String, String> there = new TreeMap<>(others);
            there.putAll(own);
            definitions.put(number, new ResourceDefinition(name, type, there, start, stop));
        });
        return Collections.unmodifiableSortedMap(definitions);
    }

    /** The definition that holds for one instance: values for it in place of the general ones. */
    public ResourceDefinition ofInstance(int number) {
        return ofInstance.getOrDefault(number, this);
    }

    /** The definition that holds for an instance on one server: values for that server in place of the general ones. */
    public ResourceDefinition on(String server) {
        if (onServer.isEmpty()) {
            return this;
        }
        ResourceDefinition there = onServer.getOrDefault(server, onServer.get(ELSEWHERE));
        return there == null ? this : there;
    }

    /** The servers for which something is given that holds there alone. */
    public Collection<String> serversWithValues() {
        return onServer.keySet().stream()
                .filter(server -> !server.equals(ELSEWHERE))
                .toList();
    }

    /**
     * Makes a definition of what an administrator gave. Defaults come from the type. Empty text for an attribute that
     * has a default which is not empty means the default.
     *
     * @throws InvalidAttributes with everything that is wrong
     */
    public static ResourceDefinition read(ResourceName name, TypeDefinition type, Map<String, String> given)
            throws InvalidAttributes {
        List<Message> problems = new ArrayList<>();
        SortedMap<String, String> kept = new TreeMap<>();
        for (Map.Entry<String, String> entry : new TreeMap<>(given).entrySet()) {
            Matcher scope = SCOPED.matcher(entry.getKey());
            boolean scoped = isScoped(entry.getKey()) && scope.matches();
            boolean forServer = scoped
                    && PER_SERVER.contains(scope.group(1))
                    && SERVER.matcher(scope.group(2)).matches();
            boolean forInstance = scoped
                    && !type.isLocal()
                    && PER_INSTANCE.contains(scope.group(1))
                    && INSTANCE.matcher(scope.group(2)).matches();
            forServer |= forInstance;
            AttributeDefinition attribute = type.attributes().get(forServer ? scope.group(1) : entry.getKey());
            String value = entry.getValue().strip();
            if (attribute == null) {
                problems.add(unknown(name, type, entry.getKey()));
            } else if (!value.isEmpty() || (attribute.defaultValue().isEmpty() && !forServer)) {
                String problem = value.isEmpty() ? null : problemWith(attribute, value);
                if (problem != null) {
                    problems.add(refusal(name, attribute, problem));
                }
                kept.put(entry.getKey(), value);
            }
        }
        for (AttributeDefinition attribute : type.attributes().values()) {
            boolean script = attribute.name().equals("ACTION_SCRIPT")
                    && type.isScripted()
                    && attribute.defaultValue().isEmpty();
            // What few need first: all of this is done for each resource when a new master reads them.
            if ((attribute.required() || script)
                    && kept.getOrDefault(attribute.name(), "").isEmpty()) {
                problems.add(new Message(
                        "CRS-2640",
                        "Required attribute '" + attribute.name() + "' is missing for the resource '" + name + "'.",
                        "Add " + attribute.name() + "=... to -attr."));
            }
        }
        if (type.isA(TypeDefinition.NETWORK)) {
            needSubnet(name, type, kept, problems);
        }
        boolean anyPool = Set.of("", "*").contains(given(kept, type, "SERVER_POOLS"));
        boolean anyCategory = given(kept, type, "SERVER_CATEGORY").isEmpty();
        boolean restricted = given(kept, type, "PLACEMENT").equals("restricted");
        if (restricted
                && anyPool
                && anyCategory
                && given(kept, type, "HOSTING_MEMBERS").isEmpty()) {
            problems.add(new Message(
                    "CRS-2640",
                    "Resource '" + name + "' has PLACEMENT=restricted but no HOSTING_MEMBERS, so it could run nowhere.",
                    "Add HOSTING_MEMBERS='server server', SERVER_POOLS='pool' or SERVER_CATEGORY=category, or use"
                            + " PLACEMENT=balanced."));
        }
        if (!anyPool && given(kept, type, "PLACEMENT").equals("balanced")) {
            problems.add(new Message(
                    "HF-3104",
                    "Resource '" + name + "' has SERVER_POOLS but PLACEMENT=balanced, which looks at no pools.",
                    "Add PLACEMENT=restricted (only there) or PLACEMENT=favored (rather there)."));
        }
        if (!anyCategory && given(kept, type, "PLACEMENT").equals("balanced")) {
            problems.add(new Message(
                    "HF-3104",
                    "Resource '" + name + "' has SERVER_CATEGORY but PLACEMENT=balanced, which looks at no category.",
                    "Add PLACEMENT=restricted (only there) or PLACEMENT=favored (rather there)."));
        }
        if (given(kept, type, "CARDINALITY").equals(POOL_SIZE) && (!restricted || anyPool)) {
            problems.add(new Message(
                    "HF-3104",
                    "Resource '" + name + "' has CARDINALITY=" + POOL_SIZE
                            + ", which needs PLACEMENT=restricted and SERVER_POOLS.",
                    "Add PLACEMENT=restricted,SERVER_POOLS='pool', or give a number."));
        }
        refuseOwnPlacement(name, type, kept, problems);
        StartDependencies start = StartDependencies.parse(given(kept, type, "START_DEPENDENCIES"), problems);
        StopDependencies stop = StopDependencies.parse(given(kept, type, "STOP_DEPENDENCIES"), problems);
        if (!problems.isEmpty()) {
            throw new InvalidAttributes(problems);
        }
        return new ResourceDefinition(name, type, kept, start, stop);
    }

    /** A network is an IPv4 subnet, an IPv6 subnet, or both. */
    private static void needSubnet(
            ResourceName name, TypeDefinition type, Map<String, String> kept, List<Message> problems) {
        boolean subnet = !given(kept, type, "USR_ORA_SUBNET").isEmpty();
        boolean netmask = !given(kept, type, "USR_ORA_NETMASK").isEmpty();
        boolean ipv6 = !given(kept, type, "USR_ORA_SUBNET6").isEmpty();
        if (subnet != netmask) {
            String missing = subnet ? "USR_ORA_NETMASK" : "USR_ORA_SUBNET";
            problems.add(new Message(
                    "CRS-2640",
                    "Required attribute '" + missing + "' is missing for the resource '" + name + "'.",
                    "Add " + missing + "=... to -attr."));
        } else if (!subnet && !ipv6) {
            problems.add(new Message(
                    "CRS-2640",
                    "Required attribute 'USR_ORA_SUBNET' is missing for the resource '" + name + "'.",
                    "Add USR_ORA_SUBNET=... and USR_ORA_NETMASK=..., or USR_ORA_SUBNET6=.../64, or all, to -attr."));
        }
    }

    private static String given(Map<String, String> kept, TypeDefinition type, String attribute) {
        AttributeDefinition definition = type.attributes().get(attribute);
        if (definition == null) {
            return "";
        }
        String own = kept.get(attribute);
        return own == null ? definition.defaultValue() : own;
    }

    /** The group says where its members run, and how many there are of each. */
    private static void refuseOwnPlacement(
            ResourceName name, TypeDefinition type, Map<String, String> kept, List<Message> problems) {
        String group = kept.getOrDefault("RESOURCE_GROUP", "");
        if (group.isEmpty()) {
            return;
        }
        for (String attribute :
                List.of("PLACEMENT", "HOSTING_MEMBERS", "SERVER_POOLS", "SERVER_CATEGORY", "ACTIVE_PLACEMENT")) {
            if (kept.containsKey(attribute) && !kept.get(attribute).isEmpty()) {
                problems.add(new Message(
                        "HF-3105",
                        "Attribute " + attribute + " of resource '" + name + "': it is a member of group '" + group
                                + "', and the group decides where it runs.",
                        "Give it to the group: crsctl modify resourcegroup " + group + " -attr " + attribute + "=..."));
            }
        }
        if (!given(kept, type, "CARDINALITY").isEmpty()
                && !given(kept, type, "CARDINALITY").equals("1")) {
            problems.add(new Message(
                    "HF-3105",
                    "Attribute CARDINALITY of resource '" + name + "': it is a member of group '" + group
                            + "', and has as many instances as the group.",
                    "Give it to the group: crsctl modify resourcegroup " + group + " -attr CARDINALITY=..."));
        }
    }

    private static Message unknown(ResourceName name, TypeDefinition type, String attribute) {
        Matcher scoped = SCOPED.matcher(attribute);
        if (scoped.matches()) {
            boolean known = PER_SERVER.contains(scoped.group(1));
            if (scoped.group(2).startsWith("CARDINALITYID")) {
                return new Message(
                        "HF-3103",
                        "'" + attribute + "' of resource '" + name + "': "
                                + (type.isLocal()
                                        ? "a local resource has an instance on each server, and no numbers."
                                        : PER_INSTANCE.contains(scoped.group(1))
                                                ? "an instance is written as in " + scoped.group(1)
                                                        + "@CARDINALITYID(2)."
                                                : scoped.group(1)
                                                        + " is no attribute that can differ between instances."),
                        type.isLocal()
                                ? "Give it for a server: " + scoped.group(1) + "@SERVERNAME(server)."
                                : "Those that can: " + String.join(", ", new TreeSet<>(PER_INSTANCE)) + ".");
            }
            return new Message(
                    "HF-3103",
                    "'" + attribute + "' of resource '" + name + "': "
                            + (known
                                    ? "a value can be given for one server only, as in " + scoped.group(1)
                                            + "@SERVERNAME(server)."
                                    : scoped.group(1) + " is no attribute that can differ between servers."),
                    known ? "" : "Those that can: " + String.join(", ", new TreeSet<>(PER_SERVER)) + ".");
        }
        String reason = type.isLocal() && attribute.equals("CARDINALITY")
                ? "Leave it out: there is one of it on every server, or on every one of its SERVER_CATEGORY."
                : type.isGroup() && whyNotOfGroups(attribute) != null
                        ? whyNotOfGroups(attribute)
                        : NOT_HERE.get(attribute);
        if (reason != null) {
            return new Message(
                    "HF-3103",
                    "Attribute '" + attribute + "' of resource '" + name + "' is not an attribute here.",
                    reason);
        }
        String hint = Spelling.nearest(attribute, type.attributes().keySet())
                .map(near -> "Did you mean " + near + "?")
                .orElse("The manual lists the attributes of type " + type.name() + ".");
        return new Message(
                "HF-3102",
                "Attribute '" + attribute + "' of resource '" + name + "' is unknown to type '" + type.name() + "'.",
                hint);
    }

    private static Message refusal(ResourceName name, AttributeDefinition attribute, String problem) {
        String code = attribute.name().equals("PLACEMENT") ? "CRS-5129" : "HF-3104";
        return new Message(
                code,
                "Attribute " + attribute.name() + " of resource '" + name + "': " + problem
                        + (problem.endsWith("?") ? "" : "."),
                attribute.defaultValue().isEmpty() ? "" : "The default is " + attribute.defaultValue() + ".");
    }

    /** Why a group has no attribute of this name, though other resources have, and what to do instead; null if it may have. */
    static @Nullable String whyNotOfGroups(String attribute) {
        return NOT_OF_GROUPS.get(attribute);
    }

    /** Whether administrators must not make an attribute of this name: it would be taken for another product's. */
    static boolean isReserved(String attribute) {
        return NOT_HERE.containsKey(attribute) || RUN_TIME.contains(attribute);
    }

    private static final Set<String> RUN_TIME = Set.of(
            "NAME",
            "TYPE",
            "STATE",
            "TARGET",
            "STATE_DETAILS",
            "INTERNAL_STATE",
            "LAST_SERVER",
            "TARGET_SERVER",
            "LAST_RESTART",
            "LAST_STATE_CHANGE",
            "RESTART_COUNT",
            "FAILURE_COUNT",
            "FAILURE_HISTORY",
            "CARDINALITY_ID",
            "DEGREE_ID",
            "ID",
            "INCARNATION",
            "EPOCH",
            "SERVER",
            "HOME");

    static @Nullable String problemWith(AttributeDefinition attribute, String value) {
        return switch (attribute.kind()) {
            case Kind.Actions _ -> CustomAction.problem(value).orElse(null);
            case Kind.Text _, Kind.Start _, Kind.Stop _ -> null;
            case Kind.Whole(long min, long max) -> {
                boolean good = NUMBER.matcher(value).matches() && inRange(Long.parseLong(value), min, max);
                boolean any = max >= ANY_NUMBER;
                yield good
                        ? null
                        : (min == max
                                        ? "must be " + min
                                        : "must be a whole number" + (any ? "" : " " + min + " to " + max))
                                + ", got '" + value + "'";
            }
            case Kind.Cardinality _ -> {
                boolean good = value.equals(POOL_SIZE)
                        || (value.matches("\\d{1,4}") && inRange(Long.parseLong(value), 1, NodeId.MAX));
                yield good
                        ? null
                        : "must be a whole number 1 to " + NodeId.MAX + " or " + POOL_SIZE + ", got '" + value + "'";
            }
            case Kind.Programs _ -> {
                String bad = null;
                for (String program : parts(value)) {
                    bad = bad == null && !program.startsWith("/") ? program : bad;
                }
                yield bad == null ? null : "must begin with an absolute path, got '" + bad + "'";
            }
            case Kind.Variables _ -> {
                String bad = null;
                for (String variable : parts(value)) {
                    bad = bad == null && !VARIABLE.matcher(variable).matches() ? variable : bad;
                }
                yield bad == null ? null : "must be NAME=value, or several with commas between, got '" + bad + "'";
            }
            case Kind.Name _ -> ResourceName.isValid(value) ? null : "must be one name, got '" + value + "'";
            case Kind.Names _, Kind.Pools _ -> {
                List<String> names = words(value);
                String bad = null;
                for (String each : names) {
                    bad = bad == null && !each.equals("*") && !ResourceName.isValid(each) ? each : bad;
                }
                yield bad != null
                        ? "must be names with blanks between, got '" + bad + "'"
                        : new TreeSet<>(names).size() == names.size() ? null : "names one twice: '" + value + "'";
            }
            case Kind.Choice(List<String> words) ->
                words.contains(value)
                        ? null
                        : "must be " + (words.size() == 1 ? "" : "one of ") + String.join(", ", words) + ", got '"
                                + value + "'" + hint(value, words);
            case Kind.Span _ ->
                spanOf(value).isPresent() ? null : "must be a number and one of s, m, h, d, w, got '" + value + "'";
            case Kind.Path _ -> value.startsWith("/") ? null : "must be an absolute path, got '" + value + "'";
            case Kind.Servers _ -> {
                List<String> names = words(value);
                yield new TreeSet<>(names).size() == names.size() ? null : "names a server twice: '" + value + "'";
            }
            case Kind.Address(boolean ipv4Only) -> {
                Optional<IpAddress> address = IpAddress.parse(value);
                if (ipv4Only) {
                    yield address.filter(known -> !known.isIpv6()).isPresent()
                            ? null
                            : "must be an IPv4 address a.b.c.d, got '" + value + "'";
                }
                yield address.isPresent()
                        ? null
                        : "must be an address, as 192.0.2.10 or 2001:db8::10, got '" + value + "'";
            }
            case Kind.Ipv6Subnet _ -> {
                Optional<Subnet> subnet =
                        Subnet.parse(value).filter(known -> known.first().isIpv6());
                yield subnet.isEmpty()
                        ? "must be an IPv6 subnet, as 2001:db8::/64, got '" + value + "'"
                        : subnet.get()
                                .first()
                                .whyNoHost()
                                .filter(_ -> subnet.get().length() > 0)
                                .map(reason ->
                                        "its addresses cannot be virtual addresses: '" + value + "' is " + reason)
                                .orElse(null);
            }
        };
    }

    private static String hint(String value, Collection<String> words) {
        return Spelling.nearest(value, words)
                .map(near -> "; did you mean '" + near + "'?")
                .orElse("");
    }

    private static boolean inRange(long value, long min, long max) {
        return value >= min && value <= max;
    }

    /** What stands between the commas. */
    public static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        for (String part : text.split(",")) {
            if (!part.isBlank()) {
                parts.add(part.strip());
            }
        }
        return parts;
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(BLANKS.split(text.strip()));
    }

    private static Optional<Duration> spanOf(String text) {
        Matcher span = SPAN.matcher(text);
        if (!span.matches()) {
            return Optional.empty();
        }
        long number = Long.parseLong(span.group(1));
        return Optional.of(
                switch (span.group(2)) {
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    case "d" -> Duration.ofDays(number);
                    case "w" -> Duration.ofDays(7 * number);
                    default -> Duration.ofSeconds(number);
                });
    }

    public ResourceName name() {
        return name;
    }

    public TypeDefinition type() {
        return type;
    }

    /** What the administrator gave: this, with name and type, is what the registry keeps. */
    public SortedMap<String, String> given() {
        return given;
    }

    /** Every attribute of the type with the value that holds: what {@code -p} prints, without NAME and TYPE. */
    public SortedMap<String, String> effective() {
        SortedMap<String, String> all = new TreeMap<>();
        for (AttributeDefinition attribute : type.attributes().values()) {
            all.put(attribute.name(), given.getOrDefault(attribute.name(), attribute.defaultValue()));
        }
        given.forEach((attribute, value) -> all.put(attribute, value)); // Also values for one server.
        return all;
    }

    /** The value that holds for an attribute of the type; fails for one that the type does not have. */
    public String value(String attribute) {
        AttributeDefinition definition = type.attributes().get(attribute);
        if (definition == null) {
            throw new IllegalArgumentException("type " + type.name() + " has no attribute " + attribute);
        }
        return valueOf(definition);
    }

    private String textOr(String attribute, String ifAbsent) {
        AttributeDefinition definition = type.attributes().get(attribute);
        return definition == null ? ifAbsent : valueOf(definition);
    }

    /** One look at what is given, not the two of getOrDefault: a new master asks this some twenty times for each resource. */
    private String valueOf(AttributeDefinition definition) {
        String own = given.get(definition.name());
        return own == null ? definition.defaultValue() : own;
    }

    /** One instance on every node, never moved. */
    public boolean isLocal() {
        return type.isLocal();
    }

    public Placement placement() {
        return placement;
    }

    /** Names of servers, the most wanted first. */
    public List<String> hostingMembers() {
        return hostingMembers;
    }

    /** The group that it belongs to; empty: none. */
    public String group() {
        return group;
    }

    /** Of a group: the members that must be ONLINE for it to be; empty: all of them. */
    public List<String> criticalResources() {
        List<String> names = words(textOr("CRITICAL_RESOURCES", "all"));
        return names.contains("all") ? List.of() : names;
    }

    /** The server pools that it runs in; empty: any. */
    public List<String> serverPools() {
        return serverPools;
    }

    /** The category of servers that it runs on; empty: any. */
    public String serverCategory() {
        return serverCategory;
    }

    /** It has as many instances as there are servers in its pools, whatever {@link #cardinality} says. */
    public boolean poolSized() {
        return poolSized;
    }

    /** When it is moved, the new instance is up before the old one is stopped. */
    public boolean relocatesOnline() {
        return textOr("RELOCATE_KIND", "offline").equals("online");
    }

    /** Hundredths of a processor that an instance needs; 0: not said. */
    public long workloadCpu() {
        return Long.parseLong(textOr("WORKLOAD_CPU", "0"));
    }

    /** Megabytes of memory that an instance needs; 0: not said. */
    public long workloadMemory() {
        return Long.parseLong(textOr("WORKLOAD_MEMORY_TARGET", "0"));
    }

    /** The same for another definition of its type. */
    public ResourceDefinition ofType(TypeDefinition other) throws InvalidAttributes {
        return read(name, other, given);
    }

    /** How many instances run at once; 1 for a local resource, which has one on every node. */
    public int cardinality() {
        return cardinality;
    }

    /** Capacity units that an ONLINE instance takes from its node. */
    public int load() {
        return load;
    }

    public boolean enabled() {
        return enabled;
    }

    /** It goes back to a node that suits it better as soon as there is one. */
    public boolean activePlacement() {
        return activePlacement;
    }

    public AutoStart autoStart() {
        return autoStart;
    }

    public int restartAttempts() {
        return restartAttempts;
    }

    public Duration uptimeThreshold() {
        return uptimeThreshold;
    }

    /** How long it stays down before a local restart. */
    public Duration restartDelay() {
        return restartDelay;
    }

    /** So many failures within {@link #failureInterval} and it is given up; 0: never. */
    public int failureThreshold() {
        return failureThreshold;
    }

    /** Zero: failures are not counted. */
    public Duration failureInterval() {
        return failureInterval;
    }

    /** Started again where it ran last, if that is possible. */
    public boolean sticky() {
        return sticky;
    }

    /** Whether the servers on which it runs should rather survive a partition than others. */
    public boolean cssCritical() {
        return cssCritical;
    }

    /** False: it waits for the server that it was lost with. */
    public boolean instanceFailover() {
        return instanceFailover;
    }

    /** False: it is not moved because of another resource. */
    public boolean relocateByDependency() {
        return relocateByDependency;
    }

    public UnknownPolicy unknownPolicy() {
        return switch (value("UNKNOWN_POLICY")) {
            case "clean" -> UnknownPolicy.CLEAN;
            case "fence" -> UnknownPolicy.FENCE;
            case "escalate" -> UnknownPolicy.ESCALATE;
            default -> UnknownPolicy.WAIT;
        };
    }

    /** How many of its instances are started at once; 0: all. */
    public int startConcurrency() {
        return startConcurrency;
    }

    /** How many of its instances are stopped at once; 0: all. */
    public int stopConcurrency() {
        return stopConcurrency;
    }

    /** How long it may be INTERMEDIATE before that counts as a failure; zero: for ever. */
    public Duration intermediateTimeout() {
        return Duration.ofSeconds(Long.parseLong(value("INTERMEDIATE_TIMEOUT")));
    }

    public StartDependencies startDependencies() {
        return startDependencies;
    }

    public StopDependencies stopDependencies() {
        return stopDependencies;
    }

    /** Empty for types whose agent comes with the product. */
    public String actionScript() {
        return textOr("ACTION_SCRIPT", "");
    }

    /** Between the end of a check and the next while it runs; zero: no periodic checks. */
    public Duration checkInterval() {
        return Duration.ofSeconds(Long.parseLong(value("CHECK_INTERVAL")));
    }

    /** The same while it is OFFLINE; zero: not checked while OFFLINE. */
    public Duration offlineCheckInterval() {
        return Duration.ofSeconds(Long.parseLong(value("OFFLINE_CHECK_INTERVAL")));
    }

    /** How long an action may take: its own timeout, or SCRIPT_TIMEOUT where that is 0. */
    public Duration timeout(ActionKind action) {
        long own = Long.parseLong(value(action.name() + "_TIMEOUT"));
        return Duration.ofSeconds(own > 0 ? own : Long.parseLong(value("SCRIPT_TIMEOUT")));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ResourceDefinition that
                && name.equals(that.name)
                && type.equals(that.type)
                && given.equals(that.given);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, given);
    }

    @Override
    public String toString() {
        return name + " (" + type.name() + ") " + given;
    }
}
