package dev.holdfast.membership;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Subnet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What every node of the cluster is told the same, from {@code cluster.conf}. Refused whole when anything is wrong;
 * past {@link #read} nothing checks again.
 *
 * @param heartbeatPort UDP port of the heartbeats on every private address
 * @param crsPort TCP port on which the crsd of a node listens for its peers, on every private address
 * @param votingDisks paths (hints: a voting disk is what its header says), of which the first ones are made
 * @param votingDiscovery further places to look for voting disks: paths, directories, and paths with wildcards in the last part
 * @param registryLocations paths; the registry begins at {@link #REGISTRY_OFFSET} of each
 * @param networks public networks by number
 * @param fence the fence devices by number; none: a lost node is proved harmless by other means
 * @param fenceSelfTest how often the fence devices are tried; zero: never
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
        List<String> votingDiscovery,
        List<String> registryLocations,
        SortedMap<Integer, Network> networks,
        List<FenceDevice> fence,
        Duration fenceSelfTest,
        boolean virtualTimerTakeover,
        Duration bootWait) {

    /** Where the registry begins on each of its locations; the voting format ends well before. */
    public static final long REGISTRY_OFFSET = 16L << 20;

    /** A configured node. {@code privateAddresses} are one per private network, in the order of the links. */
    public record Node(NodeId id, String name, List<String> privateAddresses) {}

    /**
     * A public network.
     *
     * @param subnets of IPv4, of IPv6, or one of each; no virtual address can be outside
     * @param interfaceName one or several to choose from, with {@code |} or blanks between; empty: whichever has an address in a subnet
     */
    public record Network(int number, List<Subnet> subnets, String interfaceName) {
        public Network {
            subnets = List.copyOf(subnets);
        }
    }

    /**
     * A fence device, driven by a program that speaks the fence-agents interface.
     *
     * @param number of the device in the file, from 1
     * @param level devices of the lowest level are tried first; all devices of one level must succeed
     * @param agent absolute path
     * @param parameters passed as key=value on its standard input; secrets never go into argv
     * @param parameterFile a file with more of them, one a line, readable by its owner alone; read at every use
     * @param plugs what the device calls each node; a node without a plug cannot be fenced by this device
     * @param timeout of one call of the agent; then it is killed with all it started
     * @param retries how often a failed attempt is repeated
     */
    public record FenceDevice(
            int number,
            int level,
            String agent,
            SortedMap<String, String> parameters,
            Optional<String> parameterFile,
            SortedMap<NodeId, String> plugs,
            Duration timeout,
            int retries) {
        public FenceDevice {
            parameters = Collections.unmodifiableSortedMap(new TreeMap<>(parameters));
            plugs = Collections.unmodifiableSortedMap(new TreeMap<>(plugs));
        }
    }

    public ClusterSettings {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        fence = List.copyOf(fence);
        networks = Collections.unmodifiableSortedMap(new TreeMap<>(networks));
        votingDisks = List.copyOf(votingDisks);
        votingDiscovery = List.copyOf(votingDiscovery);
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
        private static final int FENCE_DEVICES_MAX = 32;
        private static final Set<String> FENCE_KEYS =
                Set.of("fence.agent", "fence.level", "fence.timeout", "fence.retries", "fence.params");

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
            List<String> discovery = List.of(text("votingdisk.discovery", "").split("[,\\s]+")).stream()
                    .filter(pattern -> !pattern.isEmpty())
                    .toList();
            discovery.stream()
                    .filter(pattern -> !pattern.startsWith("/"))
                    .forEach(pattern -> problems.add("votingdisk.discovery: '" + pattern + "' does not begin with /"));
            boolean discovered = disks.isEmpty() && !discovery.isEmpty();
            if (!discovered && disks.size() != 1 && disks.size() != 3 && disks.size() != 5) {
                problems.add("votingdisk.1..: 1, 3 or 5 voting disks are needed (a majority must survive), got "
                        + disks.size());
            }
            List<String> registry = readList("registry");
            if (registry.size() != 1 && registry.size() != 3 && registry.size() != 5) {
                problems.add("registry.1..: 1, 3 or 5 registry locations are needed, got " + registry.size());
            }
            SortedMap<Integer, Network> networks = readNetworks();
            List<FenceDevice> fence = readFence(nodes);
            Duration fenceSelfTest = seconds("fence.selftest", 600);
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
                    discovery,
                    registry,
                    networks,
                    fence,
                    fenceSelfTest,
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
                    List<Subnet> subnets = subnets("network." + number + ".subnet", subnet);
                    String interfaces = interfaceName == null
                            ? ""
                            : interfaces("network." + number + ".interface", interfaceName.strip());
                    networks.put(number, new Network(number, subnets, interfaces));
                } else if (interfaceName != null) {
                    problems.add("network." + number + ".interface stands without network." + number + ".subnet");
                }
            }
            return networks;
        }

        private List<Subnet> subnets(String key, String value) {
            List<Subnet> subnets = new ArrayList<>();
            for (String text : value.split(",", -1)) {
                Optional<Subnet> subnet = Subnet.parse(text.strip());
                Optional<String> unfit = subnet.flatMap(each -> each.first().whyNoHost());
                if (subnet.isEmpty()) {
                    problems.add(key + ": '" + text.strip()
                            + "' is not a subnet; write it as 192.0.2.0/24 or 2001:db8::/64, or both"
                            + " with a comma between");
                } else if (unfit.isPresent()) {
                    problems.add(key + ": in '" + text.strip() + "' no virtual address can be: "
                            + subnet.get().first() + " is " + unfit.get());
                } else if (subnets.stream()
                        .anyMatch(other ->
                                other.first().isIpv6() == subnet.get().first().isIpv6())) {
                    problems.add(key + ": '" + value.strip() + "' has two subnets of "
                            + (subnet.get().first().isIpv6() ? "IPv6" : "IPv4")
                            + "; a network has one of each kind at most, and another subnet is another network");
                } else {
                    subnets.add(subnet.get());
                }
            }
            return subnets;
        }

        private String interfaces(String key, String value) {
            for (String name : value.split("[|\\s]+")) {
                // As Linux has it: dev_valid_name().
                if (!name.matches("[^/:\\s]{1,15}") || name.equals(".") || name.equals("..")) {
                    problems.add(key + ": '" + name
                            + "' is no name of a network interface; it has 1 to 15 characters, and several"
                            + " names stand with blanks or | between");
                }
            }
            return value;
        }

        private List<FenceDevice> readFence(SortedMap<NodeId, Node> nodes) {
            // The short form, for a cluster with one device, means device 1.
            for (String key : List.copyOf(rest.keySet())) {
                boolean isShort =
                        FENCE_KEYS.contains(key) || key.startsWith("fence.param.") || key.startsWith("fence.plug.");
                if (isShort) {
                    String whole = "fence.1." + key.substring("fence.".length());
                    if (rest.containsKey(whole)) {
                        problems.add(key + " and " + whole + " mean the same; give one of them");
                    }
                    rest.put(whole, String.valueOf(rest.remove(key)));
                }
            }
            List<FenceDevice> devices = new ArrayList<>();
            for (int number = 1; number <= FENCE_DEVICES_MAX; number++) {
                String prefix = "fence." + number + ".";
                if (!rest.subMap(prefix, prefix + Character.MAX_VALUE).isEmpty()) {
                    readDevice(number, prefix, nodes).ifPresent(devices::add);
                }
            }
            return devices;
        }

        private Optional<FenceDevice> readDevice(int number, String prefix, SortedMap<NodeId, Node> nodes) {
            String agent = rest.remove(prefix + "agent");
            int level = (int) number(prefix + "level", 1, 1, 9);
            Duration timeout = Duration.ofSeconds(number(prefix + "timeout", 60, 1, 600));
            int retries = (int) number(prefix + "retries", 2, 0, 10);
            String file = rest.remove(prefix + "params");
            SortedMap<String, String> parameters = new TreeMap<>();
            SortedMap<NodeId, String> plugs = new TreeMap<>();
            for (String key : List.copyOf(rest.keySet())) {
                String value = String.valueOf(rest.get(key));
                if (key.startsWith(prefix + "param.")) {
                    parameters.put(key.substring((prefix + "param.").length()), value);
                    rest.remove(key);
                } else if (key.startsWith(prefix + "plug.")) {
                    String nodeName = key.substring((prefix + "plug.").length());
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
                problems.add(prefix + "agent is missing, although other keys of fence device " + number + " are there");
                return Optional.empty();
            }
            if (!agent.startsWith("/")) {
                problems.add(prefix + "agent must be an absolute path, got '" + agent + "'");
            }
            return Optional.of(new FenceDevice(
                    number, level, agent, parameters, Optional.ofNullable(file), plugs, timeout, retries));
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
