package dev.holdfast.model;

import dev.holdfast.model.AttributeDefinition.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A resource type: which attributes its resources have, and what they are when nothing is given.
 *
 * @param name as in {@code -type}
 * @param lineage this type, its base, the base of that, ... up to {@code resource}
 * @param attributes all attributes, those of the bases included
 */
public record TypeDefinition(String name, List<String> lineage, SortedMap<String, AttributeDefinition> attributes) {
    public static final String CLUSTER_RESOURCE = "cluster_resource";
    public static final String LOCAL_RESOURCE = "local_resource";
    public static final String GENERIC_APPLICATION = "generic_application";
    public static final String CLUSTER_GROUP = "cluster_resourcegroup";
    public static final String LOCAL_GROUP = "local_resourcegroup";
    public static final String NETWORK = "ora.network.type";
    public static final String CLUSTER_VIP = "ora.cluster_vip.type";

    private static final long ONE_DAY_SECONDS = 86_400;

    public TypeDefinition {
        lineage = List.copyOf(lineage);
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
    }

    /** One instance on every node. */
    public boolean isLocal() {
        return lineage.contains(LOCAL_RESOURCE) || lineage.contains(LOCAL_GROUP);
    }

    /** Holds other resources together: started, stopped and moved as one. It has no agent and no processes. */
    public boolean isGroup() {
        return isA(CLUSTER_GROUP) || isA(LOCAL_GROUP);
    }

    /** Needs no script: its programs are attributes. */
    public boolean isGenericApplication() {
        return isA(GENERIC_APPLICATION);
    }

    /** Needs an ACTION_SCRIPT. */
    public boolean isScripted() {
        return !isNative() && !isGroup() && !isGenericApplication();
    }

    /** A type from which administrators may derive their own. */
    public boolean isOpen() {
        return !name.equals("resource") && !isNative();
    }

    /** True if this type is {@code other} or is derived from it. */
    public boolean isA(String other) {
        return lineage.contains(other);
    }

    /** True if the product brings the agent, so that no action script is needed. */
    public boolean isNative() {
        return isA(NETWORK) || isA(CLUSTER_VIP);
    }

    /** The type of the application VIPs of a public network, as appvipcfg makes it. */
    public static String applicationVip(int network) {
        return "app.appvip_net" + network + ".type";
    }

    /** The type of the node VIPs of a public network. */
    public static String clusterVip(int network) {
        return "ora.cluster_vip_net" + network + ".type";
    }

    /** The types that every cluster has, with the VIP types of network 1. */
    public static SortedMap<String, TypeDefinition> builtIns() {
        return builtIns(List.of(1));
    }

