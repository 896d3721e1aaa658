package dev.holdfast.membership;

import dev.holdfast.model.BrokenInvariant;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Decides who is in the cluster, as seen from one life of one node. Start at {@link #step}.
 *
 * <p>Safety rests on four things that must all be there:
 *
 * <ol>
 *   <li>views are committed in one register on a majority of the voting disks ({@link ViewRegister});
 *   <li>a lease is renewed only by writing our own block and then reading everybody's without seeing an eviction
 *       ({@link DiskRound}); it counts from before the write;
 *   <li>when the lease is not renewed we let go at half of it, and the kernel and the watchdog end us after that
 *       ({@link Timing});
 *   <li>what a voted-out life may still run is started elsewhere only after a {@link Proof}, by a node that has announced
 *       the view itself, and has looked at the disks once more after that.
 * </ol>
 *
 * <p>The caller guarantees: before the first step, everything that an earlier life of this node ran has been stopped and
 * that was verified, so that the mere sight of this life's block proves the older lives harmless (F2; F3 if the boot is
 * new too). One life of a node runs at a time.
 */
public final class Membership {
    private enum Phase {
        READING,
        JOINING,
        MEMBER,
        LETTING_GO,
        STOPPED,
        GONE
    }

    /** How long both directions must have worked before a node is let in, so that a flapping link is not let in. */
    private static final Duration STABLE = Duration.ofSeconds(1);

    /** Pause between attempts of something that failed at once (a disk error, a refused ballot). */
    private static final Duration RETRY = Duration.ofMillis(100);

    /** How long a first reading that was not enough is good for. */
    private static final Duration READ_AGAIN = Duration.ofSeconds(1);

    private static final int BACKOFF_MIN_MILLIS = 5;
    private static final int BACKOFF_SPAN_MILLIS = 45;

    private final MembershipSettings settings;
    private Timing timing;
    private final NodeId self;
    private final PeerWatch peers;
    private final DiskKnowledge knowledge = new DiskKnowledge();
    private final DiskLane heartbeatLane;
    private final ViewRegister register;
    private final Moment startedAt;
    private List<Effect> out = new ArrayList<>();
    private long lastOperation;
    private long random;

    private Phase phase = Phase.READING;
    private final @Nullable Resume resume;
    private @Nullable Incarnation incarnation;
    /** What our claim tells of the lives before ours; see {@link HeartbeatBlock#allOverUpTo}. */
    private @Nullable Incarnation earlier;
    /** True once a majority of the voting disks holds our incarnation, so that no later life can take the same. */
    private boolean claimed;

    private @Nullable View current;
    private Moment currentSince;

    // Reading, before the first write.
    private final Map<Integer, SortedMap<NodeId, HeartbeatBlock>> firstHeartbeats = new HashMap<>();
    private final Map<Integer, SortedMap<NodeId, BallotBlock>> firstBallots = new HashMap<>();
    private Moment nextFirstRead;
    private Moment readAgainAt;

    // Network heartbeats.
    private long beatSequence;
    private Moment nextBeat;

    // The round on the heartbeat area: poll, announcement, renewal and look are one and the same.
    private @Nullable DiskRound poll;
    private Moment pollBegan;
    private @Nullable View pollAnnounced;
    /** The voting set of the view that the last complete round of ours announced, over the disks of that very set. */
    private @Nullable VotingSet announcedSet;

    private @Nullable View setShownOf;

    private long pollRound;
    private boolean pollDone = true;
    private @Nullable HeartbeatBlock pollBlock;
    /** When a joiner's last whole round ended, or when it began to join. */
    private Moment lastRound;

    /** When the newest complete round began, and since when rounds have been completing one after the other. */
    private @Nullable Moment lastLook;

    private Moment looksSince;

    /** When the first of the rounds began that came after the newest complete one; null if there is none. */
    private @Nullable Moment openSince;

    private boolean lastRoundFailed;

    private long blockSequence;
    private Moment nextPoll;
    private final OpenDisks disks;
    /** When this node learned of the voting set that is in force for it, other than at its start. */
    private Moment votingSetSince;

    // A change of the voting set that this node was asked for as the master.
    private @Nullable VotingSetChange diskChange;
    private final Set<UUID> soughtDisks = new HashSet<>();
    /** Where disks are that anybody ever wanted to give a vote: whoever said it may be gone before they have one. */
    private final SortedMap<UUID, String> toldPlaces = new TreeMap<>();
    /** Where the disks that came into the voting set by a change are, as far as that is known: some path on some node. */
    private final SortedMap<UUID, String> places = new TreeMap<>();

    // The lease.
    private final Lease lease;
    private SafetyData pollShowed;
    private boolean frozen;
    private Moment memberSince;
    private boolean lookedAfterAnnouncement;
    private final Map<NodeId, Moment> peerMemberSince = new HashMap<>();

    // Reconfiguration.
    private long round;
    private long newestRound;
    private Moment roundBegan;
    private boolean roundOnDisk;
    private @Nullable NodeSet chosen;
    private Moment proposeAt;
    private Moment giveUpWaitingAt;
    private NodeSet suspected = NodeSet.EMPTY;
    private int weight;

    // Proposals.
    private final Deque<Input.ChangeWanted> changesWanted = new ArrayDeque<>();
    private Input.@Nullable ChangeWanted changeUnderWay;
    /** Lives that the administrator wants fenced whatever they say. */
    private final Set<Life> orderedFences = new HashSet<>();

    private Moment nextProposal;
    private int conflicts;
    private final Map<NodeId, Moment> stableSince = new HashMap<>();
    private @Nullable HeartbeatBlock joiner;
    private @Nullable NodeSet founders;
    /** The newest view that this node knew when it decided who founds. */
    private @Nullable View foundersKnew;

    private @Nullable Moment mayFoundSince;

    // Confirmations: answered by the first round that begins after they were asked for.
    private final List<Confirm> confirms = new ArrayList<>();
    private long pollCount;

    // Settlement of voted-out lives.
    private final Map<View.Unsettled, String> settled = new LinkedHashMap<>();
    private final Set<Life> stoppedLives = new HashSet<>();
    private final Set<Life> fencedLives = new HashSet<>();
    private final Map<Life, String> operatorSaid = new HashMap<>();
    private final Map<Life, String> fencedHow = new HashMap<>();
    private final Map<View.Unsettled, Moment> fenceAt = new LinkedHashMap<>();
    /** Ordered by this node, and neither answered nor called off. */
    private final Set<Life> fencesUnderWay = new LinkedHashSet<>();

    private boolean leaving;
    private Moment stoppedAt;

    private record Life(NodeId node, Incarnation incarnation) {}

    private record Confirm(long request, Epoch epoch, long afterPoll) {}

    /** A new life: everything that earlier lives of this node ran has been stopped, and that was verified. */
    public Membership(MembershipSettings settings, Moment now) {
        this(settings, null, now);
    }

    /** Takes up a life again, if {@code resume} is not null; else begins a new one. */
    public Membership(MembershipSettings settings, @Nullable Resume resume, Moment now) {
        this.resume = resume;
        this.settings = settings;
        timing = settings.timing();
        self = settings.self();
        startedAt = now;
        lease = new Lease(self, timing, settings.timerTakeover(), now);
        pollShowed = lease.published(now);
        if (resume != null) {
            lease.resume(resume.leaseBegan());
            beatSequence = resume.leaseBegan().nanos();
        }
        random = settings.seed();
        peers = new PeerWatch(self, timing, settings.links(), now);
        heartbeatLane = new DiskLane();
        disks = new OpenDisks(settings.disks(), now);
        register = new ViewRegister(settings, knowledge, new ViewRegister.Sets() {
            @Override
            public @Nullable View committed() {
                return current;
            }

            @Override
            public Quorum of(@Nullable View view) {
                return disks.quorum(view);
            }
        });
        votingSetSince = now;
        nextFirstRead = now;
        readAgainAt = now.plus(READ_AGAIN);
        nextBeat = now;
        nextPoll = now;
        pollBegan = now;
        lastRound = now;
        looksSince = now;
        currentSince = now;
        memberSince = now;
        roundBegan = now;
        proposeAt = now;
        giveUpWaitingAt = now;
        nextProposal = now;
        stoppedAt = now;
    }

    /** Takes one input; returns what must now be done, in order. Never blocks, never reads a clock. */
    public List<Effect> step(Moment now, Input input) {
        out = new ArrayList<>();
        if (phase == Phase.GONE) {
            return out;
        }
        // A daemon that was away must find out before it acts on anything that waited in its inbox.
        checkLease(now);
        switch (input) {
            case Input.Tick _ -> onTick(now);
            case Input.HeartbeatReceived received -> onHeartbeat(now, received);
            case Input.PeerLost lost -> peers.onLost(lost.peer(), now);
            case Input.DiskWritten written -> onWritten(now, written);
            case Input.HeartbeatsRead read -> onHeartbeatsRead(now, read);
            case Input.BallotsRead read -> onBallotsRead(now, read);
            case Input.DiskFailed failed -> onDiskFailed(now, failed);
            case Input.LeaseAsked asked -> onLeaseAsked(now, asked.ask());
            case Input.LeaseAnswered answered -> onLeaseAnswered(now, answered.answer());
            case Input.WatchdogSet set -> {
                lease.onWatchdogSet(now, set.actual());
                timing = lease.timing();
            }
            case Input.WeightChanged changed -> weight = changed.weight();
            case Input.FenceSucceeded fenced -> onFenced(now, fenced);
            case Input.FenceFailed failed -> onFenceFailed(now, failed);
            case Input.OperatorConfirmed confirmed -> {
                onOperatorConfirmed(now, confirmed);
            }
            case Input.LetGoDone done -> onLetGoDone(now, done);
            case Input.DiskAttached attached -> onDiskAttached(now, attached);
            case Input.DiskDetached detached -> onDiskDetached(now, detached.disk());
            case Input.ChangeWanted wanted -> onChangeWanted(now, wanted);
            case Input.ConfirmWanted wanted -> onConfirmWanted(now, wanted);
            case Input.LeaveRequested(String why, boolean forGood) -> {
                leaving |= forGood;
                letGo(why);
            }
        }
        return out;
    }

    /** What is known right now; changes nothing. */
    public MembershipStatus status(Moment now) {
        Map<NodeId, Integer> weights = new TreeMap<>();
        for (DiskKnowledge.Seen seen : knowledge.all()) {
            weights.put(seen.block().node(), seen.block().weight());
        }
        return new MembershipStatus(
                phase.name(),
                incarnation,
                current,
                leaseUntil(now),
                phase == Phase.MEMBER && lease.isFrozen(),
                timing,
                Map.copyOf(settled),
                peers.heardWithin(now, timing.misscount()),
                diskStatus(now),
                weights);
    }

    private List<MembershipStatus.Disk> diskStatus(Moment now) {
        List<MembershipStatus.Disk> list = new ArrayList<>();
        VotingSet set = disks.setOf(current);
        disks.all().forEach((number, one) -> {
            UUID id = one.id();
            boolean votes = id == null || set.disks().contains(id);
            list.add(new MembershipStatus.Disk(
                    number,
                    id,
                    votes || set.outgoing().contains(id),
                    !votes && set.outgoing().contains(id),
                    one.isUsable(now, timing.offlineAfter()),
                    now.since(one.good()),
                    one.latency(),
                    one.worst(),
                    id == null ? NodeSet.EMPTY : seenBy(now, id),
                    one.detail()));
        });
        SortedSet<UUID> all = new TreeSet<>(set.disks());
        all.addAll(set.outgoing());
        for (UUID id : all) {
            if (disks.number(id) == null) {
                list.add(new MembershipStatus.Disk(
                        -1,
                        id,
                        true,
                        !set.disks().contains(id),
                        false,
                        now.since(startedAt),
                        Duration.ZERO,
                        Duration.ZERO,
                        seenBy(now, id),
                        "it was not found on this node"));
            }
        }
        return list;
    }

