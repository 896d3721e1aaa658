package dev.holdfast.simulator;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.Effect;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.LeaseAnswer;
import dev.holdfast.membership.LeaseAsk;
import dev.holdfast.membership.ViewChange;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import dev.holdfast.testkit.FakeVotingDisk;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sees everything at once, in true time, and knows what must always hold:
 *
 * <pre>
 *   I1   a resource is active on at most one node
 *   I2   all views with one number are the same view; a life never goes back to an older one; who is left out of a view
 *        is unsettled in it, or is harmless; a registry root only grows
 *   I3   nobody renews a lease by a round, or by the word of all members, that began after somebody else held one in a
 *        view that leaves him out (but for the word of members who were voted out by strangers: those wait for D + S)
 *   I4   a life that is settled, or was left out as harmless, runs nothing, starts nothing and renews nothing
 *   I7   S, or D + S, after a view without it came into force, a life runs nothing
 *   I8   the watchdog is armed whenever something is started, and is not disarmed while something runs
 *   I9   no two lives of a node have the same incarnation, and none writes with another's
 *   I10  everything that may run runs again within a time that follows from the settings, and a change of the voting set is
 *        complete ({@link Simulation})
 *   I11  nobody is voted out and nobody lets go where no trouble exceeded what must be stood (mild scenarios)
 *   I12  a view that was installed is on a majority of every voting set that it has; two views of which one follows the
 *        other have voting sets of which any two majorities meet
 * </pre>
 */
final class Audit {
    private record Position(Epoch epoch, long sub) implements Comparable<Position> {
        @Override
        public int compareTo(Position other) {
            int byEpoch = epoch.compareTo(other.epoch);
            return byEpoch != 0 ? byEpoch : Long.compare(sub, other.sub);
        }
    }

    private record LifeKey(NodeId node, Incarnation incarnation) {}

    /** What is known of one life. */
    static final class Dossier {
        private boolean settled;
        private boolean everHeld;
        private boolean listed;
        /** True time at which it last ordered its heartbeat to be written. */
        private long wroteAt;
        /** The same, of the last round of which it has read anything: no later round can be complete. */
        private long roundBegan;

        private @Nullable View newest;
        private @Nullable View announced;
        private @Nullable View renewedIn;
        private @Nullable Position position;

        /** A new process of the same life knows what a majority shows; what reached no majority nobody acted on. */
        void takenUp() {
            newest = null;
            announced = null;
            renewedIn = null;
            position = null;
        }
    }

    /** What a moment may lose on its way through a clock and back. */
    private static final long CLOCK_READING = 1_000;

    private final World world;
    private final TreeMap<Position, View> chain = new TreeMap<>();
    /** True time at which some node first held a lease in a view; every one a node ever renewed in is a key. */
    private final TreeMap<Position, Long> firstHeld = new TreeMap<>();

    private final Map<LifeKey, Life> lives = new HashMap<>();
    /** Questions for a lease: when they were first asked, and who granted them. */
    private final Map<Question, Asked> asked = new HashMap<>();

    private boolean calm;
    private final Map<Long, ViewChange> wanted = new HashMap<>();

    Audit(World world) {
        this.world = world;
    }

    private record Question(Life by, long request) {}

    private static final class Asked {
        private final long at;
        private final Epoch epoch;
        private final Set<LifeKey> granted = new HashSet<>();

        private Asked(long at, Epoch epoch) {
            this.at = at;
            this.epoch = epoch;
        }
    }

    private static Position position(View view) {
        return new Position(view.epoch(), view.sub());
    }

    /** The trouble is over. */
    void calm() {
        calm = true;
    }

    boolean isCalm() {
        return calm;
    }

    // --- I1, I4, I8

    /** One of those that run it besides this one, if these are as many already as there may be. */
    private @Nullable Machine oneTooMany(Machine machine, int resource) {
        Machine last = null;
        int others = 0;
        for (int node = 1; node <= world.scenario.nodes(); node++) {
            Machine other = world.machines[node];
            if (other != machine && other.runs(resource)) {
                others++;
                last = other;
            }
        }
        return others >= world.copies(resource) ? last : null;
    }

