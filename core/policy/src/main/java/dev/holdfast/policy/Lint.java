package dev.holdfast.policy;

import dev.holdfast.model.DependencyTarget;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceDefinition.Placement;
import dev.holdfast.model.TypeDefinition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Finds what is allowed, and what nevertheless bites those who wrote it: at the next failure, or when they look for it. */
final class Lint {
    private final Board board;
    private final List<Message> findings = new ArrayList<>();

    Lint(Board board) {
        this.board = board;
    }

    List<Message> findings() {
        for (ResourceEntry entry : board.entries.values()) {
            dependencies(entry);
            togetherness(entry);
            servers(entry);
            attributesWithoutEffect(entry);
        }
        board.situation.setup().categories().keySet().forEach(this::emptyCategory);
        return List.copyOf(findings);
    }

    private void emptyCategory(String category) {
        boolean empty = !board.ready.isEmpty()
                && board.ready.stream().noneMatch(server -> board.categories.has(category, server));
        if (empty) {
            findings.add(new Message(
                    "HF-3413",
                    "Server category '" + category + "': no server that is ONLINE is in it: "
                            + board.situation
                                    .setup()
                                    .category(category)
                                    .map(each -> each.value("EXPRESSION"))
                                    .orElse(""),
                    "What the servers have: crsctl status server -f. To change it: crsctl modify category " + category
                            + " -attr EXPRESSION=..."));
        }
    }

    private void find(String code, ResourceEntry entry, String text, String nextStep) {
        findings.add(new Message(code, "Resource '" + entry + "': " + text, nextStep));
    }

    private void dependencies(ResourceEntry entry) {
        var start = entry.definition.startDependencies();
        for (DependencyTarget hard : start.hard()) {
            boolean pulled = start.pullup().stream().anyMatch(pullup -> means(pullup, hard));
            if (!pulled) {
                find(
                        "HF-3401",
                        entry,
                        "hard(" + hard + ") without pullup(" + hard.name() + "): when '" + hard.name()
                                + "' has failed and is back, it stays down",
                        "Add pullup(" + plain(hard) + ") to START_DEPENDENCIES.");
            }
        }
        for (DependencyTarget stop : entry.definition.stopDependencies().hard()) {
            if (!stop.shutdown() && start.hard().stream().noneMatch(hard -> means(hard, stop))) {
                find(
                        "HF-3402",
                        entry,
                        "stopped with '" + stop.name() + "' (STOP_DEPENDENCIES), but may be started without it",
                        "Add hard(" + plain(stop) + ") pullup(" + plain(stop) + ") to START_DEPENDENCIES.");
            }
        }
        for (List<Reference> kind :
                List.of(entry.hard, entry.stop, entry.weak, entry.pullup, entry.attraction, entry.dispersion)) {
            for (Reference reference : kind) {
                if (reference.resources().isEmpty()) {
                    find(
                            "HF-3403",
                            entry,
                            "depends on '" + reference.target() + "', and there is no such resource",
                            "Add it, or take it out of the dependencies.");
                }
            }
        }
        for (Reference reference : entry.hard) {
            boolean allDisabled = !reference.resources().isEmpty()
                    && reference.resources().stream().noneMatch(target -> target.definition.enabled());
            if (allDisabled && entry.definition.enabled()) {
                find(
                        "HF-3404",
                        entry,
                        "needs '" + reference.target().name() + "', which is disabled, so it cannot be started",
                        "crsctl modify resource " + reference.target().name() + " -attr ENABLED=1");
            }
        }
    }

    private static boolean means(DependencyTarget one, DependencyTarget other) {
        return one.name().equals(other.name()) && one.ofType() == other.ofType();
    }

    private static String plain(DependencyTarget target) {
        return (target.global() ? "global:" : "") + (target.ofType() ? "type:" : "") + target.name();
    }

    /** An address and what listens on it must not part. */
    private void togetherness(ResourceEntry entry) {
        Set<ResourceEntry> kept = new HashSet<>();
        entry.stop.stream().filter(stop -> !stop.global()).forEach(stop -> kept.addAll(stop.resources()));
        for (Reference reference : entry.hard) {
            for (ResourceEntry target : reference.resources()) {
                if (!target.definition.type().isA(TypeDefinition.CLUSTER_VIP)
                        || reference.target().ofType()) {
                    continue;
                }
                if (reference.global()) {
                    find(
                            "HF-3405",
                            entry,
                            "hard(global:" + target + "): it may run on another server than the address that it serves",
                            "Write hard(" + target + ") if it listens on that address.");
                } else if (!kept.contains(target)) {
                    find(
                            "HF-3406",
                            entry,
                            "started on the server of address '" + target
                                    + "', but not stopped with it: when the address moves, it stays behind",
                            "Add STOP_DEPENDENCIES='hard(" + target + ")'.");
                }
            }
        }
        for (Reference reference : entry.hard) {
            boolean one = !reference.global() && reference.resources().size() == 1;
            if (one && !entry.isLocal() && !reference.resources().getFirst().isLocal()) {
                apart(entry, reference.resources().getFirst());
            }
        }
    }

    private void apart(ResourceEntry entry, ResourceEntry target) {
        for (Server server : board.situation.servers().values()) {
            if (board.allows(entry, server.id()) && board.allows(target, server.id())) {
                return;
            }
        }
        find(
                "HF-3407",
                entry,
                "must run with '" + target + "', and no server is in HOSTING_MEMBERS of both",
                "Give them a server in common, or write hard(global:" + target + ").");
    }

