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
    public static final String NETWORK = "ora.network.type";
    public static final String CLUSTER_VIP = "ora.cluster_vip.type";

    private static final long ONE_DAY_SECONDS = 86_400;

    public TypeDefinition {
        lineage = List.copyOf(lineage);
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
    }

    /** One instance on every node. */
    public boolean isLocal() {
        return lineage.contains(LOCAL_RESOURCE);
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
        TypeDefinition local = root.derive(LOCAL_RESOURCE);
        TypeDefinition cluster = root.derive(
                CLUSTER_RESOURCE,
                choice("PLACEMENT", "balanced", "balanced", "favored", "restricted"),
                new AttributeDefinition("HOSTING_MEMBERS", new Kind.Servers(), "", false),
                whole("CARDINALITY", 1, 1, NodeId.MAX),
                whole("ACTIVE_PLACEMENT", 0, 0, 1),
                whole("USE_STICKINESS", 0, 0, 1),
                choice("CSS_CRITICAL", "no", "no", "yes"),
                whole("INSTANCE_FAILOVER", 1, 0, 1),
                whole("RELOCATE_BY_DEPENDENCY", 1, 0, 1),
                whole("LOAD", 1, 0, 1_000_000));
        TypeDefinition network = local.derive(
                NETWORK,
                requiredAddress("USR_ORA_SUBNET"),
                requiredAddress("USR_ORA_NETMASK"),
                text("USR_ORA_IF", ""),
                whole("CHECK_INTERVAL", 1, 0, ONE_DAY_SECONDS),
                whole("OFFLINE_CHECK_INTERVAL", 1, 0, ONE_DAY_SECONDS),
                whole("RESTART_ATTEMPTS", 5, 0, 1_000_000),
                choice("AUTO_START", "always", "always", "restore", "never"),
                new AttributeDefinition("UPTIME_THRESHOLD", new Kind.Span(), "1d", false));
        TypeDefinition vip = cluster.derive(
                CLUSTER_VIP,
                requiredAddress("USR_ORA_VIP"),
                choice("PLACEMENT", "favored", "balanced", "favored", "restricted"),
                whole("CHECK_INTERVAL", 1, 0, ONE_DAY_SECONDS),
                whole("RESTART_ATTEMPTS", 0, 0, 1_000_000));
        SortedMap<String, TypeDefinition> all = new TreeMap<>();
        for (TypeDefinition type : List.of(root, local, cluster, network, vip)) {
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

    /** Defaults: reference, section 1.3. */
    private static SortedMap<String, AttributeDefinition> common() {
        SortedMap<String, AttributeDefinition> all = new TreeMap<>();
        for (AttributeDefinition attribute : List.of(
                text("DESCRIPTION", ""),
                text("ACL", ""),
                new AttributeDefinition("ACTION_SCRIPT", new Kind.Path(), "", false),
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
                new AttributeDefinition("START_DEPENDENCIES", new Kind.Start(), "", false),
                new AttributeDefinition("STOP_DEPENDENCIES", new Kind.Stop(), "", false))) {
            all.put(attribute.name(), attribute);
        }
        return all;
    }

    private static AttributeDefinition text(String name, String value) {
        return new AttributeDefinition(name, new Kind.Text(), value, false);
    }

    private static AttributeDefinition requiredAddress(String name) {
        return new AttributeDefinition(name, new Kind.Address(), "", true);
    }

    private static AttributeDefinition whole(String name, long value, long min, long max) {
        return new AttributeDefinition(name, new Kind.Whole(min, max), Long.toString(value), false);
    }

    private static AttributeDefinition choice(String name, String value, String... words) {
        return new AttributeDefinition(name, new Kind.Choice(List.of(words)), value, false);
    }
}
