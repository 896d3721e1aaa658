package dev.holdfast.control;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that can be asked of the cluster. Any node takes a request; the node that decides answers it.
 *
 * <p>Attribute maps keep the order in which they were given. Their keys are attribute names as the administrator wrote them, with the
 * scope of an override still attached: {@code CHECK_INTERVAL@SERVERNAME(node1)}.
 */
public sealed interface Request {

    /** A request that changes what is registered or what runs, and so can be evaluated without being done. */
    sealed interface Change extends Request {}

    /** A request that only looks. Everything else is an administrative act and is written into the audit log. */
    sealed interface Reading extends Request {}

    /** Registers a resource; it starts life with target and state OFFLINE. {@code force}: although targets of dependencies are missing. */
    record AddResource(String name, String type, Map<String, String> attributes, boolean force, boolean failIfBusy)
            implements Change {
        public AddResource {
            attributes = ordered(attributes);
        }
    }

    /**
     * Changes attributes of a registered resource.
     *
     * @param removed scoped overrides to drop, by their full name; the plain attribute then counts again
     */
    record ModifyResource(
            String name, Map<String, String> attributes, List<String> removed, boolean force, boolean failIfBusy)
            implements Change {
        public ModifyResource {
            attributes = ordered(attributes);
            removed = List.copyOf(removed);
        }
    }

    /**
     * A change of one resource, type, server pool, category, policy or the policy set, only if that still has the version that {@link Reply.Resource},
     * {@link Reply.Type}, {@link Reply.Pool}, {@link Reply.Category}, {@link Reply.Policy} or {@link Reply.PolicySet} told.
     *
     * @param change modifies or deletes it, or changes who may do what with it
     */
    record IfVersion(String version, Change change) implements Change {
        public IfVersion {
            switch (change) {
                case ModifyResource _,
                        DeleteResource _,
                        ModifyType _,
                        DeleteType _,
                        ModifyPool _,
                        DeletePool _,
                        ModifyCategory _,
                        DeleteCategory _,
                        ModifyPolicy _,
                        DeletePolicy _,
                        ModifyPolicySet _,
                        SetPermission _ -> {}
                default ->
                    throw new IllegalArgumentException("only what modifies or deletes one thing looks at its version");
            }
        }
    }

    /** Forgets resources. {@code force}: also while they run (they are stopped) or others depend on them. */
    record DeleteResource(Selection resources, boolean force, boolean failIfBusy) implements Change {}

    /**
     * Starts resources and what they need.
     *
     * @param node where; absent: where the policy says
     * @param pools on servers of these only; empty: wherever the policy says
     * @param instance only this one of each, by its number; absent: all
     * @param environment handed to the actions, for this command only
     * @param force relocate what is in the way
     * @param failIfBusy refuse at once, rather than wait, if another operation is under way on one of them
     * @param leave where a start fails it is left at that, and not tried on other nodes
     */
    record StartResource(
            Selection resources,
            Optional<String> node,
            List<String> pools,
            Optional<Integer> instance,
            Map<String, String> environment,
            boolean force,
            boolean failIfBusy,
            boolean leave)
            implements Change {
        public StartResource {
            pools = List.copyOf(pools);
            environment = ordered(environment);
        }

        public StartResource(
                Selection resources,
                Optional<String> node,
                Map<String, String> environment,
                boolean force,
                boolean failIfBusy) {
            this(resources, node, List.of(), Optional.empty(), environment, force, failIfBusy, false);
        }
    }

    /**
     * Stops resources; with {@code force} also those that depend on them.
     *
     * @param node only what runs there
     * @param pools only what runs on servers of these; empty: wherever it runs
     * @param instance only this one of each, by its number; absent: all
     * @param leave what does not stop is left running, and not cleaned
     */
    record StopResource(
            Selection resources,
            Optional<String> node,
            List<String> pools,
            Optional<Integer> instance,
            Map<String, String> environment,
            boolean force,
            boolean failIfBusy,
            boolean leave)
            implements Change {
        public StopResource {
            pools = List.copyOf(pools);
            environment = ordered(environment);
        }

        public StopResource(
                Selection resources,
                Optional<String> node,
                Map<String, String> environment,
                boolean force,
                boolean failIfBusy) {
            this(resources, node, List.of(), Optional.empty(), environment, force, failIfBusy, false);
        }
    }

