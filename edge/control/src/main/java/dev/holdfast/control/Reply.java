package dev.holdfast.control;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the cluster says to a request: any number of {@link Progress}, then exactly one {@link Answer}. */
public sealed interface Reply {

    /** A line for the administrator while the work goes on: {@code CRS-2672: Attempting to start 'vip1' on 'node1'}. */
    record Progress(String line) implements Reply {}

    /** The last frame of an exchange. */
    sealed interface Answer extends Reply {}

    /** Everything that was asked is done. Often there is nothing to say. */
    record Done(List<String> lines) implements Answer {
        public Done {
            lines = List.copyOf(lines);
        }

        public static Done silently() {
            return new Done(List.of());
        }
    }

    /** The request was refused, or its work failed in part or whole; the problems say which, and how things now stand. Never empty. */
    record Refused(List<Problem> problems) implements Answer {
        public Refused {
            problems = List.copyOf(problems);
            if (problems.isEmpty()) {
                throw new IllegalArgumentException("a refusal names its reason");
            }
        }

        public static Refused because(String code, String text, String... next) {
            return new Refused(List.of(new Problem(code, text, List.of(next))));
        }
    }

    /**
     * One reason for a refusal.
     *
     * @param code {@code CRS-nnnn} where the message is Oracle's, {@code HF-nnnn} where it is ours
     * @param text what happened and how things now stand, without the code; may have several lines
     * @param next what to do about it, one line each; commands may be copied as they stand
     */
    record Problem(String code, String text, List<String> next) {
        public Problem {
            next = List.copyOf(next);
        }
    }

    /** Resources sorted by name; {@code epoch}: of the view in which they were observed. */
    record Resources(long epoch, List<Resource> resources) implements Answer {
        public Resources {
            resources = List.copyOf(resources);
        }
    }

    /**
     * A resource and what is known of it.
     *
     * @param local one instance on every node, rather than some number of them in the cluster
     * @param attributes definition with defaults filled in, without NAME and TYPE; empty if not asked for
     * @param instances by node number (local) or by cardinality id and degree id
     * @param group of which it is a member
     * @param version stands for its definition as it is: another one, another version
     */
    record Resource(
            String name,
            String type,
            boolean local,
            Map<String, String> attributes,
            List<Instance> instances,
            Optional<String> group,
            Optional<String> version) {
        /** A member of no group, and nothing is known of its version. */
        public Resource(
                String name, String type, boolean local, Map<String, String> attributes, List<Instance> instances) {
            this(name, type, local, attributes, instances, Optional.empty(), Optional.empty());
        }

        /** The same with other instances. */
        public Resource with(List<Instance> others) {
            return new Resource(name, type, local, attributes, others, group, version);
        }

        public Resource {
            attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
            instances = List.copyOf(instances);
        }
    }

    /**
     * One instance of a resource.
     *
     * @param target ONLINE or OFFLINE
     * @param state ONLINE, OFFLINE, INTERMEDIATE or UNKNOWN
     * @param server where it is, or where the state is unknown; for a local resource always its node
     * @param stateDetails from the agent or the engine, possibly empty
     * @param internalState STABLE, STARTING, STOPPING, CLEANING …
     * @param lastServer of the last successful start
     * @param targetServer where the engine wants it
     * @param failureHistory wall clock, milliseconds since 1970, oldest first
     * @param incarnation number of starts so far
     * @param lastRestartMillis wall clock, milliseconds since 1970; 0: never
     * @param lastStateChangeMillis wall clock, milliseconds since 1970; 0: never
     */
    record Instance(
            int cardinalityId,
            int degreeId,
            String target,
            String state,
            Optional<String> server,
            String stateDetails,
            String internalState,
            Optional<String> lastServer,
            Optional<String> targetServer,
            int restartCount,
            int failureCount,
            List<Long> failureHistory,
            long incarnation,
            long lastRestartMillis,
            long lastStateChangeMillis) {
        public Instance {
            failureHistory = List.copyOf(failureHistory);
        }
    }

    /** Types sorted by name. */
    record Types(List<Type> types) implements Answer {
        public Types {
            types = List.copyOf(types);
        }
    }

    /**
     * A resource type; {@code attributes} with the inherited ones. The root type has no base.
     *
     * @param version stands for what an administrator gave of it; empty for the product's own
     */
    record Type(String name, Optional<String> base, List<TypeAttribute> attributes, Optional<String> version) {
        public Type {
            attributes = List.copyOf(attributes);
        }

        /** Of the product's own. */
        public Type(String name, Optional<String> base, List<TypeAttribute> attributes) {
            this(name, base, attributes, Optional.empty());
        }
    }

