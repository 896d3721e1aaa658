package dev.holdfast.policy;

import dev.holdfast.model.Incident;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.Target;
import dev.holdfast.policy.Explanation.Reason;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts into words what the board, the placement and the plan know about one resource. */
final class Reasons {
    private final Board board;
    private final Placement placement;
    private final Set<Reason> because = new LinkedHashSet<>();
    private final Set<Reason> elsewhere = new LinkedHashSet<>();
    private final Set<String> changes = new LinkedHashSet<>();

    Reasons(Board board, Placement placement) {
        this.board = board;
        this.placement = placement;
    }

    Explanation of(ResourceEntry entry) {
        for (Slot slot : entry.slots) {
            present(slot);
            history(slot);
        }
        for (NodeId node : entry.surplus) {
            because(
                    "CARDINALITY=" + entry.cardinality,
                    node,
                    "one too many runs on " + board.nameOf(node) + " and is stopped");
        }
        if (entry.isLocal()) {
            outside(entry);
        } else {
            entry.slots.forEach(this::others);
        }
        return new Explanation(entry.name(), List.copyOf(because), List.copyOf(elsewhere), List.copyOf(changes));
    }

    private void because(String cause, @Nullable NodeId node, String text) {
        because.add(new Reason(cause, Optional.ofNullable(node), text));
    }

    private void present(Slot slot) {
        String name = slot.entry.toString();
        NodeId at = slot.at;
        Message stuck = slot.stuck;
        if (slot.isStaying() && at != null) {
            stays(slot, at);
        } else if (at != null && slot.goal != null && !slot.goal.equals(at)) {
            because(
                    "plan",
                    at,
                    "it leaves " + board.nameOf(at) + " for " + board.nameOf(slot.goal) + ": " + slot.reason);
        } else if (at != null && stuck == null) {
            String why = slot.leaveReason.isEmpty() ? slot.reason : slot.leaveReason;
            because("plan", at, "it is stopped on " + board.nameOf(at) + (why.isEmpty() ? "" : ": " + why));
        } else if (slot.goal != null && at == null) {
            because("plan", slot.goal, "it is started on " + board.nameOf(slot.goal) + ": " + slot.reason);
        } else if (stuck == null && slot.target == Target.OFFLINE) {
            String where = slot.entry.isLocal() ? " on " + board.nameOf(NodeId.onPaper(slot.number)) : "";
            int threshold = slot.entry.definition.failureThreshold();
            if (threshold > 0 && slot.failures.size() >= threshold) {
                because("FAILURE_THRESHOLD=" + threshold, null, "it failed too often and was given up");
                changes.add("crsctl start resource " + name);
                return;
            }
            because(
                    "TARGET=OFFLINE",
                    null,
                    (slot.lastServer == null
                                    ? "it was never started"
                                    : "it was stopped, and nobody has started it since")
                            + where);
            changes.add("crsctl start resource " + name);
        }
        if (stuck != null) {
            because(causeOf(stuck), at, stuck.text());
            changes.add(
                    stuck.code().equals("CRS-2632")
                            ? "one of these causes gone; then, to try it at once: crsctl start resource " + name
                            : stuck.nextStep());
        }
    }

    /** The attribute or event behind what is said. */
    private static String causeOf(Message stuck) {
        return switch (stuck.code()) {
            case "CRS-2501" -> "ENABLED=0";
            case "CRS-2527", "CRS-2529" -> "hard dependency";
            case "CRS-2632" -> "placement";
            case "CRS-2678" -> "clean failed";
            case "HF-3202" -> "server lost";
            case "HF-3203" -> "no pullup";
            case "HF-3209" -> "RESTART_DELAY";
            case "HF-3210" -> "exclusion";
            case "HF-3211" -> "frozen";
            case "HF-3219" -> "CRITICAL_RESOURCES";
            default -> stuck.code();
        };
    }

