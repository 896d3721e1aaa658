package dev.holdfast.node;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.Subnet;
import dev.holdfast.model.TypeDefinition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a {@link Crs} is told at its start.
 *
 * @param firstIncident higher than any number that an earlier crsd of this node used for an incident or a mastership
 * @param startedAt the time of day when it started
 * @param evidence what was found on this node, by resource: it may be running here
 * @param cpu hundredths of a processor that this node has; 0: not known
 * @param memory megabytes that it has; 0: not known
 * @param machine what else there is to tell of it, by the names of attributes of servers
 */
public record CrsSettings(
        ClusterSettings cluster,
        NodeId self,
        long firstIncident,
        Instant startedAt,
        SortedMap<ResourceName, Evidence> evidence,
        long cpu,
        long memory,
        SortedMap<String, String> machine) {

    /** Of a node of which it is not known what it has. */
    public CrsSettings(
            ClusterSettings cluster,
            NodeId self,
            long firstIncident,
            Instant startedAt,
            SortedMap<ResourceName, Evidence> evidence) {
        this(cluster, self, firstIncident, startedAt, evidence, 0, 0, new TreeMap<>());
    }

    /**
     * A sign that a start was begun on this node and that no stop has ended since.
     *
     * @param startedIn the life of cssd in which it was; only the present life can still be running it. After an earlier
     *     one everything was killed, and what a script keeps outside of its processes may need a clean
     */
    public record Evidence(Incarnation startedIn) {}

    public CrsSettings {
        evidence = Collections.unmodifiableSortedMap(new TreeMap<>(evidence));
        machine = Collections.unmodifiableSortedMap(new TreeMap<>(machine));
    }

    public String nameOf(NodeId node) {
        return cluster.nameOf(node);
    }

    /** How long a lease is good for. */
    public Duration lease() {
        return cluster.timing().lease();
    }

    /** The types that there are: those of the product, for the networks that this cluster has. */
    public SortedMap<String, TypeDefinition> types() {
        List<Integer> networks = List.copyOf(cluster.networks().keySet());
        return TypeDefinition.builtIns(networks.isEmpty() ? List.of(1) : networks);
    }

    /** What the resource of a configured network is given. */
    static Map<String, String> networkAttributes(ClusterSettings.Network network) {
        Map<String, String> given = new TreeMap<>();
        for (Subnet subnet : network.subnets()) {
            if (subnet.first().isIpv6()) {
                given.put("USR_ORA_SUBNET6", subnet.toString());
            } else {
                given.put("USR_ORA_SUBNET", subnet.first().toString());
                given.put("USR_ORA_NETMASK", subnet.netmask().toString());
            }
        }
        if (!network.interfaceName().isEmpty()) {
            given.put("USR_ORA_IF", network.interfaceName());
        }
        return given;
    }
}