    void started(Machine machine, int resource, Life starter) {
        Machine other = oneTooMany(machine, resource);
        if (other != null) {
            throw new Violation("I1: two live nodes run resource " + (resource + 1) + ": " + other.node + ", and now "
                    + starter + " as well (" + describe(starter) + ")");
        }
        if (starter.dossier.settled) {
            throw new Violation("I4: " + starter + " is settled, and starts resource " + (resource + 1));
        }
        if (!machine.isWatched() && world.scenario.mutation() != Mutation.WATCHDOG_DISABLED) {
            throw new Violation("I8: " + starter + " starts resource " + (resource + 1) + " without a watchdog");
        }
        world.mix(resource);
        if (world.isTold()) {
            world.tell(starter + " started resource " + (resource + 1));
        }
    }

    private String describe(Life life) {
        View view = life.dossier.newest;
        return view == null ? "no view" : view.toString();
    }

    void disarms(Life life) {
        if (life.machine.runsAnything() && world.scenario.mutation() != Mutation.LET_GO_LIES) {
            throw new Violation("I8: " + life + " disarms its watchdog while something runs");
        }
    }

    void settled(Life by, Effect.Settled proof) {
        world.count(Tally.PROOF, proof.proof().name());
        harmless(
                new LifeKey(proof.victim(), proof.incarnation()),
                "settled by " + by + " with proof " + proof.proof() + " (" + proof.detail() + ")");
    }

    private void harmless(LifeKey key, String why) {
        Life life = lives.get(key);
        if (life == null || life.dossier.settled) {
            return;
        }
        life.dossier.settled = true;
        if (life.machine.runsAnythingOf(life)) {
            throw new Violation("I4: " + life + " still runs something, and is " + why);
        }
    }

    // --- I9

    void writes(Life life, HeartbeatBlock block) {
        // The first block only claims an incarnation; what never reached a majority, a next life may claim again.
        known(life, block.node(), block.incarnation(), block.sequence() == 1);
        life.dossier.wroteAt = world.time.now();
        View announced = block.announced();
        View before = life.dossier.announced;
        if (Objects.equals(announced, before)) {
            return;
        }
        life.dossier.announced = announced;
        if (before != null && (announced == null || before.isAfter(announced))) {
            throw new Violation("R9: " + life + " announced " + before + " and now announces " + announced);
        }
    }

    /** A life is about to learn what a disk holds. */
    void reads(Life life) {
        life.dossier.roundBegan = life.dossier.wroteAt;
    }

    void writes(Life life, BallotBlock block) {
        known(life, block.writer(), block.incarnation(), false);
    }

    private void known(Life life, NodeId node, Incarnation incarnation, boolean claim) {
        Incarnation own = life.incarnation;
        if (!node.equals(life.machine.node) || (own != null && !own.equals(incarnation))) {
            throw new Violation("I9: " + life + " writes a block of " + node + incarnation);
        }
        life.incarnation = incarnation;
        if (!claim && !life.dossier.listed) {
            life.dossier.listed = true;
            Life other = lives.putIfAbsent(new LifeKey(node, incarnation), life);
            if (other != null && !other.equals(life)) {
                throw new Violation("I9: " + life + " has the incarnation of " + other);
            }
        }
    }

    // --- I2

    void installs(Life life, View view) {
        View before = life.dossier.newest;
        life.dossier.newest = view;
        if (before != null && before.isAfter(view)) {
            throw new Violation("I2: " + life + " goes back from " + before + " to " + view);
        }
        meet(life, view);
    }

    private void meet(Life life, View view) {
        View same = chain.putIfAbsent(position(view), view);
        if (same != null) {
            if (!same.equals(view)) {
                throw new Violation("I2: " + life + " has " + view + ", others had " + same);
            }
            return;
        }
        firstMet(view);
        isKept(life, view);
        Map.Entry<Position, View> lower = chain.lowerEntry(position(view));
        if (lower != null) {
            follows(lower.getValue(), view);
        }
        Map.Entry<Position, View> higher = chain.higherEntry(position(view));
        if (higher != null) {
            follows(view, higher.getValue());
        }
    }

