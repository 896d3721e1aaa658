package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ServerPool;
import dev.holdfast.policy.Situation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who may do what with types and server pools: w changes and deletes them, x has resources of the type, or in the pool. */
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
        return of(situation, kind, name)
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
                "User " + caller.user() + " does not have permission to operate on " + kind.word() + " '" + name
                        + "'. Nothing was changed.",
                "Its ACL is " + list.text(),
                "root can give the right:  crsctl setperm " + kind.word() + " " + name + " -u user:" + caller.user()
                        + ":rwx");
    }

    /** Only the owner, and root, says who may do what. */
    static Optional<Reply.Refused> notOwner(Situation situation, Caller caller, Kind kind, String name) {
        return of(situation, kind, name)
                .filter(list -> !caller.isRoot() && !list.owner().equals(caller.user()))
                .map(list -> Reply.Refused.because(
                        "CRS-2725",
                        "User " + caller.user() + " may not change the access list of " + kind.word() + " '" + name
                                + "': only its owner, " + list.owner() + ", and root may. Nothing was changed."));
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
        };
    }
}