    /** {@code kind}: string or int; {@code flags}: CONFIG, READONLY, REQUIRED, HOTMOD. */
    record TypeAttribute(String name, String kind, String defaultValue, List<String> flags) {
        public TypeAttribute {
            flags = List.copyOf(flags);
        }
    }

    /** Servers by node number. */
    record Servers(List<Server> servers) implements Answer {
        public Servers {
            servers = List.copyOf(servers);
        }
    }

    /** {@code state}: ONLINE, OFFLINE, UNSETTLED (voted out, not yet proved harmless); {@code details}: shown by -f, in this order. */
    record Server(String name, String state, Map<String, String> details) {
        public Server {
            details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
        }
    }

    /** Server pools by name, Free and Generic among them. */
    record Pools(List<Pool> pools) implements Answer {
        public Pools {
            pools = List.copyOf(pools);
        }
    }

    /**
     * @param attributes in the order in which they are shown
     * @param servers that are in it now
     * @param version stands for what an administrator gave of it; empty for the product's own
     */
    record Pool(String name, Map<String, String> attributes, List<String> servers, Optional<String> version) {
        public Pool {
            attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
            servers = List.copyOf(servers);
        }

        /** Of the product's own. */
        public Pool(String name, Map<String, String> attributes, List<String> servers) {
            this(name, attributes, servers, Optional.empty());
        }
    }

    /** Server categories by name. */
    record Categories(List<Category> categories) implements Answer {
        public Categories {
            categories = List.copyOf(categories);
        }
    }

    /**
     * @param attributes in the order in which they are shown
     * @param servers known to be in it
     * @param version stands for what an administrator gave of it; empty for the product's own
     */
    record Category(String name, Map<String, String> attributes, List<String> servers, Optional<String> version) {
        public Category {
            attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
            servers = List.copyOf(servers);
        }
    }

    /**
     * The policies and what they are about.
     *
     * @param attributes of the set, in the order in which they are shown
     * @param current what the server pools are now, as a policy would say it
     * @param version stands for the set with all of its policies; empty where only some of it is told
     */
    record PolicySet(Map<String, String> attributes, List<Policy> policies, Policy current, Optional<String> version)
            implements Answer {
        public PolicySet {
            attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
            policies = List.copyOf(policies);
        }
    }

    /**
     * What a policy says of server pools.
     *
     * @param version stands for all of it; empty for what was not read from the cluster, or is no policy of it
     */
    record Policy(String name, String description, List<Shape> pools, Optional<String> version) {
        public Policy(String name, String description, List<Shape> pools) {
            this(name, description, pools, Optional.empty());
        }

        public Policy {
            pools = List.copyOf(pools);
        }
    }

    /** What a policy says of one server pool; {@code attributes}: in the order in which they are shown. */
    record Shape(String pool, Map<String, String> attributes) {
        public Shape {
            attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
        }
    }

    /** Groups of resources by name. */
    record Groups(List<Group> groups) implements Answer {
        public Groups {
            groups = List.copyOf(groups);
        }
    }

    /** A group; {@code itself}: its definition, and how it is where it is: ONLINE only with all that is critical in it. */
    record Group(Resource itself, List<Member> members) {
        public Group {
            members = List.copyOf(members);
        }
    }

    /** {@code critical}: the group is ONLINE only when this member is. {@code states}: such as {@code ONLINE on node1}. */
    record Member(String name, String type, boolean critical, List<String> states) {
        public Member {
            states = List.copyOf(states);
        }
    }

    /** What a change would do; {@code messages}: what else would be told. No steps: nothing needs to be done. */
    record Plan(List<String> messages, List<Step> steps) implements Answer {
        public Plan {
            messages = List.copyOf(messages);
            steps = List.copyOf(steps);
        }
    }

    /**
     * One action of a plan.
     *
     * @param id unique in the plan
     * @param action START, STOP, CLEAN or CHECK
     * @param after ids of the steps that must be done before this one
     * @param required whether the change fails if this step fails
     */
    record Step(
            String id,
            String action,
            String resource,
            int cardinalityId,
            int degreeId,
            String server,
            List<String> after,
            boolean required,
            String reason) {
        public Step {
            after = List.copyOf(after);
        }
    }

    /** By node number. */
    record Health(List<NodeHealth> nodes) implements Answer {
        public Health {
            nodes = List.copyOf(nodes);
        }
    }

    /** {@code detail}: why something is not online, possibly empty. */
    record NodeHealth(String node, boolean crs, boolean css, boolean events, String detail) {}

