package dev.holdfast.policy;

import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.Spelling;
import dev.holdfast.model.Target;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Answers the commands of maintenance: drain, use, freeze. */
final class Upkeep {
    private final Situation situation;
    private final Draft now;
    private final Board board;
    private final Maintenance present;
    private final List<Message> problems = new ArrayList<>();
    private final List<Message> notes = new ArrayList<>();
    private final SortedMap<ResourceName, Wanted> wanted = new TreeMap<>();
    private final SortedMap<ResourceName, Awaited> awaits = new TreeMap<>();

    Upkeep(Situation situation, Draft now) {
        this.situation = situation;
        this.now = now;
        this.board = now.board();
        this.present = situation.maintenance();
    }

    Decision decide(Command command) {
        return switch (command) {
            case Command.Drain(String server, boolean force) -> drain(server, force);
            case Command.Undrain(String server) -> undrain(server);
            case Command.Use(String server, boolean use) -> use(server, use);
            case Command.Freeze(List<String> names, boolean freeze) -> freeze(names, freeze);
            case Command.FreezeCluster(boolean freeze) -> {
                if (freeze == present.frozenCluster()) {
                    note(freeze ? "The cluster is frozen already" : "The cluster is not frozen", "");
                } else if (freeze) {
                    note("Nothing is started, stopped or moved any more", "To end it: crsctl unfreeze cluster");
                } else if (!present.frozen().isEmpty()) {
                    note("These stay frozen: " + names(present.frozen()), "crsctl unfreeze resource NAME");
                }
                yield accept(present.withFrozenCluster(freeze));
            }
            case Command.Add _,
                    Command.Modify _,
                    Command.IfVersion _,
                    Command.Delete _,
                    Command.Start _,
                    Command.Stop _,
                    Command.Relocate _,
                    Command.Check _,
                    Command.Apply _,
                    Command.OfSetup _ -> throw new IllegalArgumentException("not about maintenance: " + command);
        };
    }

    // --- drain

    private Decision drain(String server, boolean force) {
        NodeId node = node(server);
        if (node == null) {
            return new Decision.Refused(problems);
        }
        Maintenance drained = present.withDrained(node, true);
        List<ResourceEntry> there = new ArrayList<>();
        List<String> staying = new ArrayList<>();
        for (ResourceEntry entry : board.entries.values()) {
            boolean active = entry.slots.stream().anyMatch(slot -> node.equals(slot.at));
            if (active && entry.isLocal()) {
                staying.add(entry.toString());
            } else if (active) {
                there.add(entry);
                forgive(entry);
            }
        }
        Draft then = Draft.of(situation.with(now.plan().changes()).with(changes(drained)));
        for (ResourceEntry entry : there) {
            follow(entry, node, then, force);
        }
        if (!problems.isEmpty()) {
            problems.add(new Message(
                    "HF-3123",
                    "Server '" + server + "' is not drained. Nothing was changed",
                    "To stop what cannot be moved: crsctl drain node " + server + " -f"));
            return new Decision.Refused(problems);
        }
        if (!staying.isEmpty()) {
            note("Local resources go on running on " + server + ": " + String.join(", ", staying), "");
        }
        note(
                "Server '" + server + "' is drained: it is given nothing, also after a restart",
                "To end it: crsctl undrain node " + server);
        return accept(drained);
    }

    /** What becomes of one that is on the server. */
    private void follow(ResourceEntry entry, NodeId node, Draft then, boolean force) {
        ResourceEntry after = then.board().entries.get(entry.name());
        if (after == null) {
            return;
        }
        for (Slot slot : after.slots) {
            if (!node.equals(slot.at)) {
                continue;
            }
            boolean stays = slot.leaveAlone || slot.isPinned();
            if (stays && slot.goal != null && !force) {
                problem(entry, "stays on " + board.nameOf(node) + ": " + whyItStays(slot));
            } else if (stays) {
                notes.add(new Message(
                        "HF-3124",
                        "Resource '" + entry + "' stays on " + board.nameOf(node) + ": " + whyItStays(slot),
                        ""));
            } else if (slot.goal != null) {
                awaits.put(entry.name(), new Awaited(Target.ONLINE, Optional.empty()));
            } else if (force || slot.target == Target.OFFLINE) {
                awaits.put(entry.name(), new Awaited(Target.OFFLINE, Optional.of(node)));
            } else {
                Message stuck = slot.stuck;
                problem(entry, "can run nowhere else" + (stuck == null ? "" : ": " + cause(stuck)));
            }
        }
    }