    private void stays(Slot slot, NodeId at) {
        Observed seen = slot.present();
        String state = seen == null
                ? "there"
                : slot.isStarting() ? "being started" : seen.state().toString();
        String server = board.nameOf(at);
        if (slot.target == Target.OFFLINE) {
            because(
                    "TARGET=OFFLINE",
                    at,
                    "it is " + state + " on " + server + " although nobody wants it: started by hand, and left alone");
            changes.add("crsctl stop resource " + slot.entry);
        } else if (slot.leaveAlone && board.isFrozen(slot.entry)) {
            boolean cluster = board.situation.maintenance().frozenCluster();
            because(
                    "frozen",
                    at,
                    "it is " + state + " on " + server + (cluster ? ", and the cluster" : ", and it")
                            + " is frozen: nothing is done to it");
            changes.add(cluster ? "crsctl unfreeze cluster" : "crsctl unfreeze resource " + slot.entry);
        } else if (slot.leaveAlone) {
            because("ENABLED=0", at, "it is " + state + " on " + server + " and disabled: it is left alone");
            changes.add("crsctl modify resource " + slot.entry + " -attr ENABLED=1");
        } else if (slot.entry.isLocal()) {
            String category = board.categoryOf(slot.entry);
            because(
                    category.isEmpty() ? "TARGET=ONLINE" : "SERVER_CATEGORY=" + category,
                    at,
                    "it is " + state + " on " + server + ": a local resource runs on every server"
                            + (category.isEmpty() ? "" : " of its category, " + board.categoryAsSaid(slot.entry)));
        } else if (slot.entry.definition.activePlacement()) {
            because("ACTIVE_PLACEMENT=1", at, "it is " + state + " on " + server + ", and no server suits it better");
        } else {
            because(
                    "ACTIVE_PLACEMENT=0",
                    at,
                    "it is " + state + " on " + server + " and keeps its place while it is well");
        }
    }

    /** What happened to it and is not forgotten. */
    private void history(Slot slot) {
        if (slot.restarts > 0 && slot.node != null) {
            String server = board.nameOf(slot.node);
            because(
                    "RESTART_ATTEMPTS=" + slot.entry.definition.on(server).restartAttempts(),
                    slot.node,
                    "it was restarted on " + server + " " + slot.restarts + (slot.restarts == 1 ? " time" : " times"));
        }
        if (!slot.failures.isEmpty()) {
            because(
                    "FAILURE_INTERVAL",
                    null,
                    "it failed at "
                            + String.join(
                                    ", ",
                                    slot.failures.stream()
                                            .map(at -> at.truncatedTo(ChronoUnit.SECONDS)
                                                    .toString())
                                            .toList()));
        }
        for (NodeId node : slot.failedOn.nodes()) {
            because("failure", node, "it failed on " + board.nameOf(node) + whatHappened(slot, node));
        }
    }

    private static String whatHappened(Slot slot, NodeId node) {
        Observed seen = slot.entry.seenOn(node);
        Optional<Incident> incident = seen == null ? Optional.empty() : seen.incident();
        return incident.map(happened -> ": " + happened.text()).orElse("");
    }

    /** The servers on which a local resource has no instance. */
    private void outside(ResourceEntry entry) {
        for (NodeId node : board.ready) {
            if (!board.isInCategory(entry, node) && entry.slotFor(node) == null) {
                elsewhere.add(new Reason(
                        "SERVER_CATEGORY=" + board.categoryOf(entry),
                        Optional.of(node),
                        board.restriction(entry, node)));
            }
        }
    }

    private void others(Slot slot) {
        NodeId place = slot.goal != null ? slot.goal : slot.at;
        if (slot.target == Target.OFFLINE || slot.isPinned() || !slot.entry.definition.enabled()) {
            return;
        }
        NodeId alternative = null;
        for (Server server : board.situation.servers().values()) {
            NodeId node = server.id();
            boolean another = slot.entry.slots.stream()
                    .anyMatch(other -> other != slot && (node.equals(other.goal) || node.equals(other.at)));
            if (node.equals(place) || node.equals(slot.at) || another) {
                continue;
            }
            Obstacle obstacle = placement.obstacleFor(slot, node);
            if (obstacle == null && place != null) {
                Obstacle worse = placement.comparison(slot, place, node);
                elsewhere.add(new Reason(worse.cause(), Optional.of(node), worse.text()));
                alternative = alternative == null ? node : alternative;
            } else if (obstacle != null) {
                elsewhere.add(new Reason(obstacle.cause(), Optional.of(node), obstacle.text()));
            } else if (slot.stuck != null) {
                elsewhere.add(new Reason(causeOf(slot.stuck), Optional.of(node), "it could run there, but for that"));
            }
        }
        if (alternative != null && slot.isStaying() && changes.isEmpty()) {
            boolean alone = slot.unit == null || slot.unit.entries.size() == 1;
            changes.add("crsctl relocate resource " + slot.entry + (slot.entry.isSingle() ? "" : " -s " + at(slot))
                    + " -n " + board.nameOf(alternative) + (alone ? "" : " -f"));
        }
    }

    private String at(Slot slot) {
        return slot.at == null ? "" : board.nameOf(slot.at);
    }
}