    /**
     * Moves running resources.
     *
     * @param from only instances that run there
     * @param to where to; absent: where the policy says
     * @param instance only this one, by its number; absent: the one that there is
     * @param force bring along what has to be on the same node
     */
    record RelocateResource(
            Selection resources,
            Optional<String> from,
            Optional<String> to,
            Optional<Integer> instance,
            Map<String, String> environment,
            boolean force,
            boolean failIfBusy)
            implements Change {
        public RelocateResource {
            environment = ordered(environment);
        }

        public RelocateResource(
                Selection resources,
                Optional<String> from,
                Optional<String> to,
                Map<String, String> environment,
                boolean force,
                boolean failIfBusy) {
            this(resources, from, to, Optional.empty(), environment, force, failIfBusy);
        }
    }

    /** Moves everything away from a node, and gives it nothing more. {@code force}: what can run nowhere else is stopped. */
    record DrainNode(String node, boolean force) implements Change {}

    /** Ends {@link DrainNode}. */
    record UndrainNode(String node) implements Change {}

    /** Whether a node may be given resources. {@code node}: absent: the node that is asked. */
    record UseNode(Optional<String> node, boolean use) implements Change {}

    /** From now on nothing, or again everything, is done to these resources. */
    record FreezeResource(Selection resources, boolean freeze) implements Change {}

    /** From now on nothing, or again everything, is done in the whole cluster. */
    record FreezeCluster(boolean freeze) implements Change {}

    /**
     * What would be done if something happened? Answered with {@link Reply.Plan} or {@link Reply.Refused}.
     *
     * @param what serverLost, serverBack or failure
     * @param name of the server or the resource
     * @param node of a failure: only there
     */
    record Suppose(String what, String name, Optional<String> node) implements Reading {
        public Suppose {
            if (!List.of("serverLost", "serverBack", "failure").contains(what)) {
                throw new IllegalArgumentException("nothing is known of '" + what + "'");
            }
        }
    }

    /** What is allowed in the definitions and will nevertheless bite. Answered with {@link Reply.Findings}. */
    record Lint() implements Reading {}

    /** A change of what is configured beside the resources: types and server pools. For root. */
    sealed interface OfSetup extends Change {}

    /**
     * An attribute of a resource type, as the administrator wrote it.
     *
     * @param kind int or string
     * @param flags such as {@code CONFIG|REQUIRED}
     */
    record TypeAttribute(String name, Optional<String> kind, Optional<String> defaultValue, Optional<String> flags) {}

    /** Makes a resource type that is derived from another one. */
    record AddType(String name, String base, List<TypeAttribute> attributes) implements OfSetup {
        public AddType {
            attributes = List.copyOf(attributes);
        }
    }

    /** Adds attributes to a type that was made with {@link AddType}, or changes those it has. */
    record ModifyType(String name, List<TypeAttribute> attributes, boolean force) implements OfSetup {
        public ModifyType {
            attributes = List.copyOf(attributes);
        }
    }

    /** Forgets types; refused while there are resources of them. */
    record DeleteType(List<String> names) implements OfSetup {
        public DeleteType {
            names = List.copyOf(names);
        }
    }

    /** Makes a server pool. {@code force}: also if something that runs is stopped by it. */
    record AddPool(String name, Map<String, String> attributes, boolean force) implements OfSetup {
        public AddPool {
            attributes = ordered(attributes);
        }
    }

    /**
     * Changes attributes of a server pool, or what policies say of it.
     *
     * @param policies what these say of the pool is changed, and not the pool
     * @param allPolicies the same of all policies
     * @param force also if something that runs is stopped by it
     */
    record ModifyPool(
            String name, Map<String, String> attributes, List<String> policies, boolean allPolicies, boolean force)
            implements OfSetup {
        public ModifyPool {
            attributes = ordered(attributes);
            policies = List.copyOf(policies);
        }
    }