    /** The members that say they use the disk. */
    private NodeSet seenBy(Moment now, UUID id) {
        NodeSet who = disks.usable(now, timing.offlineAfter()).contains(id) ? NodeSet.of(self) : NodeSet.EMPTY;
        if (current != null) {
            for (NodeId member : current.memberSet().without(self).nodes()) {
                HeartbeatBlock block = memberBlock(member);
                if (block != null && block.disks().usable().contains(id)) {
                    who = who.with(member);
                }
            }
        }
        return who;
    }

    /** True while nothing can run here under this life: not a member yet, or everything is verified stopped. */
    public boolean isHarmless() {
        return phase == Phase.STOPPED || (resume == null && (phase == Phase.READING || phase == Phase.JOINING));
    }

    private @Nullable Moment leaseUntil(Moment now) {
        return phase == Phase.MEMBER && current != null ? lease.until(now, current) : null;
    }

    // ---------------------------------------------------------------------------------------------- time

    private void onTick(Moment now) {
        peers.onTick(now);
        switch (phase) {
            case READING -> readFirst(now);
            case JOINING, MEMBER -> {
                beat(now, false);
                reportDisks(now);
                askPeers(now);
                reconsider(now);
                found(now);
                fence(now);
                settle(now);
                drive(now);
                listenForRounds(now);
                startPoll(now);
            }
            case STOPPED -> {
                beat(now, false);
                startPoll(now);
                // Peers that can't read our block (our disks are gone) hear it for as long as silence would take.
                Duration enough = timing.misscount().compareTo(STABLE) > 0 ? timing.misscount() : STABLE;
                if (now.since(stoppedAt).compareTo(enough) > 0) {
                    exit("stopped; the voting disks could not be told");
                }
            }
            case LETTING_GO, GONE -> {}
        }
    }

    private void beat(Moment now, boolean atOnce) {
        if ((!atOnce && now.isBefore(nextBeat)) || incarnation == null || !claimed) {
            return;
        }
        nextBeat = now.plus(timing.heartbeat());
        beatSequence++;
        out.add(new Effect.SendHeartbeat(new Heartbeat(
                self,
                incarnation,
                beatSequence,
                publishedState(),
                currentEpoch(),
                round,
                peers.heardWithin(now, timing.misscount()),
                disksAnswer(now),
                settings.bootId())));
    }

    /** What this life says of itself, on the network and on the voting disks alike. */
    private NodeState publishedState() {
        return switch (phase) {
            case MEMBER -> NodeState.MEMBER;
            case STOPPED -> NodeState.STOPPED;
            default -> claimed ? NodeState.JOINING : NodeState.STOPPED; // Nobody may let in what is not claimed.
        };
    }

    private Epoch currentEpoch() {
        return current == null ? Epoch.NONE : current.epoch();
    }

    private void onHeartbeat(Moment now, Input.HeartbeatReceived received) {
        Heartbeat beat = received.heartbeat();
        if (beat.from().equals(self) || !settings.nodes().contains(beat.from())) {
            return;
        }
        if (!peers.onHeartbeat(now, received.link(), beat)) {
            return;
        }
        if (beat.state() == NodeState.STOPPED && stoppedLives.add(new Life(beat.from(), beat.incarnation()))) {
            reconsider(now);
            settle(now);
        }
        if (phase == Phase.JOINING || phase == Phase.MEMBER) {
            boolean sameView = beat.epoch().equals(currentEpoch());
            if (beat.epoch().isAfter(currentEpoch())) {
                pollNow(now); // There is a newer view; the voting disks tell which.
            } else if (sameView && isMemberLife(beat.from(), beat.incarnation()) && beat.round() > newestRound) {
                takePartIn(now, beat.round());
            }
        }
    }

    private boolean isMemberLife(NodeId node, Incarnation life) {
        return phase == Phase.MEMBER && current != null && current.hasMember(node, life);
    }

    // ---------------------------------------------------------------------------------------------- first reading

    /** Before its first write a new life reads a majority: its own past, and the newest view (R9). */
    private void readFirst(Moment now) {
        if (now.isBefore(nextFirstRead)) {
            return;
        }
        nextFirstRead = now.plus(RETRY);
        seekMentionedDisks();
        // What is missing may have been written only now, such as where the other disks are.
        boolean again = !now.isBefore(readAgainAt);
        if (again) {
            readAgainAt = now.plus(READ_AGAIN);
        }
        for (int disk : heartbeatLane.free(disks.bits())) {
            if (again || !firstHeartbeats.containsKey(disk)) {
                heartbeatLane.begin(disk, operations.readHeartbeats(disk), null);
            }
        }
        for (int disk : register.lane().free(disks.bits())) {
            if (again || !firstBallots.containsKey(disk)) {
                register.lane().begin(disk, operations.readBallots(disk), null);
            }
        }
    }

    private void maybeBegin(Moment now) {
        List<Integer> both = firstHeartbeats.keySet().stream()
                .filter(firstBallots::containsKey)
                .toList();
        if (phase != Phase.READING || !firstQuorum().isEnough(bits(both))) {
            return;
        }
        long newestLife = 0;
        List<BallotBlock> ballots = new ArrayList<>();
        for (int disk : both) {
            HeartbeatBlock mine =
                    firstHeartbeats.getOrDefault(disk, new TreeMap<>()).get(self);
            if (mine != null) {
                newestLife = Math.max(newestLife, mine.incarnation().number());
                earlier = newest(earlier, mine.newestKnown());
            }
            ballots.addAll(firstBallots.getOrDefault(disk, new TreeMap<>()).values());
        }
        for (BallotBlock ballot : ballots) {
            if (ballot.writer().equals(self)) {
                newestLife = Math.max(newestLife, ballot.incarnation().number());
            }
        }
        View announcedFirst = newestAnnounced();
        if (announcedFirst != null) {
            // Our blocks may be missing on disks that came into the voting set while we were away; the view remembers
            // us.
            newestLife = Math.max(newestLife, newestLifeIn(announcedFirst));
            earlier = newest(earlier, announcedFirst.members().get(self));
            for (View.Unsettled each : announcedFirst.unsettled()) {
                earlier = each.node().equals(self) ? newest(earlier, each.incarnation()) : earlier;
            }
        }
        register.recover(ballots);
        if (resume != null) {
            takeUp(now, resume, both);
            return;
        }
        incarnation = new Incarnation(newestLife + 1);
        phase = Phase.JOINING;
        lastRound = now;
        current = announcedFirst;
        notePlaces();
        note(
                Events.JOINING,
                details("incarnation", incarnation, "epoch", currentEpoch()),
                "%s incarnation %s wants to join; the newest view on the voting disks is %s"
                        .formatted(self, incarnation, current == null ? "none" : current));
        nextBeat = now;
        nextPoll = now;
    }

    private static @Nullable Incarnation newest(@Nullable Incarnation one, @Nullable Incarnation other) {
        return one == null || (other != null && one.isBefore(other)) ? other : one;
    }

    /**
     * Goes on as the life that an earlier process of this node led, if a majority of the voting disks shows it as a
     * member of the newest view. It holds no lease before a round of its own is complete; until then the old lease only
     * says when to let go. Acknowledgements that the earlier process gave are as good as given now, since they are
     * covered by the beginning of the membership (see {@link #silentSince}).
     */
    private void takeUp(Moment now, Resume life, List<Integer> disks) {
        HeartbeatBlock mine = null;
        View newest = null;
        for (int disk : disks) {
            for (HeartbeatBlock block :
                    firstHeartbeats.getOrDefault(disk, new TreeMap<>()).values()) {
                View announced = block.announced();
                if (announced != null && (newest == null || announced.isAfter(newest))) {
                    newest = announced;
                }
                if (block.node().equals(self) && (mine == null || block.isNewerThan(mine))) {
                    mine = block;
                }
            }
        }
        boolean same = mine != null
                && mine.incarnation().equals(life.incarnation())
                && mine.state() == NodeState.MEMBER
                && newest != null
                && newest.hasMember(self, life.incarnation());
        if (!same || mine == null || newest == null) {
            if (mine != null && mine.incarnation().equals(life.incarnation())) {
                // What it let go of, others learn from it alone: no later life need ever be able to tell.
                takeUpNumbers(mine);
                current = newest;
            }
            letGo("the life " + life.incarnation() + " cannot be taken up again: the voting disks show "
                    + (mine == null ? "nothing of it" : mine.incarnation() + " as " + mine.state()) + " in "
                    + (newest == null ? "no view" : newest));
            return;
        }
        takeUpNumbers(mine);
        phase = Phase.MEMBER;
        memberSince = now;
        lastRound = now;
        note(
                Events.RESUMED,
                details(
                        "incarnation",
                        life.incarnation(),
                        "epoch",
                        newest.epoch(),
                        "age",
                        Timing.text(now.since(life.leaseBegan()))),
                "%s %s goes on in %s: cssd was restarted within its lease, and nothing was stopped"
                        .formatted(self, life.incarnation(), newest));
        nextBeat = now;
        install(now, newest);
    }

    private @Nullable View newestAnnounced() {
        View newest = null;
        for (DiskKnowledge.Seen seen : knowledge.all()) {
            View announced = seen.block().announced();
            if (announced != null && (newest == null || announced.isAfter(newest))) {
                newest = announced;
            }
        }
        return newest;
    }

    /**
     * The newest life of this node that {@code view} knows of, or that may have been: what a life wrote to disks that have
     * lost their vote, nobody looks for any more. So each voting set has lives of its own: whoever began under an
     * earlier one has a lower number, whatever it claimed and wherever.
     */
    private long newestLifeIn(View view) {
        Incarnation member = view.members().get(self);
        long newest = Math.max(
                member == null ? 0 : member.number(), view.votingSet().generation() * Incarnation.PER_VOTING_SET);
        for (View.Unsettled each : view.unsettled()) {
            newest = each.node().equals(self)
                    ? Math.max(newest, each.incarnation().number())
                    : newest;
        }
        return newest;
    }

    /**
     * What the first reading needs: majorities of the voting set of the newest view that was announced, and of every newer
     * view that was accepted anywhere. A node that was away while the disks were exchanged and finds old ones first reads
     * there, in blocks that nobody overwrites any more, which disks decide now: a change is announced on a majority of the old set
     * before it is complete.
     */
    private Quorum firstQuorum() {
        View announced = newestAnnounced();
        Quorum quorum = disks.quorum(announced);
        for (SortedMap<NodeId, BallotBlock> blocks : firstBallots.values()) {
            for (BallotBlock block : blocks.values()) {
                View value = block.value();
                if (block.accepted() > 0 && value != null && (announced == null || value.isAfter(announced))) {
                    quorum = quorum.and(disks.quorum(value));
                }
            }
        }
        return quorum;
    }

    private static long bits(Iterable<Integer> numbers) {
        long bits = 0;
        for (int number : numbers) {
            bits |= 1L << number;
        }
        return bits;
    }

