package dev.holdfast.policy;

import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.Message;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ServerPool;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a command changes in the policy set, and what an activation makes of the server pools: all of them in one change. */
final class PolicyJudgement {
    /** What the set itself has, in the order in which it is shown. */
    private static final List<String> ATTRIBUTES = List.of("ACL", "LAST_ACTIVATED_POLICY", "SERVER_POOL_NAMES");

    /** A pool that the set brings: it gets no servers before a policy gives it some. */
    private static final Map<String, String> UNSHAPED = Map.of("MAX_SIZE", "0");

    private final Situation situation;
    private final PolicySet before;
    private final List<Message> problems;
    private final SortedMap<String, Optional<ServerPool>> pools = new TreeMap<>();

    PolicyJudgement(Situation situation, List<Message> problems) {
        this.situation = situation;
        this.before = situation.setup().policies();
        this.problems = problems;
    }

    /** What is to be written; what is wrong was added to the problems. */
    Setup.Change decide(Command.OfPolicies command) {
        PolicySet after = switch (command) {
            case Command.AddPolicy add -> add(add);
            case Command.ModifyPolicy modify -> modify(modify);
            case Command.DeletePolicy(List<String> names) -> delete(names);
            case Command.ModifyPolicySet modify -> modify(modify);
        };
        return new Setup.Change(
                new TreeMap<>(),
                new TreeMap<>(),
                pools,
                after.equals(before) ? Optional.empty() : Optional.of(after),
                new TreeMap<>());
    }

    /** Says what is wrong with the policy set as it is, after it or what it is about was changed as a whole. */
    void endsWell() {
        for (String name : before.pools()) {
            if (name.equals(ServerPool.GENERIC) || !situation.setup().pools().containsKey(name)) {
                problem(
                        "HF-3142",
                        "SERVER_POOL_NAMES of the policy set: there is no server pool '" + name + "' that it can shape",
                        SetupJudgement.hint(name, situation.setup().pools().keySet(), "Add it, or take it out."));
            }
        }
        if (!before.lastActivated().isEmpty() && !before.policies().containsKey(before.lastActivated())) {
            problem(
                    "HF-3181",
                    "LAST_ACTIVATED_POLICY of the policy set: there is no policy '" + before.lastActivated() + "'",
                    SetupJudgement.hint(
                            before.lastActivated(), before.policies().keySet(), "Take it out."));
        }
        before.policies().forEach((name, policy) -> {
            if (!isName(name)) {
                refuseName(name);
            }
            policy.pools().keySet().stream()
                    .filter(pool -> !before.pools().contains(pool))
                    .forEach(pool -> problem(
                            "HF-3184",
                            "Policy '" + name + "' speaks of server pool '" + pool
                                    + "', which is not in SERVER_POOL_NAMES",
                            SetupJudgement.hint(pool, before.pools(), "Add it there, or take it out of the policy.")));
            before.pools().stream()
                    .flatMap(pool ->
                            Optional.ofNullable(situation.setup().pools().get(pool)).stream())
                    .forEach(pool -> shape(policy, pool));
        });
    }

    private void problem(String code, String text, String nextStep) {
        problems.add(new Message(code, text, nextStep));
    }

    private @Nullable PoolPolicy policy(String name) {
        PoolPolicy known = before.policies().get(name);
        if (known == null) {
            problem(
                    "HF-3181",
                    "There is no policy '" + name + "'",
                    SetupJudgement.hint(name, before.policies().keySet(), "crsctl status policy lists the policies."));
        }
        return known;
    }

    private static boolean isName(String name) {
        return ResourceName.isValid(name) && !name.startsWith("ora.") && !name.equals("Current");
    }

    private void refuseName(String name) {
        problem(
                "HF-3182",
                "'" + name + "' is not a name for a policy",
                "Use letters, digits and underscores. Current, and what begins with 'ora.', is taken.");
    }

    private String description(String policy, Map<String, String> attributes, String otherwise) {
        attributes.keySet().stream()
                .filter(attribute -> !attribute.equals("DESCRIPTION"))
                .forEach(attribute -> problem(
                        "HF-3102",
                        "Attribute '" + attribute + "' of policy '" + policy + "' is unknown",
                        "It has DESCRIPTION. What it says of a pool: crsctl modify serverpool POOL -attr ... -policy "
                                + policy));
        return attributes.getOrDefault("DESCRIPTION", otherwise);
    }