    private void firstMet(View view) {
        String reason = view.reason();
        boolean founded = reason.startsWith("founded");
        String kind = founded
                ? "founded"
                : reason.endsWith("joined")
                        ? "joined"
                        : reason.startsWith("voted out")
                                ? "left or voted out"
                                : reason.startsWith("settings") ? "settings" : reason;
        world.count(Tally.VIEW, kind);
        if (founded && !view.unsettled().isEmpty()) {
            world.count(Tally.WORLD, "cold start");
        }
        if (world.scenario.mild() && !view.unsettled().isEmpty()) {
            throw new Violation(
                    "I11: nothing happened that a cluster may not stand, and " + view + " (" + reason + ")");
        }
    }

    void letsGo(Life life, Effect.LetGo order) {
        if (world.scenario.mild()) {
            throw new Violation(
                    "I11: nothing happened that a node may not stand, and " + life + " lets go: " + order.reason());
        }
    }

    // --- I7

    /** A view that leaves a life out is in force: that life's lease is not renewed any more, and ends what it runs. */
    private void overSoon(View.Unsettled victim, View view) {
        if (!world.scenario.timerTakeover() || world.scenario.mutation() != Mutation.NONE) {
            return; // A machine whose timer is not vouched for may be frozen, and nobody relies on its clock.
        }
        long over = world.scenario.slowestTiming().coldTakeoverAfter().toNanos();
        world.time.after(over, () -> {
            Life life = lives.get(new LifeKey(victim.node(), victim.incarnation()));
            if (life != null && life.machine.runsAnythingOf(life)) {
                throw new Violation("I7: " + life + " still runs something " + over / Scenario.MILLISECOND
                        + " ms after " + view + ", where it is voted out, was in force");
            }
        });
    }

    // --- I12

    private static List<SortedSet<UUID>> setsOf(VotingSet set) {
        return set.isJoint() ? List.of(set.disks(), set.outgoing()) : List.of(set.disks());
    }

