package dev.holdfast.policy;

import dev.holdfast.model.CustomType;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Decides what runs where. Pure: the same arguments give the same answer, on every node. Level-triggered: it looks at
 * what is wanted and what is, not at how that came about, so a lost message is healed by the next plan.
 */
public final class Policy {
    /** FNV-1a of 64 bits: against mistakes, not against malice. */
    private static final long START = 0xcbf29ce484222325L;

    private Policy() {}

    /**
     * What is to be done now. Apply {@link Plan#changes}, order {@link Plan#ready}, and plan again after every change
     * of the situation. A plan of the situation after its own changes has no changes.
     */
    public static Plan plan(Situation situation) {
        return Draft.of(situation).plan();
    }

    /** Answers a command. Nothing is done by it: leaving out the application makes it a what-if. */
    public static Decision decide(Situation situation, Command command) {
        return new Judgement(situation).decide(command);
    }

    /**
     * Answers a command like {@link #decide}, with a plan that tells what it leads to in the end if every action
     * succeeds. For people: it is not to be carried out.
     */
    public static Decision foresee(Situation situation, Command command) {
        return switch (decide(situation, command)) {
            case Decision.Refused refused -> refused;
            case Decision.Accepted accepted ->
                new Decision.Accepted(
                        accepted.changes(),
                        Foresight.play(situation.with(accepted.changes()), accepted.plan()),
                        accepted.awaits(),
                        accepted.notes());
        };
    }

    /** What would follow if something happened, to the end, if every action succeeds. */
    public static Decision suppose(Situation situation, Supposal supposal) {
        return Foresight.suppose(situation, supposal);
    }

    /** Stands for what is configured: two situations with the same definitions have the same revision, on every node. */
    public static String revision(Situation situation) {
        long hash = START;
        for (ResourceDefinition definition : situation.resources().values()) {
            hash = mixed(hash, text(definition));
        }
        for (CustomType type : situation.setup().types().values()) {
            hash = mixed(hash, text(type));
        }
        for (ServerPool pool : situation.setup().pools().values()) {
            hash = mixed(hash, text(pool));
        }
        for (ServerCategory category : situation.setup().categories().values()) {
            hash = mixed(hash, text(category));
        }
        for (Map.Entry<NodeId, SortedMap<String, String>> said :
                situation.setup().said().entrySet()) {
            hash = mixed(hash, "server " + said.getKey().number() + "\n" + said.getValue() + "\n");
        }
        PolicySet policies = situation.setup().policies();
        if (!policies.equals(PolicySet.NONE)) {
            hash = mixed(hash, text(policies));
        }
        return String.format("%016x", hash);
    }

    /** Stands for what is given of one resource, as {@link #revision} does for everything. */
    public static String version(ResourceDefinition definition) {
        return String.format("%016x", mixed(START, text(definition)));
    }

    /** The same of a type, its access list included. */
    public static String version(CustomType type) {
        return String.format("%016x", mixed(START, text(type)));
    }

    /** The same of a server pool, its access list included; what policies say of it does not count. */
    public static String version(ServerPool pool) {
        return String.format("%016x", mixed(START, text(pool)));
    }

    /** The same of a server category, its access list included. */
    public static String version(ServerCategory category) {
        return String.format("%016x", mixed(START, text(category)));
    }

    /** The same of a policy. */
    public static String version(PoolPolicy policy) {
        return String.format("%016x", mixed(START, text(policy)));
    }

    /** The same of the policy set with all of its policies, its access list, and what was activated last. */
    public static String version(PolicySet policies) {
        return String.format("%016x", mixed(START, text(policies)));
    }

    private static String text(ServerCategory category) {
        return "category " + category.name() + "\n" + category.given() + "\n";
    }

    private static String text(PoolPolicy policy) {
        return policy.name() + "\n" + policy.description() + "\n" + policy.pools() + "\n";
    }

    private static String text(PolicySet policies) {
        StringBuilder text = new StringBuilder(
                "policies " + policies.acl() + "\n" + policies.lastActivated() + "\n" + policies.pools() + "\n");
        policies.policies().values().forEach(policy -> text.append(text(policy)));
        return text.toString();
    }

    private static String text(CustomType type) {
        StringBuilder text = new StringBuilder("type " + type.name() + "\n" + type.base() + "\n" + type.acl() + "\n");
        for (CustomType.Own own : type.attributes().values()) {
            // Flags in one order: that of a set would not be the same on every node.
            text.append(own.name() + " " + own.number() + " " + own.defaultValue() + " " + new TreeSet<>(own.flags())
                    + "\n");
        }
        return text.toString();
    }

    private static String text(ServerPool pool) {
        return "pool " + pool.name() + "\n" + pool.given() + "\n";
    }

    private static String text(ResourceDefinition definition) {
        return definition.name() + "\n" + definition.type().name() + "\n" + definition.given() + "\n";
    }

    private static long mixed(long hash, String text) {
        long mixed = hash;
        for (int at = 0; at < text.length(); at++) {
            mixed = (mixed ^ text.charAt(at)) * 0x100000001b3L;
        }
        return mixed;
    }

    /** Why a resource is where it is, or is not, and what would change that. Empty: there is no such resource. */
    public static Optional<Explanation> why(Situation situation, ResourceName name) {
        Board board = new Board(situation);
        new Aftermath(board).note();
        Placement placement = new Placement(board);
        placement.decide();
        return Optional.ofNullable(board.entries.get(name)).map(entry -> new Reasons(board, placement).of(entry));
    }

    /** What is allowed and will nevertheless bite: each with the resource and what to do. By resource, then by rule. */
    public static List<Message> lint(Situation situation) {
        return new Lint(new Board(situation)).findings();
    }

    /** The server pools that each member of the cluster is in, Free and Generic among them; empty if there are no pools. */
    public static SortedMap<NodeId, SortedSet<String>> pools(Situation situation) {
        return Pools.assign(situation.setup(), situation.servers());
    }

    /** How far a command has come, given the present situation and the plan for it. */
    public static Progress progress(Situation situation, Plan plan, SortedMap<ResourceName, Awaited> awaits) {
        return awaits.isEmpty() ? new Progress.Done() : Waiting.progress(Draft.of(situation), plan, awaits);
    }
}