    /** Voting disks by number. */
    record VotingDisks(List<VotingDisk> disks) implements Answer {
        public VotingDisks {
            disks = List.copyOf(disks);
        }
    }

    /**
     * @param number 0 for a disk that was found and is not used
     * @param state ONLINE; PENDOFFL: does not answer, or loses its vote in a change that is under way; OFFLINE: has not answered for
     *     longer than disktimeout; UNUSED: has no vote
     * @param latencyMicros of the last round; 0: none yet
     * @param worstMicros of the rounds of the last minute or two
     * @param seenBy the nodes that say that they use it
     * @param detail a warning, possibly empty
     */
    record VotingDisk(
            int number,
            String state,
            String uuid,
            String path,
            long latencyMicros,
            long worstMicros,
            List<String> seenBy,
            String detail) {
        public VotingDisk {
            seenBy = List.copyOf(seenBy);
        }

        /** One of which nothing is told but what was measured last. */
        public VotingDisk(int number, String state, String uuid, String path, long latencyMicros, String detail) {
            this(number, state, uuid, path, latencyMicros, latencyMicros, List.of(), detail);
        }
    }

    /** The timing that cssd works with. Seconds are texts like {@code 3} or {@code 0.5}; {@code certificate}: how the numbers follow. */
    record CssTiming(
            String misscountSeconds,
            String disktimeoutSeconds,
            String reboottimeSeconds,
            String profile,
            long leaseMillis,
            long takeoverMillis,
            List<String> certificate)
            implements Answer {
        public CssTiming {
            certificate = List.copyOf(certificate);
        }
    }

    /** The ways in which nodes are fenced, and what has been fenced, oldest first. */
    record Fencing(List<FenceDevice> devices, List<FenceRecord> records) implements Answer {
        public Fencing {
            devices = List.copyOf(devices);
            records = List.copyOf(records);
        }
    }

    /**
     * A way to fence, as the asked node's self-tests found it: the device itself, or one of its plugs.
     *
     * @param number of the device in cluster.conf
     * @param level levels are tried from the lowest number; all devices of a level must succeed
     * @param node whose plug this is; empty for the device itself
     * @param plug what the device calls the node; empty for the device itself
     * @param state GOOD, BROKEN, or UNTESTED before the first test
     * @param testedMillis when it was last tested: wall clock, milliseconds since 1970; 0: never
     * @param latencyMillis how long the test took
     * @param detail of a plug, whether it is on or off; or what went wrong
     */
    record FenceDevice(
            int number,
            int level,
            String agent,
            String node,
            String plug,
            String state,
            long testedMillis,
            long latencyMillis,
            String detail) {}

    /**
     * A life of a node that was voted out.
     *
     * @param epoch of the view that left it out
     * @param whenMillis wall clock, milliseconds since 1970; 0: not known
     * @param by who proposed that view; empty if not known
     * @param byItsOwnWord the life had stopped or ended by its own word before
     * @param reason why, as the proposer put it
     * @param settled whether it is proved harmless
     * @param proof such as {@code F1 FENCED}; empty while unsettled
     * @param detail of the proof
     * @param story what was done about it, oldest first
     */
    record FenceRecord(
            String node,
            long incarnation,
            long epoch,
            long whenMillis,
            String by,
            boolean byItsOwnWord,
            String reason,
            boolean settled,
            String proof,
            String detail,
            List<FenceStep> story) {
        public FenceRecord {
            story = List.copyOf(story);
        }
    }

    /** {@code witness}: the node that did it or saw it. {@code kind}: REQUESTED, FAILED, or a proof such as {@code F1 FENCED}. */
    record FenceStep(long whenMillis, String witness, String kind, String text) {}

    /** By number of the private network, then by node. */
    record Links(List<Link> links) implements Answer {
        public Links {
            links = List.copyOf(links);
        }
    }

    /**
     * One private network as it is between the asked node and one other.
     *
     * @param address of the other node there
     * @param state UP, DOWN, or NEVER if nothing was heard yet
     * @param roundTripMicros smoothed; -1: not known
     * @param lostPerMille of the other node's datagrams among the latest; -1: not known
     * @param silentMillis since the other node was last heard there; -1: never
     */
    record Link(
            int number,
            String node,
            String address,
            String state,
            long roundTripMicros,
            int lostPerMille,
            long silentMillis) {}

    /** Configured nodes by number. */
    record Nodes(String cluster, List<Node> nodes) implements Answer {
        public Nodes {
            nodes = List.copyOf(nodes);
        }
    }