    /** From here on we speak as the life of {@code newest}, with numbers that no earlier process of it can have used. */
    private void takeUpNumbers(HeartbeatBlock newest) {
        incarnation = newest.incarnation();
        earlier = newest.earlier();
        claimed = true;
        blockSequence = newest.sequence() + ViewRegister.UNSEEN_WRITES;
    }

    // ---------------------------------------------------------------------------------------------- disks

    private void onDiskAttached(Moment now, Input.DiskAttached attached) {
        if (!disks.attach(now, attached)) {
            return;
        }
        nextFirstRead = now;
        // A round that began with just a majority would else wait for the one of them that hangs, for as long as it
        // hangs.
        int disk = attached.disk();
        if (poll != null) {
            poll.opened(disk, attached.id());
        }
        joinPoll(disk);
        register.opened(disk, attached.id(), operations);
        pollNow(now);
    }

    private void onDiskDetached(Moment now, int disk) {
        if (!disks.isOpen(disk)) {
            return;
        }
        disks.detach(disk);
        long beat = heartbeatLane.underWay(disk);
        long ballot = register.lane().underWay(disk);
        if (beat != 0) {
            onDiskFailed(now, new Input.DiskFailed(disk, beat, "closed"));
        }
        if (ballot != 0) {
            onDiskFailed(now, new Input.DiskFailed(disk, ballot, "closed"));
        }
        // It may have been written and wait for the others before it is read: nobody would ever answer that.
        if (poll != null && !pollDone) {
            poll.closed(disk);
            if (poll.isHopeless()) {
                failRound(now);
            }
        }
        register.closed(disk);
        giveUpIfStuck(now);
        knowledge.forget(disk);
        register.forget(disk);
        firstHeartbeats.remove(disk);
        firstBallots.remove(disk);
    }

    private void complain(int disk, String why) {
        OpenDisks.One one = disks.all().get(disk);
        if (one != null) {
            one.complain(why);
        }
    }

    private final Operations operations = new Operations() {
        @Override
        public long writeHeartbeat(int disk, HeartbeatBlock block) {
            out.add(new Effect.WriteHeartbeat(disk, ++lastOperation, block));
            return lastOperation;
        }

        @Override
        public long readHeartbeats(int disk) {
            out.add(new Effect.ReadHeartbeats(disk, ++lastOperation));
            return lastOperation;
        }

        @Override
        public long writeBallot(int disk, BallotBlock block) {
            out.add(new Effect.WriteBallot(disk, ++lastOperation, block));
            return lastOperation;
        }

        @Override
        public long readBallots(int disk) {
            out.add(new Effect.ReadBallots(disk, ++lastOperation));
            return lastOperation;
        }
    };

    private void onWritten(Moment now, Input.DiskWritten written) {
        int disk = written.disk();
        if (heartbeatLane.owns(disk, written.operation())) {
            DiskRound of = heartbeatLane.end(disk);
            if (of != null && of == poll) {
                for (int each : of.onWritten(disk)) {
                    heartbeatLane.begin(each, operations.readHeartbeats(each), of);
                }
            }
            joinPoll(disk);
        } else if (register.lane().owns(disk, written.operation())) {
            register.onWritten(disk, operations);
            register.join(disk, operations);
        }
        startPoll(now);
    }

    private void onDiskFailed(Moment now, Input.DiskFailed failed) {
        int disk = failed.disk();
        complain(disk, failed.error());
        if (heartbeatLane.owns(disk, failed.operation())) {
            DiskRound of = heartbeatLane.end(disk);
            if (of != null && of == poll) {
                of.onFailed(disk);
                if (!pollDone && of.isHopeless()) {
                    failRound(now);
                }
            }
            joinPoll(disk);
        } else if (register.lane().owns(disk, failed.operation())) {
            register.onFailed(disk);
            if (disks.isOpen(disk)) {
                register.join(disk, operations);
            }
            giveUpIfStuck(now);
        }
    }

    private void onHeartbeatsRead(Moment now, Input.HeartbeatsRead read) {
        int disk = read.disk();
        if (!heartbeatLane.owns(disk, read.operation())) {
            return;
        }
        DiskRound of = heartbeatLane.end(disk);
        boolean trusted = knowledge.merge(now, disk, read.blocks(), read.torn());
        if (phase == Phase.READING) {
            if (trusted) {
                firstHeartbeats.put(disk, read.blocks());
                maybeBegin(now);
            } else {
                complain(disk, "unreadable blocks of " + read.torn());
            }
            return;
        }
        if (of == null || of != poll || pollDone) {
            if (of != null && of == poll) {
                finishStraggler(now, disk, of, read, trusted);
            }
            joinPoll(disk);
            learnFromDisks(now);
            return;
        }
        boolean own = isOwnBlockIntact(read.blocks().get(self));
        of.onRead(disk, trusted && own);
        if (trusted && own) {
            diskIsGood(now, disk);
        } else {
            complain(disk, own ? "unreadable or outdated blocks" : "our own block is not what we wrote");
        }
        if (of.isComplete()) {
            pollDone = true;
            onPollComplete(now, of);
        } else if (of.isHopeless()) {
            failRound(now);
            learnFromDisks(now);
        }
        startPoll(now);
    }

    /** A ballot that can no longer be completed is abandoned, and another one follows after a while. */
    private void giveUpIfStuck(Moment now) {
        if (register.isStuck()) {
            register.abandon();
            onConflict(now);
        }
    }

    private void failRound(Moment now) {
        pollDone = true;
        lastRoundFailed = true;
        nextPoll = now.plus(timing.fastPoll());
    }

    private void finishStraggler(Moment now, int disk, DiskRound of, Input.HeartbeatsRead read, boolean trusted) {
        boolean own = isOwnBlockIntact(read.blocks().get(self));
        of.onRead(disk, trusted && own);
        if (trusted && own) {
            diskIsGood(now, disk);
        }
    }

    private void diskIsGood(Moment now, int disk) {
        OpenDisks.One one = disks.all().get(disk);
        if (one != null) {
            one.praise(now, now.since(pollBegan));
        }
    }

    /** A second machine with our number would write our block too: then neither may go on (rule R9). */
    private boolean isOwnBlockIntact(@Nullable HeartbeatBlock mine) {
        if (mine == null || incarnation == null) {
            return false;
        }
        boolean stolen = mine.incarnation().number() > incarnation.number()
                || (mine.incarnation().equals(incarnation) && mine.sequence() > blockSequence);
        if (stolen) {
            letGo("another machine writes the block of " + self + " on the voting disks (incarnation "
                    + mine.incarnation() + ")");
        }
        return mine.incarnation().equals(incarnation) && mine.sequence() == blockSequence;
    }

    private void onBallotsRead(Moment now, Input.BallotsRead read) {
        int disk = read.disk();
        if (!register.lane().owns(disk, read.operation())) {
            return;
        }
        if (phase == Phase.READING) {
            register.lane().end(disk);
            if (knowledge.trustsBallots(disk, read.blocks(), read.torn())) {
                firstBallots.put(disk, read.blocks());
                maybeBegin(now);
            }
            return;
        }
        if (incarnation == null) {
            register.lane().end(disk); // We were asked to leave before the first reading was done.
            return;
        }
        ViewRegister.Outcome outcome = register.onRead(disk, read.blocks(), read.torn(), incarnation, operations);
        register.join(disk, operations);
        if (outcome != null) {
            onOutcome(now, outcome);
        }
        giveUpIfStuck(now);
    }

    private void pollNow(Moment now) {
        nextPoll = now;
        startPoll(now);
    }

    private void startPoll(Moment now) {
        boolean wanted = phase == Phase.JOINING || phase == Phase.MEMBER || phase == Phase.STOPPED;
        if (!wanted || now.isBefore(nextPoll) || incarnation == null) {
            return;
        }
        Quorum quorum = disks.quorum(current);
        // Disks that are to get a vote are written too, so that everybody sees who can.
        List<Integer> free = heartbeatLane.free(quorum.open() | disks.bits(sought().keySet()));
        if (!pollDone || !quorum.isEnough(bits(free))) {
            return;
        }
        pollDone = false;
        pollCount++;
        pollBegan = now; // Before anything is written: the lease counts from here.
        openSince = openSince == null ? now : openSince;
        pollAnnounced = current;
        pollRound = round;
        pollShowed = lease.published(now);
        nextPoll = now.plus(isUrgent(now) ? timing.fastPoll() : timing.poll());
        // The claim is one block, however often it is written: whatever comes after it is newer, also that of a next
        // life
        // that took the same incarnation because it could not see this one on a minority of the disks.
        blockSequence = claimed ? blockSequence + 1 : HeartbeatBlock.CLAIM;
        DiskRound begun = new DiskRound(quorum, free);
        poll = begun;
        HeartbeatBlock block = ownBlock(now);
        pollBlock = block;
        for (int disk : free) {
            heartbeatLane.begin(disk, writePollBlock(disk, block), begun);
        }
    }

    /** Whether the voting disks answer: the newest round that has had time enough was complete. */
    private boolean disksAnswer(Moment now) {
        boolean late = openSince != null && now.since(openSince).compareTo(timing.disksAnswerWithin()) > 0;
        return lastLook != null && !lastRoundFailed && !late;
    }

    /**
     * Whether this node has had its voting disks for so long that a peer which still asks is alone without. When the storage
     * goes or comes back for all, it does not do so for all at the same moment: the first without is acknowledged as soon
     * as the last one's disks fail too, and the first to have its disks again bears with the others for one lease.
     */
    private boolean disksAreInOrder(Moment now) {
        return disksAnswer(now) && now.since(looksSince).compareTo(timing.lease()) > 0;
    }

    /** Anything suspect, undecided or unproved makes every node look more often. */
    private boolean isUrgent(Moment now) {
        return round != 0 || hasUnproved() || phase == Phase.STOPPED || mayBeAskedSoon(now);
    }

    /**
     * Two that are cut apart learn of each other's rounds by the voting disks only, and the first to begin one waits for no more than
     * {@link Timing#collect}: who looks only now and then is taken for dead, and the one with less to lose goes on.
     */
    private void listenForRounds(Moment now) {
        Moment soon = now.plus(timing.fastPoll());
        if (soon.isBefore(nextPoll) && mayBeAskedSoon(now)) {
            nextPoll = soon;
        }
    }

    /** Whether a member is about to be suspected, and so may be about to suspect this node. */
    private boolean mayBeAskedSoon(Moment now) {
        View view = current;
        return phase == Phase.MEMBER
                && view != null
                && view.members().entrySet().stream()
                        .anyMatch(member -> !member.getKey().equals(self)
                                && peers.isAlmostSilent(
                                        now, member.getKey(), member.getValue(), since(member.getKey())));
    }

    private boolean hasUnproved() {
        return phase == Phase.MEMBER && current != null && !settled.keySet().containsAll(current.unsettled());
    }

    private long writePollBlock(int disk, HeartbeatBlock block) {
        return operations.writeHeartbeat(disk, block.withBallotSequence(register.completedOn(disk)));
    }

    /** What {@code disk} was busy with is over: it takes part in the round under way, with the very block that the others got. */
    private void joinPoll(int disk) {
        DiskRound under = poll;
        HeartbeatBlock block = pollBlock;
        boolean idle = disks.isOpen(disk) && heartbeatLane.underWay(disk) == 0;
        if (!pollDone && idle && under != null && block != null && under.join(disk)) {
            heartbeatLane.begin(disk, writePollBlock(disk, block), under);
        }
    }

