package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ServerPool;
import dev.holdfast.policy.Situation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what with types, categories, server pools and the policy set: w changes and deletes them, and activates policies; x has
 * resources of the type, in the pool, or on servers of the category.
 */
final class SetupAccess {
    private SetupAccess() {}

    /** The access list of something; empty if there is no such thing. */
    static Optional<AccessList> of(Situation situation, Kind kind, String name) {
        return switch (kind) {
            case RESOURCE, GROUP ->
                Optional.ofNullable(resource(situation, name))
                        .filter(known -> kind == Kind.RESOURCE || known.type().isGroup())
                        .map(known -> AccessList.parse(known.value("ACL")));
            case TYPE ->
                situation.types().containsKey(name)
                        ? Optional.of(list(
                                Optional.ofNullable(situation.setup().types().get(name))
                                        .map(CustomType::acl)))
                        : Optional.empty();
            case POOL ->
                situation.setup().pools().containsKey(name)
                                || List.of(ServerPool.FREE, ServerPool.GENERIC).contains(name)
                        ? Optional.of(list(
                                Optional.ofNullable(situation.setup().pools().get(name))
                                        .map(pool -> pool.value("ACL"))))
                        : Optional.empty();
            case CATEGORY -> situation.setup().category(name).map(category -> list(Optional.of(category.value("ACL"))));
            case SERVER -> Optional.empty();
            case POLICY_SET ->
                Optional.of(list(Optional.of(situation.setup().policies().acl())));
        };
    }

    private static AccessList list(Optional<String> acl) {
        return AccessList.parse(acl.filter(text -> !text.isBlank()).orElse(AccessList.OF_SETUP));
    }

    /** The resource of that name; null if there is none. */
    static @Nullable ResourceDefinition resource(Situation situation, String name) {
        return ResourceName.isValid(name) ? situation.resources().get(new ResourceName(name)) : null;
    }

    static boolean mayRead(Situation situation, Caller caller, Kind kind, String name) {
        return !kind.hasAccessList() // Everybody sees the servers.
                || of(situation, kind, name)
                        .filter(list -> list.allows(caller, AccessList.Right.READ))
                        .isPresent();
    }

    /** Empty also if there is no such thing: that is said by who looks for it. */
    static Optional<Reply.Refused> refusal(
            Situation situation, Caller caller, Kind kind, String name, AccessList.Right right) {
        return of(situation, kind, name)
                .filter(list -> !list.allows(caller, right))
                .map(list -> forbidden(caller, kind, name, list));
    }

    static Reply.Refused forbidden(Caller caller, Kind kind, String name, AccessList list) {
        return Reply.Refused.because(
                "CRS-2725",
                "User " + caller.user() + " does not have permission to operate on " + said(kind, name)
                        + ". Nothing was changed.",
                "Its ACL is " + list.text(),
                "root can give the right:  crsctl setperm " + (kind.word() + " " + name).strip() + " -u user:"
                        + caller.user() + ":rwx");
    }

    private static String said(Kind kind, String name) {
        return kind.isNameless() ? "the " + kind.word() : kind.word() + " '" + name + "'";
    }

    /** Only the owner, and root, says who may do what. */
    static Optional<Reply.Refused> notOwner(Situation situation, Caller caller, Kind kind, String name) {
        return of(situation, kind, name)
                .filter(list -> !caller.isRoot() && !list.owner().equals(caller.user()))
                .map(list -> Reply.Refused.because(
                        "CRS-2725",
                        "User " + caller.user() + " may not change the access list of " + said(kind, name)
                                + ": only its owner, " + list.owner() + ", and root may. Nothing was changed."));
    }

    /** Who puts a resource, or a server pool, on a category of servers on which it was not before needs x on that. */
    static Optional<Reply.Refused> category(
            Situation situation, Caller caller, String before, Map<String, String> attributes) {
        String category = attributes.getOrDefault("SERVER_CATEGORY", "").strip();
        return category.isEmpty() || category.equals(before)
                ? Optional.empty()
                : refusal(situation, caller, Kind.CATEGORY, category, AccessList.Right.EXECUTE);
    }