    /** Makes a server category. */
    record AddCategory(String name, Map<String, String> attributes) implements OfSetup {
        public AddCategory {
            attributes = ordered(attributes);
        }
    }

    /** Changes attributes of a server category. {@code force}: also if something that runs is stopped by it. */
    record ModifyCategory(String name, Map<String, String> attributes, boolean force) implements OfSetup {
        public ModifyCategory {
            attributes = ordered(attributes);
        }
    }

    /** Forgets server categories; refused while something names them. */
    record DeleteCategory(List<String> names) implements OfSetup {
        public DeleteCategory {
            names = List.copyOf(names);
        }
    }

    /** Adds a policy, which says of the server pools of the set what they are now. */
    record AddPolicy(String name, Map<String, String> attributes) implements OfSetup {
        public AddPolicy {
            attributes = ordered(attributes);
        }
    }

    /** Changes the description of a policy. */
    record ModifyPolicy(String name, Map<String, String> attributes) implements OfSetup {
        public ModifyPolicy {
            attributes = ordered(attributes);
        }
    }

    /** Forgets policies; the server pools stay as they are. */
    record DeletePolicy(List<String> names) implements OfSetup {
        public DeletePolicy {
            names = List.copyOf(names);
        }
    }

    /**
     * Changes the policy set. LAST_ACTIVATED_POLICY among the attributes activates that policy.
     *
     * @param policies in place of all that there are; absent: they stay
     * @param keepPools server pools that leave the set stay; else they are deleted
     * @param force also if something that runs is stopped by it
     */
    record ModifyPolicySet(
            Map<String, String> attributes, Optional<List<Reply.Policy>> policies, boolean keepPools, boolean force)
            implements OfSetup {
        public ModifyPolicySet {
            attributes = ordered(attributes);
            policies = policies.map(List::copyOf);
        }
    }

    /** Answered with {@link Reply.Categories}; no names: all. {@code server}: those that it is in. */
    record StatusCategory(List<String> names, Optional<String> server) implements Reading {
        public StatusCategory {
            names = List.copyOf(names);
        }
    }

    /** Answered with {@link Reply.PolicySet}. */
    record StatusPolicySet() implements Reading {}

    /** Forgets server pools. {@code force}: also if something that runs is stopped by it. */
    record DeletePool(List<String> names, boolean force) implements OfSetup {
        public DeletePool {
            names = List.copyOf(names);
        }
    }

    /**
     * Says something of a server: LOCATION, SERVER_LABEL. An empty value takes it away.
     *
     * @param node of which; absent: of the one that is asked
     * @param force also if something that runs is stopped by it
     */
    record SetServer(Optional<String> node, Map<String, String> attributes, boolean force) implements OfSetup {
        public SetServer {
            attributes = ordered(attributes);
        }
    }

    /** Moves servers to another pool. {@code force}: also if something that runs is stopped by it. */
    record RelocateServer(List<String> servers, String pool, boolean force) implements OfSetup {
        public RelocateServer {
            servers = List.copyOf(servers);
        }
    }

    /** Answered with {@link Reply.Pools}; no names: all pools. */
    record StatusPool(List<String> names) implements Reading {
        public StatusPool {
            names = List.copyOf(names);
        }
    }

    /** Answered with {@link Reply.Groups}; no names: all groups of resources. */
    record StatusGroup(List<String> names) implements Reading {
        public StatusGroup {
            names = List.copyOf(names);
        }
    }

    /** What would this change do? Nothing is done. Answered with {@link Reply.Plan} or {@link Reply.Refused}. */
    record Evaluate(Change change) implements Reading {}

    /** Runs the check action now, on every node where the resource is believed to run, or on {@code node}. */
    record CheckResource(Selection resources, Optional<String> node) implements Request {}