    private HeartbeatBlock ownBlock(Moment now) {
        if (incarnation == null) {
            throw new BrokenInvariant("a block without an incarnation");
        }
        return new HeartbeatBlock(
                self,
                incarnation,
                earlier,
                blockSequence,
                publishedState(),
                current,
                peers.heardWithin(now, reachWindow()),
                round,
                weight,
                0,
                diskReport(now),
                settings.bootId(),
                pollShowed);
    }

    /**
     * While the cohort is being chosen, only who was heard just now counts: of three nodes that are cut apart the first
     * to notice must not choose by what the others have not noticed yet.
     */
    private Duration reachWindow() {
        Duration lately = Timing.times(timing.heartbeat(), 4);
        return round != 0 && lately.compareTo(timing.misscount()) < 0 ? lately : timing.misscount();
    }

    /** What others need to know of voting disks: which ones this node uses, and where they are. */
    private DiskReport diskReport(Moment now) {
        notePlaces();
        SortedMap<UUID, String> sought = new TreeMap<>(places);
        if (diskChange != null && isMaster()) {
            sought.putAll(diskChange.change().add());
        }
        VotingSet set = disks.setOf(current);
        SortedSet<UUID> usable = new TreeSet<>(disks.usable(now, timing.offlineAfter()));
        SortedSet<UUID> asked = new TreeSet<>(sought().keySet());
        usable.removeIf(id -> !set.disks().contains(id) && !set.outgoing().contains(id) && !asked.contains(id));
        return new DiskReport(usable, sought);
    }

    /** The disks that the master wants to give a vote, or has given one. */
    private SortedMap<UUID, String> sought() {
        if (current == null || (phase != Phase.MEMBER && phase != Phase.JOINING)) {
            return Collections.emptySortedMap();
        }
        if (isMaster()) {
            return diskChange == null ? places : diskChange.change().add();
        }
        HeartbeatBlock master = memberBlock(current.master());
        return master == null ? Collections.emptySortedMap() : master.disks().sought();
    }

    /** Keeps in mind where the disks of the voting set are, for those that come back when nobody remembers the change. */
    private void notePlaces() {
        SortedSet<UUID> voting = new TreeSet<>(disks.setOf(current).disks());
        View accepted = register.newestAccepted();
        if (accepted != null) {
            // It may be in force without anybody knowing yet: then nothing can be decided any more without these disks.
            voting.addAll(accepted.votingSet().disks());
        }
        places.keySet().retainAll(voting);
        for (UUID id : voting) {
            String own = diskChange == null ? null : diskChange.change().add().get(id);
            String told = toldPlaces.get(id);
            if (own != null) {
                places.put(id, own);
            } else if (told != null) {
                places.putIfAbsent(id, told);
            }
        }
        for (DiskKnowledge.Seen seen : knowledge.all()) {
            seen.block().disks().sought().forEach((id, path) -> {
                if (voting.contains(id)) {
                    places.putIfAbsent(id, path);
                }
            });
        }
    }

    private void seekDisks() {
        notePlaces();
        SortedMap<UUID, String> sought = sought();
        soughtDisks.retainAll(sought.keySet());
        toldPlaces.putAll(sought);
        sought.forEach((id, path) -> {
            if (disks.number(id) == null && soughtDisks.add(id)) {
                out.add(new Effect.SeekDisk(id, path));
            }
        });
    }

    /** Disks that came into the voting set while this node was away: the blocks on the old ones tell where the new ones are. */
    private void seekMentionedDisks() {
        for (DiskKnowledge.Seen seen : knowledge.all()) {
            seen.block().disks().sought().forEach((id, path) -> {
                if (disks.number(id) == null && soughtDisks.add(id)) {
                    out.add(new Effect.SeekDisk(id, path));
                }
            });
        }
    }

    private void reportDisks(Moment now) {
        long deciding = disks.quorum(current).open();
        disks.all().forEach((number, one) -> {
            boolean lost =
                    (deciding & 1L << number) != 0 && now.since(one.good()).compareTo(timing.offlineAfter()) > 0;
            if (one.isNews(lost)) {
                String disk = one.id() == null ? String.valueOf(number + 1) : VotingSetChange.text(one.id());
                note(
                        lost ? Events.DISK_LOST : Events.DISK_BACK,
                        details("disk", disk, "detail", one.detail()),
                        lost
                                ? "voting disk %s has not answered for %s %s"
                                        .formatted(disk, Timing.text(now.since(one.good())), one.detail())
                                : "voting disk %s answers again".formatted(disk));
            }
        });
    }

    // ---------------------------------------------------------------------------------------------- the round's fruit

    private void onPollComplete(Moment now, DiskRound complete) {
        // What we learn may begin the next round at once; everything here is about the one that is complete.
        Moment began = pollBegan;
        View shown = pollAnnounced;
        SafetyData showed = pollShowed;
        long completed = pollCount;
        boolean hadRound = round != 0 && pollRound == round;
        if (shown != null) {
            announcedSet = shown.votingSet();
        }
        learnFromDisks(now);
        if (!complete.quorum().covers(disks.quorum(current))) {
            // Others look into other disks by now: what this round wrote they need not see, and what it read is not the
            // newest. It told us which disks decide, and that is all that it is good for.
            pollNow(now);
            return;
        }
        lastRound = now;
        if (lastLook == null || began.since(lastLook).compareTo(timing.letGoAfter()) > 0) {
            looksSince = began;
        }
        lastLook = began;
        openSince = null;
        lastRoundFailed = false;
        showTiming(now, showed);
        if (phase == Phase.JOINING && !claimed) {
            claimed = true;
            pollNow(now);
            return;
        }
        if (phase == Phase.STOPPED) {
            if (!began.isBefore(stoppedAt)) {
                exit(leaving ? "left the cluster" : "stopped, and said so on the voting disks");
            }
            return;
        }
        boolean announced = shown != null && shown.epoch().equals(currentEpoch());
        if (phase == Phase.MEMBER && announced && current != null) {
            renew(now, began, current);
        }
        tellSetShown();
        if (hadRound && round != 0) {
            roundOnDisk = true;
        }
        for (Confirm confirm : List.copyOf(confirms)) {
            if (completed > confirm.afterPoll()) {
                confirms.remove(confirm);
                boolean newest =
                        phase == Phase.MEMBER && announced && confirm.epoch().equals(currentEpoch());
                out.add(new Effect.ConfirmAnswered(confirm.request(), newest));
            }
        }
        if (phase == Phase.JOINING || phase == Phase.MEMBER) {
            joinRound(now);
            settle(now);
            reconsider(now);
            admit(now);
            seekDisks();
            driveDiskChange(now);
            drive(now);
        }
        if (!confirms.isEmpty() || (phase == Phase.MEMBER && !announced)) {
            nextPoll = now; // Someone waits for the next look, or a new view waits to be announced.
        }
    }

    /** Renews the lease from the moment before our own block was written. */
    private void renew(Moment now, Moment began, View view) {
        if (!began.plus(timing.lease()).isAfter(now)) {
            return;
        }
        lease.renew(began, view);
        lookedAfterAnnouncement = true;
        if (frozen) {
            frozen = false;
            note(
                    Events.THAWED,
                    details("epoch", view.epoch()),
                    "the voting disks are back; epoch " + view.epoch() + " goes on");
        }
        extend(now, view);
    }

    private void extend(Moment now, View view) {
        Moment until = lease.until(now, view);
        if (until != null) {
            out.add(new Effect.RenewLease(until, view));
        }
    }

    // ---------------------------------------------------------------------------------------------- the peers' word

    /** When nobody reaches the voting disks, all members together keep each other going; see {@link Timing}. */
    private void askPeers(Moment now) {
        if (phase != Phase.MEMBER || current == null || incarnation == null) {
            return;
        }
        // Who is not a member is not asked; but if it has its voting disks, the storage is not lost for all.
        NodeSet strangers = peers.withDisks(now, timing.misscount()).minus(current.memberSet());
        LeaseAsk ask = strangers.isEmpty() ? lease.ask(now, current, incarnation) : null;
        if (ask != null) {
            out.add(new Effect.AskPeers(ask));
            takeWord(now, current);
        }
    }

    private void takeWord(Moment now, View view) {
        if (!lease.isGranted()) {
            return;
        }
        if (!frozen) {
            frozen = true;
            note(
                    Events.FROZEN,
                    details("epoch", view.epoch(), "members", view.memberSet(), "disktimeout", timing.diskTimeout()),
                    ("no majority of the voting disks answers anybody: the members %s keep each other going, frozen in"
                                    + " epoch %s, for at most %s")
                            .formatted(view.memberSet(), view.epoch(), Timing.text(timing.diskTimeout())));
        }
        extend(now, view);
    }

    /**
     * A member that we do not suspect, in the very view that we know to be the newest, may be acknowledged. Safety asks for
     * no more (see {@link Timing}). But it is declined while our own voting disks are in order: it is alone without them,
     * and what it runs is better off elsewhere.
     */
    private void onLeaseAsked(Moment now, LeaseAsk ask) {
        if (incarnation == null
                || current == null
                || !isMemberLife(ask.from(), ask.incarnation())
                || !ask.epoch().equals(currentEpoch())
                || ask.from().equals(self)) {
            return; // Somebody else's view is no business of ours: silence is an answer that grants nothing.
        }
        boolean trusted = !suspected.contains(ask.from()) && (chosen == null || chosen.contains(ask.from()));
        boolean granted = trusted && !disksAreInOrder(now) && lease.acknowledge(now, current, ask);
        out.add(new Effect.AnswerPeer(new LeaseAnswer(
                self, incarnation, ask.from(), ask.incarnation(), ask.epoch(), ask.request(), granted)));
        if (!granted && now.since(pollBegan).compareTo(timing.fastPoll()) >= 0) {
            pollNow(now); // The next time it asks we know whether the disks are gone for us too.
        }
    }

    private void onLeaseAnswered(Moment now, LeaseAnswer answer) {
        if (current == null
                || !answer.to().equals(self)
                || !answer.asker().equals(incarnation)
                || !isMemberLife(answer.from(), answer.incarnation())
                || !answer.epoch().equals(currentEpoch())) {
            return;
        }
        lease.onAnswer(answer);
        takeWord(now, current);
    }

    /** The timing of the view comes into force once the others have been shown what follows from it. */
    private void adoptTiming(View view) {
        Timing wanted = settings.timing().with(view.css());
        if (wanted.problems().isEmpty()) {
            lease.want(wanted);
        }
    }

    private void showTiming(Moment now, SafetyData shown) {
        Duration watchdog = timing.watchdog();
        if (!lease.onShown(now, shown)) {
            return;
        }
        timing = lease.timing();
        peers.setTiming(timing);
        note(
                Events.TIMING,
                details("misscount", timing.misscount(), "lease", timing.lease(), "takeover", timing.takeoverAfter()),
                "timing is now " + timing);
        if (watchdog.equals(timing.watchdog())) {
            lease.onWatchdogSet(now, watchdog);
        } else {
            out.add(new Effect.SetWatchdog(timing.watchdog()));
        }
    }

    // ---------------------------------------------------------------------------------------------- losing the lease