    private void servers(ResourceEntry entry) {
        ResourceDefinition definition = entry.definition;
        Set<String> unknown = new TreeSet<>(definition.hostingMembers());
        unknown.addAll(definition.serversWithValues());
        board.situation.servers().values().forEach(server -> unknown.remove(server.name()));
        if (!unknown.isEmpty()) {
            find(
                    "HF-3408",
                    entry,
                    "names servers that are not configured: " + String.join(", ", unknown),
                    "crsctl status server lists the servers.");
        }
        if (entry.isLocal() || !definition.enabled()) {
            return;
        }
        long allowed = board.situation.servers().values().stream()
                .filter(server -> board.allows(entry, server.id())
                        && definition.on(server.name()).enabled())
                .count();
        if (entry.cardinality > allowed && entry.group == null) {
            find(
                    "HF-3409",
                    entry,
                    "CARDINALITY=" + entry.cardinality + ", but it may run on " + allowed
                            + (allowed == 1 ? " server" : " servers") + " only",
                    "Lower CARDINALITY, or allow it on more servers.");
        } else if (allowed == 1
                && entry.cardinality == 1
                && !entry.poolSized
                && entry.group == null
                && board.situation.servers().size() > 1) {
            find(
                    "HF-3410",
                    entry,
                    "may run on one server only: when that is lost, it is down",
                    "Use PLACEMENT=favored, or more servers in HOSTING_MEMBERS.");
        }
        List<ResourceEntry> irreconcilable = dev.holdfast.policy.Placement.irreconcilable(entry);
        for (ResourceEntry rival : entry.rivals.keySet()) {
            boolean first = entry.name().compareTo(rival.name()) < 0;
            if (first && irreconcilable.contains(rival)) {
                find(
                        "HF-3414",
                        entry,
                        "must run on one server with '" + rival
                                + "' (hard dependencies, groups), and shares no server with it (exclusion): never both run,"
                                + " and they may take turns",
                        "Take one of the dependencies away: crsctl modify resource " + entry
                                + " -attr START_DEPENDENCIES=...");
            }
            if (first && !rival.isLocal() && soleServer(entry) && soleServer(rival) && sameServer(entry, rival)) {
                find(
                        "HF-3411",
                        entry,
                        "shares no server with '" + rival + "' (exclusion), and both may run on the same one only",
                        "Allow one of them on another server.");
            }
        }
    }

    private boolean soleServer(ResourceEntry entry) {
        return board.situation.servers().values().stream()
                        .filter(server -> board.allows(entry, server.id()))
                        .count()
                == 1;
    }

    private boolean sameServer(ResourceEntry one, ResourceEntry other) {
        return board.situation.servers().values().stream()
                .map(Server::id)
                .anyMatch((NodeId id) -> board.allows(one, id) && board.allows(other, id));
    }

    private void attributesWithoutEffect(ResourceEntry entry) {
        ResourceDefinition definition = entry.definition;
        boolean members = !definition.hostingMembers().isEmpty();
        if (!entry.isLocal() && members && definition.placement() == Placement.BALANCED) {
            noEffect(entry, "HOSTING_MEMBERS", "PLACEMENT=balanced", "Use PLACEMENT=favored or restricted.");
        }
        boolean elsewhere = !definition.serverPools().isEmpty()
                || !definition.serverCategory().isEmpty();
        if (!entry.isLocal() && !members && !elsewhere && definition.placement() == Placement.FAVORED) {
            noEffect(entry, "PLACEMENT=favored", "no HOSTING_MEMBERS", "Name the servers, the most wanted first.");
        }
        if (!entry.isLocal() && definition.activePlacement() && definition.placement() == Placement.BALANCED) {
            noEffect(
                    entry,
                    "ACTIVE_PLACEMENT=1",
                    "PLACEMENT=balanced",
                    "Use PLACEMENT=favored with HOSTING_MEMBERS, or dispersion:active.");
        }
        boolean poolsApart =
                entry.dispersion.stream().anyMatch(apart -> apart.target().pool());
        if (poolsApart && board.pools.isEmpty()) {
            noEffect(
                    entry,
                    "dispersion(pool:)",
                    "no server pools",
                    "Make them, or leave out pool: it keeps away from servers.");
        }
        if (definition.failureThreshold() > 0 && definition.failureInterval().isZero()) {
            noEffect(entry, "FAILURE_THRESHOLD", "FAILURE_INTERVAL=0", "Set FAILURE_INTERVAL, in seconds.");
        }
        if (definition.failureThreshold() == 0 && !definition.failureInterval().isZero()) {
            noEffect(entry, "FAILURE_INTERVAL", "FAILURE_THRESHOLD=0", "Set FAILURE_THRESHOLD.");
        }
        if (!definition.restartDelay().isZero() && definition.restartAttempts() == 0) {
            noEffect(entry, "RESTART_DELAY", "RESTART_ATTEMPTS=0", "Set RESTART_ATTEMPTS, or leave RESTART_DELAY out.");
        }
        int atOnce = Math.max(definition.startConcurrency(), definition.stopConcurrency());
        if (atOnce > 0 && entry.isSingle()) {
            noEffect(
                    entry,
                    "START_CONCURRENCY or STOP_CONCURRENCY",
                    "CARDINALITY=1",
                    "They are about several instances of one resource.");
        }
    }

    private void noEffect(ResourceEntry entry, String what, String with, String nextStep) {
        find("HF-3412", entry, what + " has no effect with " + with, nextStep);
    }
}