    /**
     * Runs actions of resources' scripts that their attribute ACTIONS names, one after the other, wherever the resources run. Answered with
     * {@link Reply.Acted}, also if an action failed.
     *
     * @param node only there
     */
    record RequestAction(
            List<String> actions, Selection resources, Optional<String> node, Map<String, String> environment)
            implements Request {
        public RequestAction {
            if (actions.isEmpty()) {
                throw new IllegalArgumentException("no action is named");
            }
            actions = List.copyOf(actions);
            environment = Map.copyOf(environment);
        }
    }

    /** From the master to a node: do this here now. Refused to anybody else. */
    record RunActions(String resource, List<String> actions, Map<String, String> environment) implements Request {
        public RunActions {
            actions = List.copyOf(actions);
            environment = Map.copyOf(environment);
        }
    }

    /** Answered with {@link Reply.Resources}. {@code definitions}: with all attributes; without, those maps are empty. */
    record StatusResource(Selection resources, boolean definitions) implements Reading {}

    /** Answered with {@link Reply.Types}; no names: all types. */
    record StatusType(List<String> names) implements Reading {
        public StatusType {
            names = List.copyOf(names);
        }
    }

    /** Answered with {@link Reply.Servers}; no names: all servers. */
    record StatusServer(List<String> names) implements Reading {
        public StatusServer {
            names = List.copyOf(names);
        }
    }

    /** Answered with {@link Reply.Health} of the node that is asked, of the nodes named, or of all configured nodes. */
    record CheckStack(boolean allNodes, List<String> nodes) implements Reading {
        public CheckStack {
            nodes = List.copyOf(nodes);
            if (allNodes && !nodes.isEmpty()) {
                throw new IllegalArgumentException("either all nodes or some nodes");
            }
        }
    }

    /** Answered with {@link Reply.VotingDisks}, as the asked node sees them. */
    record QueryVotingDisks() implements Reading {}

    /**
     * Changes the voting set; for root. Answered when the change is complete.
     *
     * @param add paths of disks to be formatted and added
     * @param remove paths or File Universal Ids of voting disks
     * @param removeRest all present voting disks are removed
     * @param force also over what is not blank
     */
    record ChangeVotingDisks(List<String> add, List<String> remove, boolean removeRest, boolean force)
            implements Request {
        public ChangeVotingDisks {
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }
    }

    /** Answered with {@link Reply.CssTiming}. */
    record QueryTiming() implements Reading {}

    /** Answered with {@link Reply.Fencing}. */
    record QueryFencing() implements Reading {}

    /** Why was a node, or the asked node itself, voted out? Answered with {@link Reply.Fencing}: its records, no devices. */
    record WhyFenced(Optional<String> node) implements Reading {}

    /** The private networks as the asked node sees them. Answered with {@link Reply.Links}. */
    record QueryLinks() implements Reading {}

    /** Answered with {@link Reply.Nodes}. */
    record ListNodes() implements Reading {}

    /**
     * Creates the type (if missing) and the resource of an application VIP; it stays OFFLINE until started.
     *
     * @param network number of the public network
     * @param address IPv4 or IPv6
     * @param user who may start, stop and see it; its owner is root
     * @param failback whether it returns to its first node as soon as that is back
     */
    record CreateAppVip(int network, String address, String name, String user, Optional<String> group, boolean failback)
            implements Request {}

    /** Forgets an application VIP; refused while it is ONLINE unless forced. */
    record DeleteAppVip(String name, boolean force) implements Request {}

    /**
     * Why is this resource where it is, or why is it not running? Answered with {@link Reply.Explanation}.
     *
     * @param node what concerns this node only
     * @param atMillis as it was then, wall clock, milliseconds since 1970; absent: now
     */
    record Why(String resource, Optional<String> node, Optional<Long> atMillis) implements Reading {
        /** Now, everywhere. */
        public Why(String resource) {
            this(resource, Optional.empty(), Optional.empty());
        }
    }

    /** The same of what the asked node itself has written down as master. Answered with {@link Reply.Explanation}. */
    record Recollect(String resource, Optional<String> node, long atMillis) implements Reading {}