    /** {@code addresses}: on the private networks. {@code incarnation} 0: not active. */
    record Node(int number, String name, boolean active, List<String> addresses, long incarnation) {
        public Node {
            addresses = List.copyOf(addresses);
        }
    }

    /** Something about the registry. */
    record OfRegistry(RegistryReply reply) implements Answer {}

    /** What a look at the definitions found; by resource, then by rule. */
    record Findings(List<Problem> findings) implements Answer {
        public Findings {
            findings = List.copyOf(findings);
        }
    }

    /**
     * Why a resource is where it is.
     *
     * @param because the reasons, most important first
     * @param changes what would make it different; commands where there are any
     * @param lately what was decided about it before, oldest first
     * @param asOfMillis the time of the decision that this explains, wall clock, milliseconds since 1970; 0: nothing is known
     * @param witness the node that was master then; empty: none
     */
    record Explanation(
            String resource,
            List<String> because,
            List<String> changes,
            List<Decided> lately,
            long asOfMillis,
            String witness)
            implements Answer {
        public Explanation {
            because = List.copyOf(because);
            changes = List.copyOf(changes);
            lately = List.copyOf(lately);
        }

        /** Of the present, without what was before. */
        public Explanation(String resource, List<String> because, List<String> changes) {
            this(resource, because, changes, List.of(), 0, "");
        }
    }

    /** Something that was decided: an action with its reason, or a message. */
    record Decided(long whenMillis, String text) {}

    /** {@code rights}: of the user or group that was asked for, such as {@code r-x}. */
    record Permission(String name, String acl, Optional<String> rights) implements Answer {}

    /** Entries by time; {@code silent}: nodes whose log could not be read. */
    record Log(List<Entry> entries, List<String> silent) implements Answer {
        public Log {
            entries = List.copyOf(entries);
            silent = List.copyOf(silent);
        }
    }

    /**
     * Something that happened.
     *
     * @param wall the time of day as its node had it, ISO 8601 in UTC
     * @param details what else the line of the log says
     */
    record Entry(String wall, String node, String event, String text, Map<String, String> details) {
        public Entry {
            details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
        }
    }

    /** What came of {@link Request.RequestAction}, in the order of resources, nodes and actions. */
    record Acted(List<Act> acts) implements Answer {
        public Acted {
            acts = List.copyOf(acts);
        }
    }

    /**
     * One action on one node.
     *
     * @param outcome succeeded, failed, timed-out, called-off (the resource was being started or stopped), not-run (an action before it
     *     failed), unknown (the node did not answer)
     * @param exit of the script; -1 if it did not end by itself
     * @param output its lines
     */
    record Act(String resource, String node, String action, String outcome, int exit, List<String> output) {
        public Act {
            output = List.copyOf(output);
        }
    }

    /** By node number. */
    record Facts(List<NodeFacts> nodes) implements Answer {
        public Facts {
            nodes = List.copyOf(nodes);
        }
    }

    /** Facts about one node; none if it does not answer. */
    record NodeFacts(String node, Map<String, String> facts) {
        public NodeFacts {
            facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        }
    }

    /** The whole configuration; {@code revision} stands for exactly this content. */
    record Configuration(String cluster, String revision, List<Configured> items) implements Answer {
        public Configuration {
            items = List.copyOf(items);
        }
    }

    /**
     * Something as it is configured: what was given, without defaults.
     *
     * @param type of a resource; of a type, the one that it is derived from; of others empty
     * @param attributes of a type: {@code ACL}, and of each attribute such as {@code PORT} what {@code add type} takes, as
     *     {@code PORT.TYPE}, {@code PORT.DEFAULT_VALUE} and {@code PORT.FLAGS}
     */
    record Configured(Kind kind, String name, String type, Map<String, String> attributes) {
        public Configured {
            if (kind.section().isEmpty()) {
                throw new IllegalArgumentException("a " + kind.word() + " has no part of its own in a configuration");
            }
            attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
        }
    }

    /** How a configuration differs from the one in force; {@code steps}: what would be done because of it. */
    record Difference(List<Differing> items, List<String> messages, List<Step> steps) implements Answer {
        public Difference {
            items = List.copyOf(items);
            messages = List.copyOf(messages);
            steps = List.copyOf(steps);
        }
    }

    /** {@code action}: add, modify or delete. {@code attributes}: those that differ. */
    record Differing(String action, Kind kind, String name, String type, List<DifferingAttribute> attributes) {
        public Differing {
            attributes = List.copyOf(attributes);
        }
    }

    /** Absent: the default. */
    record DifferingAttribute(String name, Optional<String> before, Optional<String> after) {}
}