    /** True if whatever is decided by the one set, any majorities of it, meets what is decided by the other. */
    private static boolean meet(VotingSet one, VotingSet other) {
        for (SortedSet<UUID> some : setsOf(one)) {
            for (SortedSet<UUID> others : setsOf(other)) {
                SortedSet<UUID> all = new TreeSet<>(some);
                all.addAll(others);
                if (some.size() / 2 + 1 + others.size() / 2 + 1 > all.size()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A view is acted on: it, or a later one, lies on a majority of the disks of each of its sets. */
    private void isKept(Life life, View view) {
        for (SortedSet<UUID> set : setsOf(world.storage.setOf(view))) {
            int holding = 0;
            for (int disk : Storage.numbers(set)) {
                holding += world.storage.disk(disk).isBlank() || holds(world.storage.disk(disk), view) ? 1 : 0;
            }
            if (2 * holding <= set.size()) {
                throw new Violation("I12: " + life + " has " + view + ", which lies on " + holding + " of the disks "
                        + Storage.numbers(set) + " of its " + view.votingSet());
            }
        }
    }

    private boolean holds(FakeVotingDisk disk, View view) {
        for (int node = 1; node <= world.scenario.nodes(); node++) {
            BallotBlock block = disk.ballot(node);
            View value = block == null ? null : block.value();
            if (value != null && !view.isAfter(value)) {
                return true;
            }
        }
        return false;
    }

    // --- the administrator

    void wants(long request, ViewChange change) {
        wanted.put(request, change);
    }

    /** Who is told that a change is made finds it made. */
    void answered(Life life, Effect.ChangeAnswered answer) {
        world.count(Tally.WORLD, answer.accepted() ? "change accepted" : "change refused");
        VotingSet set = world.storage.setOf(answer.current());
        boolean done = switch (wanted.get(answer.request())) {
            case ViewChange.ChangeDisks change ->
                !set.isJoint()
                        && set.disks().containsAll(change.add().keySet())
                        && Collections.disjoint(set.disks(), change.remove());
            case ViewChange.SetCss css ->
                css.changes().entrySet().stream()
                        .allMatch(each -> answer.current()
                                .css()
                                .getOrDefault(each.getKey(), -1)
                                .equals(each.getValue()));
            case null, default -> false;
        };
        if (answer.accepted() && !done) {
            throw new Violation(life + " was told that " + wanted.get(answer.request()) + " is done, but has "
                    + answer.current() + " with " + set);
        }
    }

    /** The newest view that anybody installed; null before the first. */
    @Nullable
    View newest() {
        return chain.isEmpty() ? null : chain.lastEntry().getValue();
    }

    /** Whoever may have run something in {@code before} is accounted for in {@code after}. */
    private void follows(View before, View after) {
        if (!meet(world.storage.setOf(before), world.storage.setOf(after))) {
            throw new Violation("I12: no disk need have been asked for both " + before + " with " + before.votingSet()
                    + " and " + after + " with " + after.votingSet());
        }
        for (Map.Entry<NodeId, Incarnation> member : before.members().entrySet()) {
            accounted(member.getKey(), member.getValue(), after);
        }
        for (View.Unsettled unsettled : before.unsettled()) {
            accounted(unsettled.node(), unsettled.incarnation(), after);
        }
        RegistryRoot root = before.registryRoot();
        if (root.generation() > after.registryRoot().generation()) {
            throw new Violation("I5: the registry root goes back from " + before + " " + root + " to " + after + " "
                    + after.registryRoot());
        }
    }

    private void accounted(NodeId node, Incarnation incarnation, View after) {
        if (after.hasMember(node, incarnation)) {
            return;
        }
        for (View.Unsettled unsettled : after.unsettled()) {
            if (unsettled.node().equals(node) && unsettled.incarnation().equals(incarnation)) {
                return;
            }
        }
        harmless(new LifeKey(node, incarnation), "not mentioned in " + after);
    }

    void rootAccepted(Life life, RegistryRoot wanted, View current) {
        if (!current.registryRoot().equals(wanted)) {
            throw new Violation("I5: " + life + " was told that root " + wanted + " is accepted, but the view has "
                    + current.registryRoot());
        }
        meet(life, current);
    }

    void confirmed(Life life, Epoch epoch, long askedAt) {
        for (Map.Entry<Position, Long> held : firstHeld.entrySet()) {
            if (held.getKey().epoch().isAfter(epoch) && held.getValue() < askedAt) {
                throw new Violation("I5: " + life + " was told that epoch " + epoch + " is the newest, but epoch "
                        + held.getKey().epoch() + " was in force before it asked");
            }
        }
    }

    // --- I3

    void asks(Life life, LeaseAsk ask) {
        asked.putIfAbsent(new Question(life, ask.request()), new Asked(world.time.now(), ask.epoch()));
    }

    void answers(Life life, LeaseAnswer answer) {
        Life asker = lives.get(new LifeKey(answer.to(), answer.asker()));
        Asked question = asker == null ? null : asked.get(new Question(asker, answer.request()));
        if (question != null && answer.granted() && answer.epoch().equals(question.epoch)) {
            question.granted.add(new LifeKey(life.machine.node, answer.incarnation()));
        }
    }

    /** True if all other members of {@code view} granted a question that was asked no earlier than {@code began}. */
    private boolean isGranted(Life life, View view, long began) {
        for (Map.Entry<Question, Asked> each : asked.entrySet()) {
            Asked question = each.getValue();
            if (each.getKey().by().equals(life)
                    && question.at + CLOCK_READING >= began
                    && question.epoch.equals(view.epoch())
                    && view.members().entrySet().stream()
                            .filter(member -> !member.getKey().equals(life.machine.node))
                            .allMatch(member ->
                                    question.granted.contains(new LifeKey(member.getKey(), member.getValue())))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isCold(View view, NodeId node, Incarnation life) {
        return view.unsettled().stream()
                .anyMatch(each -> each.node().equals(node) && each.incarnation().equals(life) && each.cold());
    }

    void renews(Life life, Effect.RenewLease renewal) {
        View view = renewal.view();
        Incarnation own = life.incarnation;
        if (own == null || !view.hasMember(life.machine.node, own)) {
            throw new Violation("I3: " + life + " renews a lease in " + view + ", where it is not a member");
        }
        if (life.dossier.everHeld) {
            if (life.dossier.settled) {
                throw new Violation("I4: " + life + " is settled, and renews a lease in " + view);
            }
        } else {
            // Voted in and out again before it ever heard of it: it may come back as the same life.
            life.dossier.settled = false;
        }
        if (life.isHarmless()) {
            throw new Violation("I3: " + life + " has let go of everything, and renews its lease");
        }
        life.dossier.everHeld = true;
        View newest = life.dossier.newest;
        if (newest == null || newest.isAfter(view)) {
            throw new Violation("I3: " + life + " renews a lease in " + view + ", but has installed " + newest);
        }
        Position position = life.dossier.position;
        if (position == null || !view.equals(life.dossier.renewedIn)) {
            meet(life, view);
            position = position(view);
            life.dossier.position = position;
            life.dossier.renewedIn = view;
            if (firstHeld.putIfAbsent(position, world.time.now()) == null) {
                view.unsettled().forEach(each -> overSoon(each, view));
            }
        }
        // A clock that stood still makes earlier moments look later; then the benefit of the doubt is given.
        long began = life.machine.clock.when(renewal.until().minus(life.lease())) - life.machine.frozenNanos();
        long round = life.dossier.roundBegan;
        boolean byPeers = began > round + CLOCK_READING;
        if (byPeers && !isGranted(life, view, began)) {
            throw new Violation("I3: " + life + " counts its lease in " + view + " from " + (began - round) / 1e6
                    + " ms after the last round that can be complete had its block written");
        }
        if (position.equals(firstHeld.lastKey())) {
            return;
        }
        for (Map.Entry<Position, Long> held : firstHeld.tailMap(position, false).entrySet()) {
            View newer = chain.get(held.getKey());
            if (held.getValue() < began
                    && newer != null
                    && !newer.hasMember(life.machine.node, own)
                    && !(byPeers && isCold(newer, life.machine.node, own))) {
                throw new Violation("I3: " + life + " renews its lease in " + view + " by a round that began "
                        + (began - held.getValue()) / 1e6 + " ms after somebody held one in " + newer);
            }
        }
    }

    // --- liveness

    /** Why not everything is as it must be when no trouble is left; null if all is well. */
    @Nullable
    String complaint() {
        String complaint = null;
        for (long cohort : world.scenario.cohorts()) {
            complaint = complaint(cohort);
            if (complaint == null) {
                return null;
            }
        }
        return complaint;
    }

    private @Nullable String complaint(long cohort) {
        View common = null;
        for (int node = 1; node <= world.scenario.nodes(); node++) {
            if ((cohort >>> (node - 1) & 1) == 0) {
                continue;
            }
            Machine machine = world.machines[node];
            Life life = machine.life();
            if (life == null) {
                return machine.node + (machine.isOn() ? " is up, but without cssd" : " is off");
            }
            View view = life.crsd.heldView();
            if (view == null) {
                return life + " holds no lease; the newest view it knew is " + life.dossier.newest;
            }
            if (view.memberSet().bits() != cohort) {
                return life + " is in " + view;
            }
            if (common != null && !common.epoch().equals(view.epoch())) {
                return life + " is in " + view + ", others in " + common;
            }
            common = view;
        }
        if (common != null && common.votingSet().isJoint()) {
            return "the change of the voting set is not complete: " + common.votingSet() + " in " + common;
        }
        String missing = missingCopies(cohort);
        return missing == null ? null : missing + " in " + common;
    }

    private @Nullable String missingCopies(long cohort) {
        for (int resource = 0; resource < world.scenario.resources(); resource++) {
            int running = 0;
            for (int node = 1; node <= world.scenario.nodes(); node++) {
                boolean counts = (cohort >>> (node - 1) & 1) != 0;
                running += counts && world.machines[node].runs(resource) ? 1 : 0;
            }
            if (running != Math.min(world.copies(resource), Long.bitCount(cohort))) {
                return "resource " + (resource + 1) + " runs on " + running + " nodes";
            }
        }
        return null;
    }

    /** For the end of a story. */
    List<View> views() {
        return List.copyOf(chain.values());
    }
}