    private PolicySet add(Command.AddPolicy add) {
        if (!isName(add.name())) {
            refuseName(add.name());
        }
        if (before.policies().containsKey(add.name())) {
            problem(
                    "HF-3183",
                    "Policy '" + add.name() + "' exists already",
                    "To change what it says of a pool: crsctl modify serverpool POOL -attr ... -policy " + add.name());
        }
        SortedMap<String, SortedMap<String, String>> shapes = new TreeMap<>();
        before.pools().forEach(name -> shapes.put(name, now(name)));
        return with(new PoolPolicy(add.name(), description(add.name(), add.attributes(), ""), shapes));
    }

    private SortedMap<String, String> now(String pool) {
        ServerPool known = situation.setup().pools().get(pool);
        return known == null ? new TreeMap<>(UNSHAPED) : PoolPolicy.shapeOf(known);
    }

    private PolicySet with(PoolPolicy policy) {
        SortedMap<String, PoolPolicy> all = new TreeMap<>(before.policies());
        all.put(policy.name(), policy);
        return before.withPolicies(all);
    }

    private PolicySet modify(Command.ModifyPolicy modify) {
        PoolPolicy known = policy(modify.name());
        return known == null
                ? before
                : with(known.withDescription(description(modify.name(), modify.attributes(), known.description())));
    }

    private PolicySet delete(List<String> names) {
        SortedMap<String, PoolPolicy> all = new TreeMap<>(before.policies());
        names.forEach(name -> {
            policy(name);
            all.remove(name);
        });
        return before.withPolicies(all);
    }

    /** What some policies say of a pool is changed; the pool stays as it is. */
    Optional<PolicySet> modify(ServerPool pool, Command.ModifyPool modify) {
        if (!before.pools().contains(pool.name())) {
            problem(
                    "HF-3184",
                    "Server pool '" + pool.name() + "' is not in the policy set",
                    "Add it to the set first: crsctl modify policyset -attr \"SERVER_POOL_NAMES='...'\"");
            return Optional.empty();
        }
        SortedMap<String, PoolPolicy> all = new TreeMap<>(before.policies());
        for (String name : modify.policies().all()
                ? before.policies().keySet()
                : modify.policies().names()) {
            PoolPolicy policy = policy(name);
            if (policy != null) {
                SortedMap<String, SortedMap<String, String>> shapes = new TreeMap<>(policy.pools());
                SortedMap<String, String> values = new TreeMap<>(shapes.getOrDefault(pool.name(), new TreeMap<>()));
                values.putAll(modify.attributes());
                shapes.put(pool.name(), values);
                PoolPolicy changed = new PoolPolicy(name, policy.description(), shapes);
                all.put(name, changed);
                shape(changed, pool);
            }
        }
        return Optional.of(before.withPolicies(all));
    }

    private PolicySet modify(Command.ModifyPolicySet modify) {
        modify.attributes().keySet().stream()
                .filter(attribute -> !ATTRIBUTES.contains(attribute))
                .forEach(attribute -> problem(
                        "HF-3102",
                        "Attribute '" + attribute + "' of the policy set is unknown",
                        "The attributes are " + String.join(", ", ATTRIBUTES) + "."));
        SortedSet<String> names = names(modify);
        SortedMap<String, ServerPool> all = new TreeMap<>();
        for (String name : names) {
            ServerPool known = situation.setup().pools().get(name);
            ServerPool pool = known == null ? unshaped(name) : known;
            if (pool != null) {
                all.put(name, pool);
                if (known == null) {
                    pools.put(name, Optional.of(pool));
                }
            }
        }
        SortedMap<String, PoolPolicy> policies = policies(modify, names);
        policies.values().forEach(policy -> all.values().forEach(pool -> shape(policy, pool)));
        String last = modify.attributes().getOrDefault("LAST_ACTIVATED_POLICY", before.lastActivated());
        boolean activates = modify.attributes().containsKey("LAST_ACTIVATED_POLICY") && !last.isEmpty();
        if (activates && !policies.containsKey(last)) {
            problem(
                    "HF-3181",
                    "There is no policy '" + last + "'",
                    SetupJudgement.hint(last, policies.keySet(), "crsctl status policy lists the policies."));
        } else if (activates) {
            PoolPolicy policy = policies.get(last);
            all.values()
                    .forEach(pool -> shape(policy, pool).ifPresent(shaped -> {
                        if (!shaped.equals(situation.setup().pools().get(pool.name()))) {
                            pools.put(pool.name(), Optional.of(shaped));
                        }
                    }));
        }
        if (!modify.keepPools()) {
            before.pools().stream()
                    .filter(name -> !names.contains(name))
                    .filter(name -> situation.setup().pools().containsKey(name))
                    .forEach(name -> pools.put(name, Optional.empty()));
        }
        return new PolicySet(
                modify.attributes().getOrDefault("ACL", before.acl()),
                policies.containsKey(last) ? last : "",
                names,
                policies);
    }