    /** The types that every cluster has, with the VIP types of the given public networks. */
    public static SortedMap<String, TypeDefinition> builtIns(List<Integer> networks) {
        TypeDefinition root = new TypeDefinition("resource", List.of("resource"), common());
        AttributeDefinition category = new AttributeDefinition("SERVER_CATEGORY", new Kind.Name(), "", false);
        TypeDefinition local = root.derive(LOCAL_RESOURCE, category);
        TypeDefinition cluster = root.derive(
                CLUSTER_RESOURCE,
                choice("PLACEMENT", "balanced", "balanced", "favored", "restricted"),
                new AttributeDefinition("HOSTING_MEMBERS", new Kind.Servers(), "", false),
                new AttributeDefinition("SERVER_POOLS", new Kind.Pools(), "*", false),
                category,
                new AttributeDefinition("CARDINALITY", new Kind.Cardinality(), "1", false),
                choice("RELOCATE_KIND", "offline", "offline", "online"),
                whole("WORKLOAD_CPU", 0, 0, 1_000_000),
                whole("WORKLOAD_MEMORY_TARGET", 0, 0, 1_000_000_000),
                whole("ACTIVE_PLACEMENT", 0, 0, 1),
                whole("USE_STICKINESS", 0, 0, 1),
                choice("CSS_CRITICAL", "no", "no", "yes"),
                whole("INSTANCE_FAILOVER", 1, 0, 1),
                whole("RELOCATE_BY_DEPENDENCY", 1, 0, 1),
                whole("LOAD", 1, 0, 1_000_000));
        TypeDefinition application = cluster.derive(
                GENERIC_APPLICATION,
                new AttributeDefinition("START_PROGRAM", new Kind.Programs(), "", true),
                new AttributeDefinition("STOP_PROGRAM", new Kind.Programs(), "", false),
                new AttributeDefinition("CLEAN_PROGRAM", new Kind.Programs(), "", false),
                new AttributeDefinition("CHECK_PROGRAMS", new Kind.Programs(), "", false),
                new AttributeDefinition("PID_FILES", new Kind.Programs(), "", false),
                text("EXECUTABLE_NAMES", ""),
                new AttributeDefinition("ENVIRONMENT_FILE", new Kind.Path(), "", false),
                new AttributeDefinition("ENVIRONMENT_VARS", new Kind.Variables(), "", false));
        AttributeDefinition critical = new AttributeDefinition("CRITICAL_RESOURCES", new Kind.Names(), "all", false);
        TypeDefinition clusterGroup = cluster.group(CLUSTER_GROUP, critical);
        TypeDefinition localGroup = local.group(LOCAL_GROUP, critical);
        TypeDefinition network = local.derive(
                NETWORK,
                // One of both kinds is needed: see ResourceDefinition.
                new AttributeDefinition("USR_ORA_SUBNET", new Kind.Address(true), "", false),
                new AttributeDefinition("USR_ORA_NETMASK", new Kind.Address(true), "", false),
                new AttributeDefinition("USR_ORA_SUBNET6", new Kind.Ipv6Subnet(), "", false),
                text("USR_ORA_IF", ""),
                whole("CHECK_INTERVAL", 1, 0, ONE_DAY_SECONDS),
                whole("OFFLINE_CHECK_INTERVAL", 1, 0, ONE_DAY_SECONDS),
                whole("RESTART_ATTEMPTS", 5, 0, 1_000_000),
                choice("AUTO_START", "always", "always", "restore", "never"),
                new AttributeDefinition("UPTIME_THRESHOLD", new Kind.Span(), "1d", false));
        TypeDefinition vip = cluster.derive(
                CLUSTER_VIP,
                new AttributeDefinition("USR_ORA_VIP", new Kind.Address(false), "", true),
                // An address is on one server, also for the moment of a move.
                whole("CARDINALITY", 1, 1, 1),
                choice("RELOCATE_KIND", "offline", "offline"),
                choice("PLACEMENT", "favored", "balanced", "favored", "restricted"),
                whole("CHECK_INTERVAL", 1, 0, ONE_DAY_SECONDS),
                whole("RESTART_ATTEMPTS", 0, 0, 1_000_000));
        SortedMap<String, TypeDefinition> all = new TreeMap<>();
        for (TypeDefinition type : List.of(root, local, cluster, application, clusterGroup, localGroup, network, vip)) {
            all.put(type.name(), type);
        }
        for (int number : networks) {
            TypeDefinition nodeVip = vip.derive(clusterVip(number));
            TypeDefinition appVip =
                    nodeVip.derive(applicationVip(number), choice("APPSVIP_FAILBACK", "0", "", "0", "1"));
            all.put(nodeVip.name(), nodeVip);
            all.put(appVip.name(), appVip);
        }
        return Collections.unmodifiableSortedMap(all);
    }

    /** A type based on this one, with attributes added or their defaults replaced. */
    private TypeDefinition derive(String derived, AttributeDefinition... own) {
        List<String> line = new ArrayList<>(List.of(derived));
        line.addAll(lineage);
        SortedMap<String, AttributeDefinition> merged = new TreeMap<>(attributes);
        for (AttributeDefinition attribute : own) {
            merged.put(attribute.name(), attribute);
        }
        return new TypeDefinition(derived, line, merged);
    }

    /** Attributes that say how an agent works, and others that a group has no use for. */
    private static final List<String> NOT_OF_GROUPS = List.of(
            "ACTIONS",
            "ACTION_SCRIPT",
            "ACTION_TIMEOUT",
            "FAILURE_INTERVAL",
            "FAILURE_THRESHOLD",
            "RELOCATE_KIND",
            "RESOURCE_GROUP",
            "USR_ORA_ENV",
            "WORKLOAD_CPU",
            "WORKLOAD_MEMORY_TARGET");

    /** The type of groups that are placed as resources of this type are. */
    private TypeDefinition group(String groups, AttributeDefinition critical) {
        SortedMap<String, AttributeDefinition> own = new TreeMap<>(attributes);
        NOT_OF_GROUPS.forEach(each -> own.remove(each));
        for (AttributeDefinition attribute : List.of(
                critical, whole("CHECK_INTERVAL", 0, 0, ONE_DAY_SECONDS), whole("RESTART_ATTEMPTS", 0, 0, 1_000_000))) {
            own.put(attribute.name(), attribute);
        }
        if (own.containsKey("LOAD")) {
            own.put("LOAD", whole("LOAD", 0, 0, 1_000_000));
        }
        return new TypeDefinition(groups, List.of(groups, "resource"), own);
    }