    private void checkLease(Moment now) {
        if (phase == Phase.JOINING && now.since(lastRound).compareTo(timing.lease()) > 0) {
            // We may have been voted in meanwhile without being able to learn of it; our word sets the others free.
            letGo("no majority of the voting disks could be written and read for " + Timing.text(now.since(lastRound)));
        }
        boolean takingUp = resume != null && phase == Phase.READING;
        if (phase != Phase.MEMBER && !takingUp) {
            return;
        }
        Moment counted = lease.counted();
        Moment since = counted == null ? memberSince : counted;
        if (now.since(since).compareTo(timing.letGoAfter()) > 0) {
            NodeSet inOrder = peers.withDisks(now, timing.misscount());
            String peersSay = inOrder.isEmpty() ? "" : "; the voting disks are in order for " + inOrder;
            note(
                    Events.LEASE_LOST,
                    details("age", Timing.text(now.since(since)), "epoch", currentEpoch()),
                    "the lease was not renewed for %s (it ends at %s)%s"
                            .formatted(Timing.text(now.since(since)), Timing.text(timing.lease()), peersSay));
            letGo("no majority of the voting disks could be written and read for " + Timing.text(now.since(since))
                    + peersSay);
        }
    }

    /** Takes over the newest view that anybody announced: what is announced is committed. */
    private void learnFromDisks(Moment now) {
        View newest = newestAnnounced();
        if (newest != null) {
            install(now, newest);
        }
    }

    private void install(Moment now, View view) {
        if (incarnation == null || (current != null && !view.isAfter(current))) {
            return;
        }
        if (phase != Phase.JOINING && phase != Phase.MEMBER) {
            return;
        }
        View before = current;
        List<Effect.VotedOut> votedOut = votedOutBetween(before, view);
        current = view;
        currentSince = now;
        notePlaces();
        boolean epochChanged = before == null || !before.epoch().equals(view.epoch());
        if (before != null && !before.votingSet().equals(view.votingSet())) {
            votingSetSince = now;
            note(
                    Events.VOTING_SET,
                    details(
                            "generation",
                            view.votingSet().generation(),
                            "disks",
                            view.votingSet().disks()),
                    "%s in %s: %s".formatted(view.votingSet(), view, view.reason()));
        }
        if (!view.hasMember(self, incarnation)) {
            seekDisks();
            if (phase == Phase.MEMBER) {
                note(
                        Events.EVICTED,
                        details("epoch", view.epoch(), "by", view.proposer(), "reason", view.reason()),
                        "%s %s was voted out in epoch %s by %s: %s"
                                .formatted(self, incarnation, view.epoch(), view.proposer(), view.reason()));
                letGo("voted out in epoch " + view.epoch() + " by " + view.proposer() + ": " + view.reason());
            } else if (isUnsettled(view, self, incarnation)) {
                // Let in and voted out before we could learn of either. Others wait for a proof that this life is
                // harmless, and while it goes on there is none: it says so, and a new life joins.
                letGo("voted out before joining, in a view up to epoch " + view.epoch());
            }
            return;
        }
        if (phase == Phase.JOINING) {
            phase = Phase.MEMBER;
            memberSince = now;
            lease.drop();
        }
        out.addAll(votedOut); // Before the orders to fence: they are entered in the same record.
        if (epochChanged) {
            lookedAfterAnnouncement = false;
            Moment suspectedSince = roundBegan;
            boolean wasRound = round != 0;
            endRound();
            for (NodeId member : view.members().keySet()) {
                if (before == null
                        || !Optional.ofNullable(before.members().get(member))
                                .equals(Optional.ofNullable(view.members().get(member)))) {
                    peerMemberSince.put(member, now);
                }
            }
            peerMemberSince.keySet().retainAll(view.members().keySet());
            // A life that was let in again is not the one that a person vouched for.
            operatorSaid.keySet().removeIf(life -> view.hasMember(life.node(), life.incarnation()));
            planFencing(now, view, wasRound ? suspectedSince : now);
            note(
                    Events.INSTALLED,
                    details(
                            "epoch",
                            view.epoch(),
                            "members",
                            view.memberSet(),
                            "master",
                            view.master(),
                            "unsettled",
                            view.unsettled()),
                    view + ": " + view.reason());
        }
        adoptTiming(view);
        settled.keySet().retainAll(view.unsettled());
        fenceAt.keySet().retainAll(view.unsettled());
        out.add(new Effect.InstallView(view));
        seekDisks(); // Without them no further round may be possible.
        beat(now, true);
        pollNow(now);
    }

    private List<Effect.VotedOut> votedOutBetween(@Nullable View before, View view) {
        if (before == null || before.epoch().equals(view.epoch())) {
            return List.of();
        }
        return view.unsettled().stream()
                .filter(each -> each.evictedIn().equals(view.epoch()))
                .map(each -> new Effect.VotedOut(
                        each.node(),
                        each.incarnation(),
                        view.epoch(),
                        view.proposer(),
                        view.reason(),
                        isGone(each.node())))
                .toList();
    }

    private static boolean isUnsettled(View view, NodeId node, Incarnation life) {
        return view.unsettled().stream()
                .anyMatch(each -> each.node().equals(node) && each.incarnation().equals(life));
    }

    // ---------------------------------------------------------------------------------------------- reconfiguration

    /** Takes part in rounds that others began, as their blocks tell. */
    private void joinRound(Moment now) {
        if (phase != Phase.MEMBER || current == null) {
            return;
        }
        for (NodeId member : current.members().keySet()) {
            HeartbeatBlock block = memberBlock(member);
            if (block != null
                    && block.round() > newestRound
                    && block.announcedEpoch().equals(currentEpoch())) {
                takePartIn(now, block.round());
            }
        }
    }

    /** The newest block of a member, if it is of the life that the view means. */
    private @Nullable HeartbeatBlock memberBlock(NodeId member) {
        HeartbeatBlock block =
                knowledge.of(member).map(DiskKnowledge.Seen::block).orElse(null);
        return block != null && current != null && current.hasMember(member, block.incarnation()) ? block : null;
    }

    private void takePartIn(Moment now, long theRound) {
        round = theRound;
        newestRound = Math.max(newestRound, theRound);
        roundBegan = now;
        roundOnDisk = false;
        chosen = null;
        beat(now, true); // Others learn of the round at network speed, and answer on disk.
        pollNow(now);
    }

    private void endRound() {
        round = 0;
        roundOnDisk = false;
        chosen = null;
        suspected = NodeSet.EMPTY;
    }

    private void reconsider(Moment now) {
        if (phase != Phase.MEMBER || current == null) {
            return;
        }
        NodeSet lost = lostMembers(now, current);
        for (NodeId peer : lost.minus(suspected).nodes()) {
            note(
                    Events.SUSPECT,
                    details("peer", peer, "why", whyLost(now, peer)),
                    "%s is suspect in epoch %s: %s".formatted(peer, currentEpoch(), whyLost(now, peer)));
        }
        for (NodeId peer : suspected.minus(lost).nodes()) {
            note(Events.TRUST, details("peer", peer), peer + " is back before anything was decided");
        }
        suspected = lost;
        if (round == 0) {
            if (!lost.isEmpty()) {
                takePartIn(now, newestRound + 1);
            }
            return;
        }
        if (chosen == null) {
            choose(now, current, lost);
        } else if (!now.isBefore(giveUpWaitingAt)) {
            takePartIn(
                    now, newestRound + 1); // Nothing came of the choice, and it is getting old: ask again who is there.
        }
    }

    private NodeSet lostMembers(Moment now, View view) {
        NodeSet lost = NodeSet.EMPTY;
        for (NodeId member : view.members().keySet()) {
            if (!member.equals(self) && !whyLost(now, member).isEmpty()) {
                lost = lost.with(member);
            }
        }
        return lost;
    }

    /** Since when both this node and {@code member} are members. */
    private Moment since(NodeId member) {
        return peerMemberSince.getOrDefault(member, memberSince);
    }

    /** Why a member may have to go; empty if it need not. */
    private String whyLost(Moment now, NodeId member) {
        Incarnation life = current == null ? null : current.members().get(member);
        if (life == null) {
            return "";
        }
        if (isGone(member)) {
            return "it stopped and says so, or its next life does";
        }
        DiskKnowledge.Seen seen = knowledge.of(member).orElse(null);
        Moment since = since(member);
        if (peers.isSilent(now, member, life, since)) {
            return "silent on all private networks for more than " + Timing.text(timing.misscount());
        }
        Moment blockSince = seen == null || !seen.block().incarnation().equals(life)
                ? since
                : seen.firstSeen().max(since);
        // Only rounds of our own that are complete tell anything: who can't read knows nothing of the others' blocks.
        Moment unchangedSince = blockSince.max(looksSince);
        if (lastLook != null
                && lastLook.since(unchangedSince).compareTo(timing.lease().plus(timing.poll())) > 0) {
            return "its block on the voting disks has not changed for more than its lease";
        }
        return "";
    }

    /** True if the life of {@code member} that the view means is over by the node's own word. */
    private boolean isGone(NodeId member) {
        Incarnation life = current == null ? null : current.members().get(member);
        if (life == null) {
            return false;
        }
        boolean overOnDisk = knowledge.after(member, life) != null;
        boolean newLifeHeard = peers.peer(member)
                .map(peer -> life.isBefore(peer.last().incarnation()))
                .orElse(false);
        return overOnDisk || stoppedLives.contains(new Life(member, life)) || newLifeHeard;
    }

    /** Whether a member has written since the round began, and lately: it will read of the round, and answer. The dead do not. */
    private boolean stillWrites(Moment now, NodeId member) {
        HeartbeatBlock block = memberBlock(member);
        DiskKnowledge.Seen seen = knowledge.of(member).orElse(null);
        return block != null
                && seen != null
                && roundBegan.isBefore(seen.firstSeen())
                && now.since(seen.firstSeen()).compareTo(timing.collect()) <= 0;
    }

    private void choose(Moment now, View view, NodeSet lost) {
        if (!roundOnDisk) {
            return;
        }
        Map<NodeId, NodeSet> reach = new TreeMap<>();
        Map<NodeId, Integer> weights = new TreeMap<>();
        boolean complete = true;
        for (NodeId member : view.members().keySet()) {
            HeartbeatBlock block = memberBlock(member);
            boolean answered = block != null && block.round() >= round && block.state() == NodeState.MEMBER;
            if (answered && block != null) {
                reach.put(member, block.reach());
                weights.put(member, block.weight());
            } else {
                complete = false;
                if (isGone(member)) {
                    continue; // It says so itself, and will not answer.
                }
                boolean stillThere = !lost.contains(member) || stillWrites(now, member);
                Duration patience = stillThere ? timing.letGoAfter() : timing.collect();
                if (now.since(roundBegan).compareTo(patience) < 0) {
                    return;
                }
            }
        }
        NodeSet best = Cohort.choose(reach, weights, view.master());
        if (complete && best.equals(view.memberSet())) {
            if (lost.isEmpty()) {
                endRound();
                pollNow(now);
            } else if (now.since(roundBegan).compareTo(timing.misscount()) > 0) {
                takePartIn(now, newestRound + 1);
            }
            return;
        }
        chosen = best;
        note(
                Events.VOTE,
                details(
                        "epoch",
                        view.epoch(),
                        "cohort",
                        best,
                        "answered",
                        NodeSet.of(reach.keySet()),
                        "weights",
                        weights),
                "round %d in epoch %s: answered %s, cohort %s goes on%s"
                        .formatted(
                                round,
                                view.epoch(),
                                reach.keySet(),
                                best,
                                best.contains(self) ? "" : "; this node is not in it and waits"));
        if (best.contains(self)) {
            proposeAt = now.plus(Timing.times(timing.proposerRank(), rank(best, view.master())));
            giveUpWaitingAt = proposeAt.plus(timing.holdOff());
        } else {
            NodeSet outside = view.memberSet().minus(best);
            giveUpWaitingAt =
                    now.plus(timing.holdOff()).plus(Timing.times(timing.proposerRank(), rank(outside, view.master())));
        }
        drive(now);
    }