    /** What stands behind the servers, without the advice on what to do when that has gone. */
    private static String cause(Message stuck) {
        String text = stuck.code().equals("CRS-2632") ? stuck.nextStep() : stuck.text();
        int advice = text.indexOf(" When the cause is gone");
        return advice < 0 ? text : text.substring(0, advice);
    }

    private String whyItStays(Slot slot) {
        if (board.isFrozen(slot.entry)) {
            return "it is frozen";
        }
        return slot.isPinned() ? "its state is UNKNOWN" : "it is disabled (ENABLED=0)";
    }

    /** An administrator moves it away: where it failed before, it may be tried again. */
    private void forgive(ResourceEntry entry) {
        Wanted changed = entry.wanted;
        for (int number : entry.wanted.instances().keySet()) {
            changed = changed.with(number, changed.instance(number).withFailuresForgiven());
        }
        if (!changed.equals(entry.wanted)) {
            wanted.put(entry.name(), changed);
        }
    }

    private void problem(ResourceEntry entry, String text) {
        problems.add(new Message("HF-3125", "Resource '" + entry + "' " + text, ""));
    }

    private Decision undrain(String server) {
        NodeId node = node(server);
        if (node == null) {
            return new Decision.Refused(problems);
        }
        if (!present.drained().contains(node)) {
            note("Server '" + server + "' is not drained", "");
        }
        return accept(present.withDrained(node, false));
    }

    // --- use

    private Decision use(String server, boolean use) {
        NodeId node = node(server);
        if (node == null) {
            return new Decision.Refused(problems);
        }
        NodeSet unused = present.unused();
        if (unused.contains(node) == !use) {
            note("RESOURCE_USE_ENABLED of server '" + server + "' is " + (use ? 1 : 0) + " already", "");
        } else if (!use) {
            note(
                    "What runs on '" + server + "' goes on; nothing more is started there",
                    "To move it away, too: crsctl drain node " + server);
        }
        return accept(present.withUse(node, use));
    }

    // --- freeze

    private Decision freeze(List<String> names, boolean freeze) {
        Maintenance changed = present;
        for (String text : new LinkedHashSet<>(names)) {
            ResourceEntry entry = ResourceName.isValid(text) ? board.entries.get(new ResourceName(text)) : null;
            if (entry == null) {
                problems.add(new Message(
                        "CRS-2613",
                        "Could not find resource '" + text + "'",
                        Spelling.nearest(
                                        text,
                                        board.entries.keySet().stream()
                                                .map(ResourceName::text)
                                                .toList())
                                .map(near -> "Did you mean " + near + "?")
                                .orElse("crsctl status resource lists the resources.")));
                continue;
            }
            if (present.frozen().contains(entry.name()) == freeze) {
                note("Resource '" + entry + "' is " + (freeze ? "frozen already" : "not frozen"), "");
            }
            changed = changed.withFrozen(entry.name(), freeze);
        }
        if (!problems.isEmpty()) {
            return new Decision.Refused(problems);
        }
        if (!freeze && present.frozenCluster()) {
            note("The cluster is frozen as a whole, so nothing is done all the same", "crsctl unfreeze cluster");
        }
        return accept(changed);
    }

    // --- common

    private @Nullable NodeId node(String server) {
        NodeId node = board.named(server);
        if (node == null) {
            List<String> servers =
                    situation.servers().values().stream().map(Server::name).toList();
            problems.add(new Message(
                    "HF-3115",
                    "There is no server '" + server + "'",
                    Spelling.nearest(server, servers)
                            .map(near -> "Did you mean " + near + "?")
                            .orElse("The servers are " + String.join(", ", servers) + ".")));
        }
        return node;
    }

    private static String names(Iterable<ResourceName> names) {
        List<String> texts = new ArrayList<>();
        names.forEach(name -> texts.add(name.text()));
        return String.join(", ", texts);
    }

    private void note(String text, String nextStep) {
        notes.add(new Message("", nextStep.isEmpty() ? text + "." : text + ". " + nextStep, ""));
    }

    private Changes changes(Maintenance changed) {
        return new Changes(
                new TreeMap<>(),
                wanted,
                new TreeMap<>(),
                changed.equals(present) ? Optional.empty() : Optional.of(changed));
    }

    private Decision accept(Maintenance changed) {
        Changes changes = now.plan().changes().then(changes(changed));
        Plan then = Draft.of(situation.with(changes)).plan();
        List<Message> messages = new ArrayList<>(now.plan().messages());
        messages.addAll(then.messages());
        Plan plan = new Plan(then.actions(), then.changes(), messages, then.stuck(), then.fences(), then.again());
        return new Decision.Accepted(changes, plan, awaits, notes);
    }
}