    /**
     * All types that there are when some are made by administrators: those whose base does not exist, or whose attributes
     * do not fit it, are left out.
     */
    public static SortedMap<String, TypeDefinition> with(
            SortedMap<String, TypeDefinition> builtIns, SortedMap<String, CustomType> customs) {
        if (customs.isEmpty()) {
            return builtIns;
        }
        SortedMap<String, TypeDefinition> all = new TreeMap<>(builtIns);
        boolean more = true;
        while (more) {
            more = false;
            for (CustomType custom : customs.values()) {
                TypeDefinition base = all.get(custom.base());
                if (base == null || all.containsKey(custom.name())) {
                    continue;
                }
                try {
                    all.put(custom.name(), base.derive(custom));
                    more = true;
                } catch (InvalidAttributes e) {
                    // Refused when it was added; what an older release kept that this one does not take is left alone.
                }
            }
        }
        return Collections.unmodifiableSortedMap(all);
    }

    /**
     * A custom type based on this one.
     *
     * @throws InvalidAttributes with everything that is wrong
     */
    public TypeDefinition derive(CustomType custom) throws InvalidAttributes {
        List<Message> problems = new ArrayList<>();
        List<AttributeDefinition> own = new ArrayList<>();
        for (CustomType.Own attribute : custom.attributes().values()) {
            TypeAttribute.read(custom.name(), this, attribute, problems).ifPresent(own::add);
        }
        if (!problems.isEmpty()) {
            throw new InvalidAttributes(problems);
        }
        return derive(custom.name(), own.toArray(new AttributeDefinition[0]));
    }

    /** Defaults: reference, section 1.3. */
    private static SortedMap<String, AttributeDefinition> common() {
        SortedMap<String, AttributeDefinition> all = new TreeMap<>();
        for (AttributeDefinition attribute : List.of(
                text("DESCRIPTION", ""),
                text("ACL", ""),
                new AttributeDefinition("ACTION_SCRIPT", new Kind.Path(), "", false),
                new AttributeDefinition("ACTIONS", new Kind.Actions(), "", false),
                whole("ACTION_TIMEOUT", 60, 1, ONE_DAY_SECONDS),
                choice("AUTO_START", "restore", "always", "restore", "never"),
                whole("ENABLED", 1, 0, 1),
                whole("CHECK_INTERVAL", 60, 0, ONE_DAY_SECONDS),
                whole("OFFLINE_CHECK_INTERVAL", 0, 0, ONE_DAY_SECONDS),
                whole("RESTART_ATTEMPTS", 1, 0, 1_000_000),
                whole("SCRIPT_TIMEOUT", 60, 1, ONE_DAY_SECONDS),
                whole("START_TIMEOUT", 0, 0, ONE_DAY_SECONDS),
                whole("STOP_TIMEOUT", 0, 0, ONE_DAY_SECONDS),
                whole("CHECK_TIMEOUT", 0, 0, ONE_DAY_SECONDS),
                whole("CLEAN_TIMEOUT", 60, 0, ONE_DAY_SECONDS),
                new AttributeDefinition("UPTIME_THRESHOLD", new Kind.Span(), "1h", false),
                whole("FAILURE_INTERVAL", 0, 0, 30 * ONE_DAY_SECONDS),
                whole("FAILURE_THRESHOLD", 0, 0, 20),
                whole("RESTART_DELAY", 0, 0, ONE_DAY_SECONDS),
                whole("INTERMEDIATE_TIMEOUT", 0, 0, ONE_DAY_SECONDS),
                choice("UNKNOWN_POLICY", "wait", "wait", "clean", "fence", "escalate"),
                whole("START_CONCURRENCY", 0, 0, NodeId.MAX),
                whole("STOP_CONCURRENCY", 0, 0, NodeId.MAX),
                new AttributeDefinition("RESOURCE_GROUP", new Kind.Name(), "", false),
                new AttributeDefinition("USR_ORA_ENV", new Kind.Variables(), "", false),
                new AttributeDefinition("START_DEPENDENCIES", new Kind.Start(), "", false),
                new AttributeDefinition("STOP_DEPENDENCIES", new Kind.Stop(), "", false))) {
            all.put(attribute.name(), attribute);
        }
        return all;
    }

    private static AttributeDefinition text(String name, String value) {
        return new AttributeDefinition(name, new Kind.Text(), value, false);
    }

    private static AttributeDefinition whole(String name, long value, long min, long max) {
        return new AttributeDefinition(name, new Kind.Whole(min, max), Long.toString(value), false);
    }

    private static AttributeDefinition choice(String name, String value, String... words) {
        return new AttributeDefinition(name, new Kind.Choice(List.of(words)), value, false);
    }
}