    /** The order in which the nodes of a set propose: the present master, then by number. */
    private int rank(NodeSet set, NodeId master) {
        if (self.equals(master)) {
            return 0;
        }
        int before = set.contains(master) ? 1 : 0;
        for (NodeId node : set.without(master).nodes()) {
            if (node.compareTo(self) < 0) {
                before++;
            }
        }
        return before;
    }

    // ---------------------------------------------------------------------------------------------- founding

    /** Cold start: nobody is a member and renewing. */
    private void found(Moment now) {
        founders = null;
        if (phase != Phase.JOINING || !claimed) {
            return;
        }
        if (currentSince.isAfter(startedAt) && now.since(currentSince).compareTo(aliveWindow()) < 0) {
            mayFoundSince = null;
            return; // Others have just founded or changed a view: its members are given the time to show that they
            // live.
        }
        Map<NodeId, NodeSet> reach = new TreeMap<>();
        reach.put(self, peers.heardWithin(now, timing.misscount()));
        for (DiskKnowledge.Seen seen : knowledge.all()) {
            HeartbeatBlock block = seen.block();
            if (block.node().equals(self)) {
                continue;
            }
            boolean mayLive = now.since(seen.firstSeen()).compareTo(aliveWindow()) <= 0;
            if (block.state() == NodeState.MEMBER && mayLive) {
                mayFoundSince = null;
                return; // Somebody may be a member: it will let us in, or fall silent.
            }
            if (block.state() == NodeState.JOINING && mayLive && seen.hasChanged()) {
                reach.put(block.node(), block.reach());
            }
        }
        for (PeerWatch.Peer peer : peers.all()) {
            boolean heard = now.since(peer.heardAt()).compareTo(timing.misscount()) <= 0;
            if (heard && peer.last().state() == NodeState.MEMBER) {
                mayFoundSince = null;
                return;
            }
        }
        boolean lookedLongEnough = now.since(startedAt).compareTo(aliveWindow()) >= 0;
        if (poll == null
                || (!lookedLongEnough && reach.size() < settings.nodes().size())) {
            return;
        }
        NodeSet best = Cohort.choose(reach, Map.of(), self);
        boolean everybody = best.equals(settings.nodes());
        boolean waitedEnough = now.since(startedAt).compareTo(settings.bootWait()) >= 0;
        if (!best.contains(self) || !(everybody || waitedEnough)) {
            mayFoundSince = null;
            return;
        }
        if (mayFoundSince == null) {
            mayFoundSince = now;
        }
        int before = best.nodes().indexOf(self);
        if (now.since(mayFoundSince).compareTo(Timing.times(timing.holdOff(), before)) >= 0) {
            founders = best;
            foundersKnew = current;
        }
    }

    /** How long a block may stay unchanged while its writer may still be alive and well. */
    private Duration aliveWindow() {
        return Timing.times(timing.poll(), 3).plus(timing.letGoGrace());
    }

    /**
     * What a ballot to found does when this node has heard of a view under way, or was let in: it knew nothing of that view's members
     * when it decided to found, and must not found over them. It finishes what they began, if it read that.
     */
    private static @Nullable View foundedByOthers(@Nullable View newest, @Nullable View known) {
        return newest != null && (known == null || newest.isAfter(known)) ? newest : null;
    }

    private @Nullable View foundOn(@Nullable View newest, NodeSet who) {
        if (incarnation == null) {
            return null;
        }
        if (newest != null && (current == null || newest.isAfter(current))) {
            return newest; // Finish what somebody began; then look again.
        }
        if (current != null && (newest == null || !newest.epoch().equals(current.epoch()))) {
            return null; // An announced view is on a majority; what does not show it must not be built upon.
        }
        SortedMap<NodeId, Incarnation> members = new TreeMap<>();
        members.put(self, incarnation);
        for (NodeId node : who.without(self).nodes()) {
            knowledge
                    .of(node)
                    .map(DiskKnowledge.Seen::block)
                    .filter(block -> block.state() == NodeState.JOINING)
                    .ifPresent(block -> members.put(node, block.incarnation()));
        }
        List<View.Unsettled> unsettled = new ArrayList<>();
        Epoch epoch = newest == null ? Epoch.NONE.next() : newest.epoch().next();
        if (newest != null) {
            // A founder does not know whom the victims' peers acknowledged, also if others voted them out before.
            newest.unsettled()
                    .forEach(each ->
                            unsettled.add(new View.Unsettled(each.node(), each.incarnation(), each.evictedIn(), true)));
            newest.members().forEach((node, life) -> unsettled.add(new View.Unsettled(node, life, epoch, true)));
            // A founder's new life proves its older ones harmless (F2, F3); a life that goes on is a member and not
            // gone.
            unsettled.removeIf(each -> {
                Incarnation now = members.get(each.node());
                return now != null && !now.isBefore(each.incarnation());
            });
        }
        NodeId master = members.firstKey();
        String why = "founded by " + members.keySet();
        return newest == null
                ? new View(epoch, 0, members, master, unsettled, RegistryRoot.NONE, self, why)
                : newest.withMembers(members, master, unsettled, self, why);
    }

    // ---------------------------------------------------------------------------------------------- joining

    private void admit(Moment now) {
        joiner = null;
        boolean mayAdmit = phase == Phase.MEMBER
                && current != null
                && current.master().equals(self)
                && round == 0
                && leaseUntil(now) != null
                && diskChange == null; // Whoever comes in must be able to use the new disks, too.
        if (!mayAdmit || current == null) {
            stableSince.clear();
            return;
        }
        NodeSet members = current.memberSet();
        for (DiskKnowledge.Seen seen : knowledge.all()) {
            HeartbeatBlock block = seen.block();
            boolean candidate = !members.contains(block.node())
                    && settings.nodes().contains(block.node())
                    && block.state() == NodeState.JOINING
                    && !isUnsettled(current, block.node(), block.incarnation())
                    && seen.hasChanged()
                    && now.since(seen.firstSeen()).compareTo(aliveWindow()) <= 0
                    && block.reach().containsAll(members)
                    && usesEnough(current, block)
                    && allHear(now, members, block);
            if (!candidate) {
                stableSince.remove(block.node());
                continue;
            }
            Moment since = stableSince.computeIfAbsent(block.node(), _ -> now);
            if (joiner == null && now.since(since).compareTo(STABLE) >= 0) {
                joiner = block;
            }
        }
    }

    /** A node that cannot use the voting disks that decide now would have to leave again. */
    private boolean usesEnough(View view, HeartbeatBlock candidate) {
        VotingSet set = disks.setOf(view);
        return VotingSetChange.usesMajority(set.disks(), candidate.disks().usable())
                && VotingSetChange.usesMajority(
                        set.outgoing(), candidate.disks().usable());
    }

    private boolean allHear(Moment now, NodeSet members, HeartbeatBlock candidate) {
        boolean heardHere = peers.peer(candidate.node())
                .map(peer -> peer.last().incarnation().equals(candidate.incarnation())
                        && now.since(peer.heardAt()).compareTo(timing.misscount()) <= 0)
                .orElse(false);
        boolean heardThere = members.without(self).nodes().stream().allMatch(member -> {
            HeartbeatBlock block = memberBlock(member);
            return block != null && block.reach().contains(candidate.node());
        });
        return heardHere && heardThere;
    }

    private @Nullable View joinOn(View newest, HeartbeatBlock who) {
        SortedMap<NodeId, Incarnation> members = new TreeMap<>(newest.members());
        if (members.containsKey(who.node()) || isUnsettled(newest, who.node(), who.incarnation())) {
            return null; // A life that others wait to see harmless must end first; its next life is welcome.
        }
        members.put(who.node(), who.incarnation());
        // Its new life proves the older ones harmless: it was written after everything of them was verified stopped.
        List<View.Unsettled> unsettled = newest.unsettled().stream()
                .filter(each ->
                        !(each.node().equals(who.node()) && each.incarnation().isBefore(who.incarnation())))
                .toList();
        return newest.withMembers(
                members, newest.master(), unsettled, self, who.node() + " " + who.incarnation() + " joined");
    }

    // ---------------------------------------------------------------------------------------------- proposing

    private void drive(Moment now) {
        if (!register.isIdle() || now.isBefore(nextProposal) || incarnation == null) {
            return;
        }
        ViewRegister.Change change = nextChange(now);
        if (change != null) {
            register.propose(change, incarnation, operations);
            giveUpIfStuck(now);
        }
    }

    private ViewRegister.@Nullable Change nextChange(Moment now) {
        if (phase == Phase.JOINING && founders != null && Objects.equals(current, foundersKnew)) {
            NodeSet who = founders;
            View known = foundersKnew;
            return newest -> phase == Phase.JOINING && Objects.equals(current, known)
                    ? foundOn(newest, who)
                    : foundedByOthers(newest, known);
        }
        if (phase != Phase.MEMBER || current == null) {
            return null;
        }
        Epoch base = current.epoch();
        if (chosen != null) {
            NodeSet cohort = chosen;
            if (!cohort.contains(self) || now.isBefore(proposeAt)) {
                return null;
            }
            return onTopOf(base, newest -> evictOn(now, newest, cohort));
        }
        if (round != 0) {
            return null; // Membership first: nothing else is decided while it is in doubt.
        }
        Input.ChangeWanted wanted = changesWanted.peek();
        if (wanted != null) {
            changeUnderWay = wanted;
            return onTopOf(base, newest -> changeOn(newest, wanted.change()));
        }
        HeartbeatBlock who = joiner;
        if (who != null) {
            joiner = null;
            return onTopOf(base, newest -> joinOn(newest, who));
        }
        boolean told = current.votingSet().equals(announcedSet);
        if (isMaster() && current.votingSet().isJoint() && told && everybodyAnnounces(current)) {
            return onTopOf(base, this::completeOn);
        }
        boolean tidy =
                current.master().equals(self) && current.unsettled().stream().anyMatch(settled::containsKey);
        return tidy ? onTopOf(base, this::tidyOn) : null;
    }

    /**
     * A change decided on one epoch must not be applied to another. What is newer than what we know was begun by
     * somebody who may have died: it is finished first, and then we decide anew.
     */
    private ViewRegister.Change onTopOf(Epoch base, java.util.function.Function<View, @Nullable View> change) {
        return newest -> {
            if (phase != Phase.MEMBER || newest == null || current == null) {
                return null;
            }
            if (newest.isAfter(current)) {
                return newest;
            }
            return newest.epoch().equals(base) && currentEpoch().equals(base) ? change.apply(newest) : null;
        };
    }

    private @Nullable View evictOn(Moment now, View newest, NodeSet cohort) {
        if (round == 0 || !cohort.equals(chosen)) {
            return null; // They came back while the ballot was under way.
        }
        return without(newest, cohort, node -> {
            String lost = whyLost(now, node);
            return lost.isEmpty() ? "others hear each other better" : lost;
        });
    }

