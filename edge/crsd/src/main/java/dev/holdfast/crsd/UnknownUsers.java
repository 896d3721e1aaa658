package dev.holdfast.crsd;

import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.linux.Account;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Finds users in an access list that this node does not know: actions could not run as them, and a typing error gives nobody a right. */
final class UnknownUsers {
    private UnknownUsers() {}

    /** May take as long as the machine takes to look up a user. */
    static Optional<Reply.Refused> refusal(Request request, String node) {
        return named(request).stream()
                .filter(UnknownUsers::isUnknown)
                .findFirst()
                .map(user -> Reply.Refused.because(
                        "HF-2252",
                        "There is no user '" + user + "' on " + node + ". Nothing was changed.",
                        "Users in an access list must exist on every node."));
    }

    private static List<String> named(Request request) {
        return switch (request) {
            case Request.IfVersion(String _, Request.Change change) -> named(change);
            case Request.AddResource add -> users(add.attributes().getOrDefault("ACL", ""));
            case Request.ModifyResource modify -> users(modify.attributes().getOrDefault("ACL", ""));
            case Request.AddPool add -> users(add.attributes().getOrDefault("ACL", ""));
            case Request.ModifyPool modify -> users(modify.attributes().getOrDefault("ACL", ""));
            case Request.AddCategory add -> users(add.attributes().getOrDefault("ACL", ""));
            case Request.ModifyCategory modify -> users(modify.attributes().getOrDefault("ACL", ""));
            case Request.ModifyPolicySet modify -> users(modify.attributes().getOrDefault("ACL", ""));
            case Request.CreateAppVip create -> List.of(create.user());
            case Request.SetPermission set ->
                switch (set.change()) {
                    case OWNER -> List.of(set.value());
                    case UPDATE -> users(set.value() + (set.value().matches("[^:]*:[^:]*") ? ":---" : ""));
                    case REMOVE, GROUP -> List.of();
                };
            default -> List.of();
        };
    }

    private static List<String> users(String accessList) {
        return accessList.isBlank()
                ? List.of()
                : AccessList.parse(accessList).entries().stream()
                        .filter(entry ->
                                entry.kind().equals("owner") || entry.kind().equals("user"))
                        .map(AccessList.Entry::name)
                        .filter(name -> !name.isEmpty())
                        .toList();
    }

    private static boolean isUnknown(String user) {
        try {
            return Account.named(user).isEmpty();
        } catch (IOException e) {
            return false; // The name service does not answer: that is no reason to refuse.
        }
    }
}