    /** The pools of the set; Free, which nothing can shape, may be named and is passed over. */
    private SortedSet<String> names(Command.ModifyPolicySet modify) {
        String text = modify.attributes().get("SERVER_POOL_NAMES");
        if (text == null) {
            return before.pools();
        }
        SortedSet<String> names = new TreeSet<>(List.of(text.strip().split("\\s+")));
        names.remove(""); // Of an empty list.
        names.remove(ServerPool.FREE);
        if (names.remove(ServerPool.GENERIC)) {
            problem(
                    "HF-3144",
                    "Server pool '" + ServerPool.GENERIC + "' cannot be in a policy set",
                    "It has the servers that its children name.");
        }
        return names;
    }

    private @Nullable ServerPool unshaped(String name) {
        try {
            return ServerPool.read(name, UNSHAPED);
        } catch (InvalidAttributes invalid) {
            problems.addAll(invalid.problems());
            return null;
        }
    }

    /** Every policy speaks of every pool of the set: of one that it did not know, as that is now. */
    private SortedMap<String, PoolPolicy> policies(Command.ModifyPolicySet modify, SortedSet<String> names) {
        SortedMap<String, PoolPolicy> all = new TreeMap<>();
        List<PoolPolicy> given =
                modify.policies().orElse(List.copyOf(before.policies().values()));
        for (PoolPolicy policy : given) {
            if (!isName(policy.name())) {
                refuseName(policy.name());
            }
            SortedMap<String, SortedMap<String, String>> shapes = new TreeMap<>(policy.pools());
            shapes.remove(ServerPool.FREE);
            if (modify.policies().isPresent()) {
                shapes.keySet().stream()
                        .filter(name -> !names.contains(name))
                        .forEach(name -> problem(
                                "HF-3184",
                                "Policy '" + policy.name() + "' speaks of server pool '" + name
                                        + "', which is not in SERVER_POOL_NAMES",
                                SetupJudgement.hint(name, names, "Add it there, or take its block out.")));
            }
            shapes.keySet().retainAll(names);
            names.forEach(name -> shapes.computeIfAbsent(name, this::now));
            if (all.put(policy.name(), new PoolPolicy(policy.name(), policy.description(), shapes)) != null) {
                problem("HF-3183", "Policy '" + policy.name() + "' is given twice", "Take one of them out.");
            }
        }
        return all;
    }

    /** What a policy makes of a pool. All that is wrong with it is said, whether it is activated now or some night. */
    private Optional<ServerPool> shape(@Nullable PoolPolicy policy, ServerPool pool) {
        if (policy == null) {
            return Optional.empty();
        }
        try {
            ServerPool shaped = policy.shape(pool);
            SetupJudgement.unknownServers(situation, shaped).forEach(each -> refused(policy, each));
            return Optional.of(shaped);
        } catch (InvalidAttributes invalid) {
            invalid.problems().forEach(each -> refused(policy, each));
            return Optional.empty();
        }
    }

    private void refused(PoolPolicy policy, Message problem) {
        Message of =
                new Message(problem.code(), "Policy '" + policy.name() + "': " + problem.text(), problem.nextStep());
        if (!problems.contains(of)) {
            problems.add(of);
        }
    }
}