    /** @param reason why each of those has to go that are not in the cohort, for people */
    private @Nullable View without(View newest, NodeSet cohort, Function<NodeId, String> reason) {
        SortedMap<NodeId, Incarnation> members = new TreeMap<>();
        List<View.Unsettled> unsettled = new ArrayList<>(newest.unsettled());
        Epoch epoch = newest.epoch().next();
        Map<String, List<String>> reasons = new LinkedHashMap<>();
        newest.members().forEach((node, life) -> {
            if (cohort.contains(node)) {
                members.put(node, life);
            } else {
                unsettled.add(new View.Unsettled(node, life, epoch, false));
                reasons.computeIfAbsent(reason.apply(node), _ -> new ArrayList<>())
                        .add(node + " " + life);
            }
        });
        if (members.size() == newest.members().size() || !members.containsKey(self)) {
            return null;
        }
        StringBuilder why = new StringBuilder();
        reasons.forEach((each, lives) -> why.append(why.isEmpty() ? "voted out: " : "; ")
                .append(String.join(", ", lives))
                .append(": ")
                .append(each));
        NodeId master = members.containsKey(newest.master()) ? newest.master() : self;
        return newest.withMembers(members, master, unsettled, self, why.toString());
    }

    private @Nullable View changeOn(View newest, ViewChange wanted) {
        boolean anybodys = wanted instanceof ViewChange.Evict; // The master itself may be the one to go.
        if (!anybodys && !newest.master().equals(self)) {
            return null;
        }
        return switch (wanted) {
            case ViewChange.SetRoot root -> {
                boolean next = newest.epoch().equals(root.epoch())
                        && root.root().generation() == newest.registryRoot().generation() + 1;
                yield next ? newest.withRoot(root.root(), self, "registry root") : null;
            }
            case ViewChange.ChangeDisks change -> {
                VotingSet set = disks.setOf(newest);
                yield VotingSetChange.objection(set, change).isEmpty()
                        ? newest.withVotingSet(VotingSetChange.joint(set, change), self, "voting disks change")
                        : null;
            }
            case ViewChange.SetCss css ->
                newest.withCss(merged(newest.css(), css.changes()), self, "settings " + css.changes());
            case ViewChange.Evict evict -> {
                NodeSet rest = newest.memberSet().without(evict.node());
                String why = "ordered by " + evict.by() + (evict.reason().isEmpty() ? "" : ": " + evict.reason());
                Incarnation life = newest.members().get(evict.node());
                if (life != null) {
                    orderedFences.add(new Life(evict.node(), life));
                }
                yield newest.memberSet().equals(rest) || !rest.contains(self) ? null : without(newest, rest, _ -> why);
            }
        };
    }

    private static SortedMap<String, Integer> merged(SortedMap<String, Integer> present, Map<String, Integer> changes) {
        SortedMap<String, Integer> merged = new TreeMap<>(present);
        changes.forEach((name, millis) -> {
            if (millis < 0) {
                merged.remove(name);
            } else {
                merged.put(name, millis);
            }
        });
        return merged;
    }

    /** Why a change is out of the question, in words for the administrator; empty if it is not. */
    private String objection(View view, ViewChange wanted) {
        return switch (wanted) {
            case ViewChange.SetRoot root -> isMasterOf(root.epoch()) ? "" : "it was asked for in another epoch";
            case ViewChange.ChangeDisks change ->
                diskChange == null
                        ? VotingSetChange.objection(disks.setOf(view), change)
                        : "another change of the voting disks is under way; wait for its end";
            case ViewChange.SetCss css -> {
                List<String> problems = new ArrayList<>();
                for (String name : css.changes().keySet()) {
                    if (!Timing.NAMES.contains(name)) {
                        problems.add(
                                "no setting is called '" + name + "'; there are " + String.join(", ", Timing.NAMES));
                    }
                }
                problems.addAll(settings.timing()
                        .with(merged(view.css(), css.changes()))
                        .problems());
                yield String.join("; ", problems);
            }
            case ViewChange.Evict evict -> {
                if (evict.node().equals(self)) {
                    yield "a node does not vote itself out; ask another one";
                }
                yield view.memberSet().contains(evict.node()) ? "" : evict.node() + " is not a member";
            }
        };
    }

    /** Whether {@code view} is what {@code wanted} asks for, whoever wrote it. */
    private static boolean isDone(View view, ViewChange wanted) {
        return switch (wanted) {
            case ViewChange.SetRoot root ->
                // In another epoch the same root may be somebody else's.
                view.epoch().equals(root.epoch()) && view.registryRoot().equals(root.root());
            case ViewChange.ChangeDisks change ->
                view.votingSet().generation() > 0
                        && view.votingSet().disks().containsAll(change.add().keySet())
                        && Collections.disjoint(view.votingSet().disks(), change.remove());
            case ViewChange.SetCss css -> view.css().equals(merged(view.css(), css.changes()));
            case ViewChange.Evict evict -> !view.memberSet().contains(evict.node());
        };
    }

    /** True if the change can still be made; what cannot is refused at once. */
    private boolean isPossible(View view, ViewChange wanted) {
        return switch (wanted) {
            case ViewChange.SetRoot root ->
                isMasterOf(root.epoch())
                        && root.root().generation() == view.registryRoot().generation() + 1;
            case ViewChange.ChangeDisks change ->
                isMasterOf(view.epoch())
                        && VotingSetChange.objection(disks.setOf(view), change).isEmpty();
            case ViewChange.SetCss _ -> isMasterOf(view.epoch());
            case ViewChange.Evict _ -> phase == Phase.MEMBER;
        };
    }

    private @Nullable View tidyOn(View newest) {
        List<View.Unsettled> rest = newest.unsettled().stream()
                .filter(each -> !settled.containsKey(each))
                .toList();
        return rest.size() == newest.unsettled().size() ? null : newest.withUnsettled(rest, self, "settled");
    }

    private void onOutcome(Moment now, ViewRegister.Outcome outcome) {
        switch (outcome) {
            case ViewRegister.Outcome.Committed(View view) -> {
                conflicts = 0;
                boolean news = current == null || view.isAfter(current);
                if (news && (current == null || !view.epoch().equals(current.epoch()))) {
                    note(
                            Events.COMMITTED,
                            details("epoch", view.epoch(), "members", view.memberSet(), "reason", view.reason()),
                            "committed " + view + ": " + view.reason());
                }
                install(now, view);
                answerChange(now);
            }
            case ViewRegister.Outcome.Refused _ -> {
                conflicts = 0;
                nextProposal = now.plus(timing.fastPoll());
                answerChange(now);
            }
            case ViewRegister.Outcome.Conflict _ -> onConflict(now);
        }
        drive(now);
    }

    private void onConflict(Moment now) {
        conflicts = Math.min(conflicts + 1, 10);
        nextProposal = now.plus(Duration.ofMillis(
                (BACKOFF_MIN_MILLIS + Math.floorMod(nextRandom(), (long) BACKOFF_SPAN_MILLIS)) * conflicts));
        changeUnderWay = null;
    }

