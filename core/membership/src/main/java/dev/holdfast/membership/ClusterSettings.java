package dev.holdfast.membership;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What every node of the cluster is told the same, from {@code cluster.conf}. Refused whole when anything is wrong;
 * past {@link #read} nothing checks again.
 *
 * @param heartbeatPort UDP port of the heartbeats on every private address
 * @param crsPort TCP port on which the crsd of a node listens for its peers, on every private address
 * @param votingDisks paths (a hint: a voting disk is what its header says)
 * @param registryLocations paths; the registry begins at {@link #REGISTRY_OFFSET} of each
 * @param networks public networks by number
 * @param fence the fence device, if any
 * @param virtualTimerTakeover the administrator vouches that a frozen virtual machine does not come back unnoticed
 */
public record ClusterSettings(
        String name,
        UUID id,
        String profile,
        Timing timing,
        SortedMap<NodeId, Node> nodes,
        int heartbeatPort,
        int crsPort,
        List<String> votingDisks,
        List<String> registryLocations,
        SortedMap<Integer, Network> networks,
        Optional<Fence> fence,
        boolean virtualTimerTakeover,
        Duration bootWait) {

    /** Where the registry begins on each of its locations; the voting format ends well before. */
    public static final long REGISTRY_OFFSET = 16L << 20;

    /** A configured node. {@code privateAddresses} are one per private network, in the order of the links. */
    public record Node(NodeId id, String name, List<String> privateAddresses) {}

    /** A public network: {@code subnet} as a.b.c.d/len; {@code interfaceName} empty means "the one in that subnet". */
    public record Network(int number, String subnet, String interfaceName) {}

    /**
     * A program that speaks the fence-agents interface.
     *
     * @param agent absolute path
     * @param parameters passed as key=value on its standard input; secrets never go into argv
     * @param plugs what the device calls each node
     */
    public record Fence(String agent, SortedMap<String, String> parameters, SortedMap<NodeId, String> plugs) {}

    public ClusterSettings {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        networks = Collections.unmodifiableSortedMap(new TreeMap<>(networks));
        votingDisks = List.copyOf(votingDisks);
        registryLocations = List.copyOf(registryLocations);
    }

    public NodeSet nodeSet() {
        return NodeSet.of(nodes.keySet());
    }

    public String nameOf(NodeId node) {
        Node known = nodes.get(node);
        return known == null ? node.toString() : known.name();
    }

    public Optional<NodeId> idOf(String nodeName) {
        return nodes.values().stream()
                .filter(node -> node.name().equals(nodeName))
                .map(Node::id)
                .findFirst();
    }

    public int links() {
        return nodes.values().iterator().next().privateAddresses().size();
    }

    /** Reads the whole file's keys and values; all problems are reported at once. */
    public static ClusterSettings read(Map<String, String> raw) throws InvalidSettings {
        return new Reader(raw).read();
    }

    private static final class Reader {
        private final TreeMap<String, String> rest;
        private final List<String> problems = new ArrayList<>();

        Reader(Map<String, String> raw) {
            rest = new TreeMap<>(raw);
        }

        ClusterSettings read() throws InvalidSettings {
            String name = required("cluster.name");
            UUID id = uuid(required("cluster.id"));
            String profile = text("profile", "default");
            Timing timing = timing(profile);
            int heartbeatPort = port("heartbeat.port", 7401);
            int crsPort = port("crs.port", 7402);
            SortedMap<NodeId, Node> nodes = readNodes();
            List<String> disks = readList("votingdisk");
            if (disks.size() != 1 && disks.size() != 3 && disks.size() != 5) {
                problems.add("votingdisk.1..: 1, 3 or 5 voting disks are needed (a majority must survive), got "
                        + disks.size());
            }
            List<String> registry = readList("registry");
            if (registry.size() != 1 && registry.size() != 3 && registry.size() != 5) {
                problems.add("registry.1..: 1, 3 or 5 registry locations are needed, got " + registry.size());
            }
            SortedMap<Integer, Network> networks = readNetworks();
            Optional<Fence> fence = readFence(nodes);
            boolean vouched = flag("timer.takeover.on.virtual");
            Duration bootWait = seconds("boot.wait", 30);
            timing.problems().forEach(problems::add);
            for (String unknown : rest.keySet()) {
                problems.add("unknown key '" + unknown + "'; see the manual, \"cluster.conf\"");
            }
            if (!problems.isEmpty()) {
                throw new InvalidSettings(problems);
            }
            return new ClusterSettings(
                    name,
                    id,
                    profile,
                    timing,
                    nodes,
                    heartbeatPort,
                    crsPort,
                    disks,
                    registry,
                    networks,
                    fence,
                    vouched,
                    bootWait);
        }

        private Timing timing(String profile) {
            Timing base = switch (profile) {
                case "conservative" -> Timing.conservative();
                case "default" -> Timing.standard();
                case "fast" -> Timing.fast();
                default -> {
                    problems.add("profile '" + profile + "' is not one of conservative, default, fast");
                    yield Timing.standard();
                }
            };
            return new Timing(
                    millis("timing.heartbeat", base.heartbeat()),
                    millis("timing.misscount", base.misscount()),
                    millis("timing.poll", base.poll()),
                    millis("timing.fastpoll", base.fastPoll()),
                    millis("timing.lease", base.lease()),
                    millis("timing.watchdog", base.watchdog()),
                    millis("timing.granularity", base.granularity()),
                    millis("timing.disktimeout", base.diskTimeout()),
                    base.rho());
        }

        private SortedMap<NodeId, Node> readNodes() {
            SortedMap<NodeId, Node> nodes = new TreeMap<>();
            for (int number = 1; number <= NodeId.MAX; number++) {
                String name = rest.remove("node." + number + ".name");
                String addresses = rest.remove("node." + number + ".private");
                if (name == null && addresses == null) {
                    continue;
                }
                if (name == null || addresses == null) {
                    problems.add("node." + number + " needs both .name and .private");
                    continue;
                }
                NodeId id = new NodeId(number);
                List<String> list = List.of(addresses.trim().split("\\s*,\\s*"));
                boolean taken =
                        nodes.values().stream().anyMatch(node -> node.name().equals(name));
                if (taken) {
                    problems.add("node." + number + ".name: '" + name + "' is used twice");
                }
                nodes.put(id, new Node(id, name, list));
            }
            if (nodes.isEmpty()) {
                problems.add("no nodes: node.1.name and node.1.private are missing");
            } else {
                int links = nodes.values().iterator().next().privateAddresses().size();
                if (links > 8
                        || nodes.values().stream()
                                .anyMatch(node -> node.privateAddresses().size() != links)) {
                    problems.add(
                            "every node needs the same number of private addresses, 1 to 8, one per private network");
                }
            }
            return nodes;
        }

        private SortedMap<Integer, Network> readNetworks() {
            SortedMap<Integer, Network> networks = new TreeMap<>();
            for (int number = 1; number <= 64; number++) {
                String subnet = rest.remove("network." + number + ".subnet");
                String interfaceName = rest.remove("network." + number + ".interface");
                if (subnet != null) {
                    networks.put(number, new Network(number, subnet, interfaceName == null ? "" : interfaceName));
                } else if (interfaceName != null) {
                    problems.add("network." + number + ".interface stands without network." + number + ".subnet");
                }
            }
            return networks;
        }

        private Optional<Fence> readFence(SortedMap<NodeId, Node> nodes) {
            String agent = rest.remove("fence.agent");
            SortedMap<String, String> parameters = new TreeMap<>();
            SortedMap<NodeId, String> plugs = new TreeMap<>();
            for (String key : List.copyOf(rest.keySet())) {
                String value = rest.get(key);
                if (key.startsWith("fence.param.")) {
                    parameters.put(key.substring("fence.param.".length()), value);
                    rest.remove(key);
                } else if (key.startsWith("fence.plug.")) {
                    String nodeName = key.substring("fence.plug.".length());
                    nodes.values().stream()
                            .filter(node -> node.name().equals(nodeName))
                            .findFirst()
                            .ifPresentOrElse(
                                    node -> plugs.put(node.id(), value),
                                    () -> problems.add(key + ": there is no node '" + nodeName + "'"));
                    rest.remove(key);
                }
            }
            if (agent == null) {
                if (!parameters.isEmpty() || !plugs.isEmpty()) {
                    problems.add("fence.param and fence.plug need fence.agent");
                }
                return Optional.empty();
            }
            return Optional.of(new Fence(agent, parameters, plugs));
        }

        private List<String> readList(String key) {
            List<String> list = new ArrayList<>();
            for (int number = 1; rest.containsKey(key + "." + number); number++) {
                list.add(String.valueOf(rest.remove(key + "." + number)));
            }
            return list;
        }

        private String required(String key) {
            String value = rest.remove(key);
            if (value == null || value.isBlank()) {
                problems.add(key + " is missing");
                return "";
            }
            return value.trim();
        }

        private String text(String key, String ifAbsent) {
            String value = rest.remove(key);
            return value == null ? ifAbsent : value.trim();
        }

        private UUID uuid(String value) {
            try {
                return UUID.fromString(value);
            } catch (IllegalArgumentException e) {
                problems.add("cluster.id '" + value + "' is not a UUID");
                return new UUID(0, 0);
            }
        }

        private int port(String key, int ifAbsent) {
            return (int) number(key, ifAbsent, 1, 65_535);
        }

        private Duration seconds(String key, long ifAbsent) {
            return Duration.ofSeconds(number(key, ifAbsent, 0, 3600));
        }

        private Duration millis(String key, Duration ifAbsent) {
            return Duration.ofMillis(number(key, ifAbsent.toMillis(), 1, 3_600_000));
        }

        private long number(String key, long ifAbsent, long min, long max) {
            String value = rest.remove(key);
            if (value == null) {
                return ifAbsent;
            }
            try {
                long number = Long.parseLong(value.trim());
                if (number >= min && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below, together with a number out of range.
            }
            problems.add(key + " must be a whole number " + min + ".." + max + ", got '" + value + "'");
            return ifAbsent;
        }

        private boolean flag(String key) {
            String value = rest.remove(key);
            if (value == null || value.equals("no")) {
                return false;
            }
            if (!value.equals("yes")) {
                problems.add(key + " must be yes or no, got '" + value + "'");
            }
            return value.equals("yes");
        }
    }
}