    /**
     * Who changes the policy set needs w on it, which is also the right to have its policies shape its pools; and w on each pool that he
     * takes into it or, with all that it is, out of it. A pool that there is not yet is for root to make.
     */
    static Optional<Reply.Refused> policySet(Situation situation, Caller caller, Request.ModifyPolicySet modify) {
        Optional<Reply.Refused> refused = refusal(situation, caller, Kind.POLICY_SET, "", AccessList.Right.WRITE);
        if (refused.isPresent() || caller.isRoot()) {
            return refused;
        }
        String names = modify.attributes().get("SERVER_POOL_NAMES");
        if (names == null) {
            return Optional.empty();
        }
        Set<String> before = situation.setup().policies().pools();
        Set<String> after = new TreeSet<>(List.of(names.strip().split("\\s+")));
        after.remove(""); // Of an empty list.
        after.remove(ServerPool.FREE);
        Set<String> moving = new TreeSet<>(before);
        moving.addAll(after);
        moving.removeIf(name -> before.contains(name) && after.contains(name));
        List<Reply.Problem> problems = new ArrayList<>();
        for (String name : moving) {
            if (of(situation, Kind.POOL, name).isEmpty()) {
                problems.add(new Reply.Problem(
                        "CRS-2725",
                        "User " + caller.user() + " may not add server pool '" + name + "'; only root may.",
                        List.of()));
            }
            refusal(situation, caller, Kind.POOL, name, AccessList.Right.WRITE)
                    .ifPresent(each -> problems.addAll(each.problems()));
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(problems));
    }

    /** Who gives a resource server pools in which it was not before needs x on them. */
    static Optional<Reply.Refused> pools(
            Situation situation, Caller caller, String resource, Map<String, String> attributes) {
        ResourceDefinition known = resource(situation, resource);
        List<Reply.Problem> problems = new ArrayList<>();
        for (String pool : attributes.getOrDefault("SERVER_POOLS", "").strip().split("\\s+")) {
            boolean before = known != null && known.serverPools().contains(pool);
            if (!before) {
                refusal(situation, caller, Kind.POOL, pool, AccessList.Right.EXECUTE)
                        .ifPresent(refused -> problems.addAll(refused.problems()));
            }
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(problems));
    }

    /** Who starts something on servers of a pool needs x on it; who stops what runs there must be allowed to see it. */
    static Optional<Reply.Refused> pools(
            Situation situation, Caller caller, List<String> pools, AccessList.Right right) {
        List<Reply.Problem> problems = new ArrayList<>();
        for (String pool : pools) {
            refusal(situation, caller, Kind.POOL, pool, right)
                    .ifPresent(refused -> problems.addAll(refused.problems()));
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(problems));
    }

    static Reply.Refused unknown(Situation situation, Kind kind, String name) {
        return switch (kind) {
            case RESOURCE -> Reply.Refused.because("CRS-2613", "Could not find resource '" + name + "'.");
            case GROUP ->
                SetupAdministration.notGroups(situation, List.of(name))
                        .orElseThrow(() -> new IllegalStateException("'" + name + "' is a group"));
            case TYPE -> Reply.Refused.because("CRS-2560", "Resource type '" + name + "' does not exist.");
            case POOL ->
                Reply.Refused.because(
                        "HF-3153",
                        "There is no server pool '" + name + "'.",
                        "crsctl status serverpool lists the pools.");
            case CATEGORY ->
                Reply.Refused.because(
                        "HF-3173",
                        "There is no server category '" + name + "'.",
                        "crsctl status category lists the categories.");
            case SERVER -> Reply.Refused.because("HF-2251", "A server has no access list.");
            case POLICY_SET -> throw new IllegalStateException("the policy set is always there");
        };
    }
}