    /** SplitMix64 (Steele, Lea, Flood, 2014): all chance comes from the seed in the settings. */
    private long nextRandom() {
        random += 0x9E3779B97F4A7C15L;
        long z = random;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    private void onChangeWanted(Moment now, Input.ChangeWanted wanted) {
        boolean entitled = wanted.change() instanceof ViewChange.Evict
                ? phase == Phase.MEMBER
                : current != null && isMasterOf(current.epoch());
        if (current == null || !entitled) {
            refuse(wanted, "this node is not " + (phase == Phase.MEMBER ? "the master" : "a member"));
        } else if (!objection(current, wanted.change()).isEmpty()) {
            refuse(wanted, objection(current, wanted.change()));
        } else if (wanted.change() instanceof ViewChange.ChangeDisks change
                && isDone(current, change)
                && !isSetShown(current)) {
            diskChange = new VotingSetChange(wanted, change, now, true);
        } else if (isDone(current, wanted.change())) {
            out.add(new Effect.ChangeAnswered(wanted.request(), true, current, "it is so already"));
        } else if (wanted.change() instanceof ViewChange.ChangeDisks change) {
            diskChange = new VotingSetChange(wanted, change, now, false);
            toldPlaces.putAll(change.add());
            pollNow(now); // The others learn from our block what to look for.
        } else {
            changesWanted.add(wanted);
            drive(now);
        }
    }

    /** Takes the change of the voting set that this node was asked for one step on, if its time has come. */
    private void driveDiskChange(Moment now) {
        VotingSetChange under = diskChange;
        if (under == null || current == null || changesWanted.contains(under.wanted())) {
            return;
        }
        if (!isMaster()) {
            diskChange = null;
            refuse(
                    under.wanted(),
                    "this node is not the master any more; 'crsctl query css votedisk' shows whether the change is made");
        } else if (under.decided()) {
            if (isSetShown(current)) {
                diskChange = null;
                out.add(new Effect.ChangeAnswered(under.wanted().request(), true, current, ""));
            }
        } else {
            SortedMap<NodeId, SortedSet<UUID>> usable = new TreeMap<>();
            usable.put(self, disks.usable(now, timing.offlineAfter()));
            for (NodeId member : current.memberSet().without(self).nodes()) {
                HeartbeatBlock block = memberBlock(member);
                if (block != null) {
                    usable.put(member, block.disks().usable());
                }
            }
            String missing = VotingSetChange.missing(disks.setOf(current), current, under.change(), usable);
            if (missing.isEmpty()) {
                changesWanted.add(under.wanted());
                drive(now);
            } else if (now.since(under.since()).compareTo(VotingSetChange.PATIENCE) > 0) {
                diskChange = null;
                refuse(under.wanted(), missing);
            }
        }
    }

    /** Whether the voting disks of {@code view} alone decide, and a complete round of ours showed that on a majority of them. */
    private boolean isSetShown(View view) {
        return !view.votingSet().isJoint() && view.votingSet().equals(announcedSet);
    }

    private void tellSetShown() {
        if (phase == Phase.MEMBER
                && current != null
                && current.votingSet().generation() > 0
                && isSetShown(current)
                && !current.equals(setShownOf)) {
            setShownOf = current;
            out.add(new Effect.VotingSetShown(current));
        }
    }

    private boolean everybodyAnnounces(View view) {
        return view.memberSet().without(self).nodes().stream().allMatch(member -> {
            HeartbeatBlock block = memberBlock(member);
            View announced = block == null ? null : block.announced();
            return announced != null && announced.votingSet().equals(view.votingSet());
        });
    }

    private @Nullable View completeOn(View newest) {
        // What everybody announces is the set that we know; a ballot may have found another.
        return current != null
                        && newest.votingSet().isJoint()
                        && newest.votingSet().equals(current.votingSet())
                ? newest.withVotingSet(VotingSetChange.complete(newest.votingSet()), self, "voting disks changed")
                : null;
    }

    private boolean isMaster() {
        return current != null && isMasterOf(current.epoch());
    }

    private void refuse(Input.ChangeWanted wanted, String why) {
        if (current != null) {
            out.add(new Effect.ChangeAnswered(wanted.request(), false, current, why));
        }
    }

    private boolean isMasterOf(Epoch epoch) {
        return phase == Phase.MEMBER
                && current != null
                && current.master().equals(self)
                && current.epoch().equals(epoch);
    }

    /** Settles the change under way if it is decided by now, one way or the other. */
    private void answerChange(Moment now) {
        Input.ChangeWanted wanted = changeUnderWay;
        changeUnderWay = null;
        if (wanted == null || current == null || !wanted.equals(changesWanted.peek())) {
            return;
        }
        VotingSetChange ofDisks = diskChange != null && diskChange.wanted().equals(wanted) ? diskChange : null;
        if (isDone(current, wanted.change())) {
            changesWanted.remove();
            if (ofDisks == null) {
                out.add(new Effect.ChangeAnswered(wanted.request(), true, current, ""));
            } else {
                diskChange = ofDisks.afterFirstBallot(); // Answered when the second is committed, too.
            }
        } else if (!isPossible(current, wanted.change())) {
            changesWanted.remove();
            diskChange = ofDisks == null ? diskChange : null;
            refuse(wanted, "the view has changed meanwhile");
        }
        drive(now);
    }

    private void onConfirmWanted(Moment now, Input.ConfirmWanted wanted) {
        if (phase != Phase.MEMBER || !wanted.epoch().equals(currentEpoch())) {
            out.add(new Effect.ConfirmAnswered(wanted.request(), false));
            return;
        }
        confirms.add(new Confirm(wanted.request(), wanted.epoch(), pollCount));
        pollNow(now);
    }

    // ---------------------------------------------------------------------------------------------- fencing, proofs

    /**
     * Plans the shots for a view that was just installed. A victim that used its voting disks after it was suspected
     * will read its eviction and let go by itself; it is given the time for that. Others are shot at once.
     */
    private void planFencing(Moment now, View view, Moment suspectedSince) {
        for (View.Unsettled each : view.unsettled()) {
            if (fenceAt.containsKey(each)) {
                continue;
            }
            DiskKnowledge.Seen seen = knowledge.of(each.node()).orElse(null);
            boolean usesDisks = seen != null
                    && seen.hasChanged()
                    && seen.block().incarnation().equals(each.incarnation())
                    && seen.firstSeen().isAfter(suspectedSince);
            fenceAt.put(each, usesDisks && !orderedFences.contains(life(each)) ? now.plus(timing.letGoGrace()) : now);
        }
        fence(now);
    }

    private void fence(Moment now) {
        if (!fencesUnderWay.isEmpty()) {
            callOffFences(now);
        }
        boolean mine = settings.fenceDevices()
                && phase == Phase.MEMBER
                && current != null
                && current.master().equals(self);
        if (!mine || current == null) {
            return;
        }
        for (View.Unsettled each : current.unsettled()) {
            Moment due = fenceAt.computeIfAbsent(each, _ -> now);
            boolean ordered = orderedFences.contains(life(each));
            boolean done = fencedLives.contains(life(each))
                    || (!ordered && (settled.containsKey(each) || whyProved(now, each) != null));
            if (!done && !now.isBefore(due)) {
                // Asked again only after a failure was reported; the device's own timeouts are the caller's business.
                fenceAt.put(each, now.plus(Duration.ofDays(1)));
                String reason = "voted out in epoch " + each.evictedIn();
                note(
                        Events.FENCE,
                        details("victim", each.node(), "incarnation", each.incarnation(), "epoch", each.evictedIn()),
                        "fencing %s %s: %s".formatted(each.node(), each.incarnation(), reason));
                fencesUnderWay.add(life(each));
                out.add(new Effect.Fence(each.node(), each.incarnation(), reason));
            }
        }
    }

    /** Whoever said STOPPED after the order begins its next life at once: the order would hit that one. */
    private void callOffFences(Moment now) {
        if (phase != Phase.MEMBER || current == null) {
            return;
        }
        Set<Life> wanted = new HashSet<>(orderedFences);
        for (View.Unsettled each : current.unsettled()) {
            if (!settled.containsKey(each) && whyProved(now, each) == null) {
                wanted.add(life(each));
            }
        }
        for (Life each : List.copyOf(fencesUnderWay)) {
            if (!wanted.contains(each)) {
                fencesUnderWay.remove(each);
                note(
                        Events.FENCE_CALLED_OFF,
                        details("victim", each.node(), "incarnation", each.incarnation()),
                        "fencing %s %s is called off, as it is harmless already"
                                .formatted(each.node(), each.incarnation()));
                out.add(new Effect.CallOffFence(each.node(), each.incarnation()));
            }
        }
    }

    private static Life life(View.Unsettled each) {
        return new Life(each.node(), each.incarnation());
    }

    private void onFenced(Moment now, Input.FenceSucceeded fenced) {
        Life life = new Life(fenced.victim(), fenced.incarnation());
        fencesUnderWay.remove(life);
        fencedLives.add(life);
        fencedHow.put(life, fenced.how());
        settle(now);
    }

    /** A person vouches for the lives that are unsettled now, not for those to come. */
    private void onOperatorConfirmed(Moment now, Input.OperatorConfirmed confirmed) {
        if (current != null) {
            for (View.Unsettled each : current.unsettled()) {
                if (each.node().equals(confirmed.victim())) {
                    operatorSaid.put(life(each), confirmed.operator());
                }
            }
        }
        settle(now);
    }

    private void onFenceFailed(Moment now, Input.FenceFailed failed) {
        if (!fencesUnderWay.remove(new Life(failed.victim(), failed.incarnation()))) {
            return; // It was called off.
        }
        note(
                Events.FENCE_FAILED,
                details("victim", failed.victim(), "why", failed.why()),
                "fencing " + failed.victim() + " failed, it will be tried again: " + failed.why());
        for (View.Unsettled each : List.copyOf(fenceAt.keySet())) {
            if (each.node().equals(failed.victim()) && each.incarnation().equals(failed.incarnation())) {
                fenceAt.put(each, now.plus(timing.lease()));
            }
        }
    }

    /** Says of each voted-out life whether it is proved harmless: only with a lease, and after a look that followed
     * our own announcement of the view. */
    private void settle(Moment now) {
        if (leaseUntil(now) == null || !lookedAfterAnnouncement || current == null) {
            return;
        }
        for (View.Unsettled each : current.unsettled()) {
            Proved proved = settled.containsKey(each) ? null : whyProved(now, each);
            if (proved != null) {
                settled.put(each, proved.proof().name() + ": " + proved.detail());
                note(
                        Events.SETTLED,
                        details("victim", each.node(), "incarnation", each.incarnation(), "proof", proved.proof()),
                        "%s %s is harmless, proof %s: %s"
                                .formatted(each.node(), each.incarnation(), proved.proof(), proved.detail()));
                out.add(new Effect.Settled(each.node(), each.incarnation(), proved.proof(), proved.detail()));
            }
        }
    }

    private record Proved(Proof proof, String detail) {}

    /** Whether the machine booted since the victim's life, as far as its boot was ever seen. */
    private boolean isNewBoot(View.Unsettled victim, HeartbeatBlock now) {
        Long then = knowledge.bootOf(victim.node(), victim.incarnation());
        return then != null && then != now.bootId();
    }

    /**
     * From when the victim's time is counted (see {@link Timing}): its newest block; our own last acknowledgement of it;
     * and, as we do not know what was acknowledged before we were there, the beginning of our membership. A cold victim's
     * acknowledgements are covered by the longer time instead.
     */
    private Moment silentSince(DiskKnowledge.Seen seen, View.Unsettled victim) {
        if (victim.cold()) {
            return seen.firstSeen();
        }
        Moment acknowledged = lease.acknowledgedAt(victim.node(), victim.incarnation());
        Moment since = seen.firstSeen().max(memberSince);
        return acknowledged == null ? since : since.max(acknowledged);
    }

    private @Nullable Proved whyProved(Moment now, View.Unsettled victim) {
        Life life = life(victim);
        if (fencedLives.contains(life)) {
            return new Proved(Proof.FENCED, fencedHow.getOrDefault(life, "fenced"));
        }
        if (stoppedLives.contains(life)) {
            return new Proved(Proof.STOPPED, "it says so itself, over the network");
        }
        HeartbeatBlock after = knowledge.after(victim.node(), victim.incarnation());
        if (after != null) {
            return after.incarnation().equals(victim.incarnation())
                    ? new Proved(Proof.STOPPED, "it says so itself, on the voting disks")
                    : new Proved(
                            isNewBoot(victim, after) ? Proof.REBOOTED : Proof.STOPPED,
                            "its next life " + after.incarnation() + " began after all of the old one was stopped");
        }
        // A later life that only claims its number, and gets no further, proves nothing, and does not stop this clock
        // either.
        DiskKnowledge.Seen last =
                knowledge.of(victim.node(), victim.incarnation()).orElse(null);
        if (last != null) {
            SafetyData safety = last.block().safety();
            if (safety.timerTakeover()) {
                Duration needed = victim.cold() ? safety.coldTakeoverAfter() : safety.takeoverAfter();
                Moment silentSince = silentSince(last, victim).max(votingSetSince); // See VotingSetChange.
                Duration silent = now.since(silentSince);
                if (silent.compareTo(needed) > 0) {
                    return new Proved(
                            Proof.TIMER,
                            "its block is unchanged and it was not acknowledged for %s, more than its %s of %s"
                                    .formatted(
                                            Timing.text(silent), victim.cold() ? "D + S" : "S", Timing.text(needed)));
                }
            }
        }
        String operator = operatorSaid.get(life);
        return operator == null ? null : new Proved(Proof.OPERATOR, operator + " vouches for it");
    }

    // ---------------------------------------------------------------------------------------------- letting go

    private void letGo(String reason) {
        if (phase == Phase.LETTING_GO || phase == Phase.STOPPED || phase == Phase.GONE) {
            return;
        }
        phase = Phase.LETTING_GO;
        lease.drop();
        register.abandon();
        note(Events.LETTING_GO, details("reason", reason), "letting go of everything: " + reason);
        out.add(new Effect.LetGo(reason));
        for (Confirm confirm : confirms) {
            out.add(new Effect.ConfirmAnswered(confirm.request(), false));
        }
        confirms.clear();
        if (diskChange != null && !changesWanted.contains(diskChange.wanted())) {
            changesWanted.add(diskChange.wanted());
        }
        diskChange = null;
        while (!changesWanted.isEmpty()) {
            refuse(changesWanted.remove(), "this node is leaving the cluster");
        }
    }

    private void onLetGoDone(Moment now, Input.LetGoDone done) {
        if (phase != Phase.LETTING_GO) {
            return;
        }
        if (!done.verified()) {
            out.add(new Effect.ResetMachine("something could not be stopped: " + done.detail()));
            return;
        }
        note(Events.LET_GO, details("detail", done.detail()), "nothing runs here any more: " + done.detail());
        phase = Phase.STOPPED;
        stoppedAt = now;
        out.add(new Effect.Disarm());
        if (incarnation == null) {
            exit("stopped before joining");
            return;
        }
        beat(now, true);
        pollNow(now);
    }

    private void exit(String reason) {
        phase = Phase.GONE;
        out.add(new Effect.Exit(reason, !leaving));
    }

    // ---------------------------------------------------------------------------------------------- notes

    private void note(String event, SortedMap<String, String> details, String text) {
        out.add(new Effect.Note(event, details, text));
    }

    private static SortedMap<String, String> details(Object... pairs) {
        SortedMap<String, String> details = new TreeMap<>();
        for (int i = 0; i + 1 < pairs.length; i += 2) {
            details.put(String.valueOf(pairs[i]), String.valueOf(pairs[i + 1]));
        }
        return Collections.unmodifiableSortedMap(details);
    }
}