    /**
     * An operator vouches that a node is powered off, by name; without it being true, data may be lost.
     *
     * @param force says that the operator has understood that; without it the request is refused
     */
    record ConfirmFenced(String node, boolean force) implements Request {}

    /**
     * Sets a timing parameter of the whole cluster, while it runs.
     *
     * @param name such as misscount
     * @param seconds as the user wrote it; empty: what the profile has
     */
    record SetCss(String name, Optional<String> seconds) implements Request {}

    /** Says whether this server should rather survive a partition than others; kept on it, and counts from now on. */
    record SetCritical(boolean critical) implements Request {}

    /** What {@link SetCritical} said last on this server. */
    record GetCritical() implements Reading {}

    /**
     * Votes a node out and has it fenced.
     *
     * @param reason kept in the fencing record; may be empty
     * @param force also the node that the request is given to
     */
    record FenceNode(String node, String reason, boolean force) implements Request {}

    /** Something about the registry. */
    record OfRegistry(RegistryRequest request) implements Request {}

    /** Stops every resource here and leaves the cluster. {@code force}: also what can run nowhere else. */
    record StopCrs(boolean force) implements Request {}

    /** Answered with {@link Reply.Permission}. {@code user}, {@code group}: what these may do; both absent: the whole list. */
    record GetPermission(Kind kind, String name, Optional<String> user, Optional<String> group) implements Reading {}

    /** How an access list is changed. */
    enum PermissionChange {
        /** Add or replace one entry: {@code user:oracle:r-x}. */
        UPDATE,
        /** Take one entry away: {@code user:oracle}. */
        REMOVE,
        OWNER,
        GROUP
    }

    /** Changes who may do what with something; for its owner, and for root, who alone names another owner. */
    record SetPermission(Kind kind, String name, PermissionChange change, String value) implements Change {}

    /**
     * What happened, from the logs of nodes. Answered with {@link Reply.Log}.
     *
     * @param log {@code events}, or {@code calog}: the administrative acts
     * @param nodes whose logs; none: of all that can be reached
     * @param afterMillis wall clock; entries of that millisecond and earlier are left out
     * @param beforeMillis wall clock; entries of that millisecond and later are left out
     * @param most so many of the newest entries at most
     */
    record ReadLog(String log, List<String> nodes, long afterMillis, long beforeMillis, int most) implements Reading {
        public ReadLog {
            nodes = List.copyOf(nodes);
        }
    }

    /** Facts about nodes: host name, release, networks. Answered with {@link Reply.Facts}; none named: of the asked node. */
    record QueryFacts(boolean allNodes, List<String> nodes) implements Reading {
        public QueryFacts {
            nodes = List.copyOf(nodes);
        }
    }

    /** The whole configuration. Answered with {@link Reply.Configuration}. */
    record Export() implements Reading {}

    /** What {@link Apply} would change. Answered with {@link Reply.Difference}. */
    record Compare(Apply apply) implements Reading {}

    /**
     * Makes the configuration what is given here, in one change of the registry or not at all.
     *
     * @param kinds what this speaks of; everything of other kinds stays
     * @param revision of the configuration this was made from; refused if another one is in force now. Absent: not checked
     * @param keep what is not named stays; else it is deleted
     * @param force also what would stop or move what runs
     */
    record Apply(List<Kind> kinds, List<Reply.Configured> items, Optional<String> revision, boolean keep, boolean force)
            implements Request {
        public Apply {
            kinds = List.copyOf(kinds);
            items = List.copyOf(items);
            for (Reply.Configured item : items) {
                if (!kinds.contains(item.kind())) {
                    throw new IllegalArgumentException(item.kind().word() + " '" + item.name() + "' is not spoken of");
                }
            }
        }
    }

    /** Stops the stack on several nodes, each as {@link StopCrs} does. */
    record StopNodes(boolean allNodes, List<String> nodes, boolean force) implements Request {
        public StopNodes {
            nodes = List.copyOf(nodes);
        }
    }

    private static Map<String, String> ordered(Map<String, String> attributes) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }
}
