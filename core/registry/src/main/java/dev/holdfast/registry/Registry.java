package dev.holdfast.registry;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Moment;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.registry.LocationReport.Condition;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The registry as its one writer, the master's crsd, sees it: a log on 1, 3 or 5 locations that are nothing but blocks.
 *
 * <p>Nobody can be kept from writing to a shared disk late. So nobody's writes ever land where another one's count: each
 * master writes only into segments that it claimed in the view register (a claim raises the root's generation; that number
 * is the <i>ticket</i>, and ticket modulo 64 is the segment), and only the root says which segment counts.
 * <pre>
 *   Opened    claim a ticket                              (register)
 *             confirm the epoch, which announces it; then read the rooted segment on a majority
 *             write all of it as base into the claimed segment, on a majority
 *             set the root to it                          (register)            -> Serving
 *   Submit    append a record, on a majority; then confirm the epoch            -> Acknowledged
 *   full      base into a fresh segment, on a majority; set the root
 * </pre>
 * Why no acknowledged batch is lost: a confirm that begins after the record is on a majority either sees that a newer epoch was
 * announced, and nothing is acknowledged; or it does not, and then the newer master, which reads only after its announcement,
 * finds the record on the majority that it reads. No clock is involved. The model of this is RegLog, checked by TLC.
 *
 * <p>One object lives for one mastership. Time is used for deadlines of locations and for reports, never for safety.
 */
public final class Registry {
    /** The largest content, as it stands on disk: a base leaves at least a quarter of its segment for changes. */
    public static final int MAX_CONTENT_BYTES = (3 << 20) - (16 << 10);

    /** The largest batch, as it stands on disk. */
    public static final int MAX_BATCH_BYTES = 768 << 10;

    /** What is joined into one record. */
    private static final int MAX_RECORD_BYTES = (1 << 20) - RegistryFormat.BLOCK;

    /** What one write copies. */
    private static final int MAX_WRITE_BYTES = 1 << 20;

    private static final int SCRUB_BYTES = 256 << 10;

    /** An operation that takes longer is reported as hung; it holds up only its location. */
    private static final Duration HUNG_AFTER = Duration.ofSeconds(2);

    /**
     * How long a recovery that has read a majority waits for the rest. A location that forgot acknowledged writes can not
     * be told from one that never got them; those that remember should be heard too.
     */
    private static final Duration GRACE = Duration.ofMillis(250);

    /** A location that failed is tried again this much later. */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** A confirm that was denied is asked again this much later, until we hear that we are not the master. */
    private static final Duration ASK_AGAIN_AFTER = Duration.ofMillis(200);

    /** A replaced location gets a base of its own, at most this often. */
    private static final Duration ADMIT_EVERY = Duration.ofSeconds(1);

    private static final String NO_MAJORITY = "a majority of the registry locations can not be written";

    private enum Phase {
        CLOSED,
        RECOVERING,
        FORMING,
        SERVING,
        LOST
    }

    private record Submitted(long id, Batch batch, int bytes) {}

    /** A record that is not acknowledged yet. */
    private static final class Written {
        final long lsn;
        final int end;
        final long firstVersion;
        final List<Submitted> batches;
        boolean durable;

        Written(long lsn, int end, long firstVersion, List<Submitted> batches) {
            this.lsn = lsn;
            this.end = end;
            this.firstVersion = firstVersion;
            this.batches = batches;
        }
    }

    private record AskedRoot(long request, Epoch epoch, RegistryRoot root, boolean claim) {}

    /** {@code lsn}: everything up to here was on a majority before the question; 0 while we recover. */
    private record AskedConfirm(long request, long lsn) {}

    private final UUID cluster;
    private final List<Lane> lanes = new ArrayList<>();
    private long nextOperation;
    private Moment now = new Moment(0);
    private List<Effect> effects = new ArrayList<>();

    private Phase phase = Phase.CLOSED;
    private @Nullable Mastership mastership;
    private RegistryRoot root = RegistryRoot.NONE;

    /** The root as it was when we became master: what it points to is what we recover. */
    private RegistryRoot found = RegistryRoot.NONE;

    private @Nullable AskedRoot askedRoot;
    private @Nullable AskedConfirm askedConfirm;
    private @Nullable Moment confirmAgainAt;

    /** Recovery: the epoch is announced, so reading may begin. */
    private boolean announced;

    /** Recovery: the first moment at which a majority had been read. */
    private @Nullable Moment majorityReadAt;

    /** A claim that nobody has written under; 0 if we have none. */
    private long ticket;

    private int claims;

    // What the log says, from recovery on: everything that has a record.
    private Draft logged = new Draft(RegistryContent.EMPTY);
    private TreeMap<Integer, Owner> owners = new TreeMap<>();
    private List<UUID> voters = List.of();
    private long lastLsn;
    private byte[] lastHash = LogRecord.NOTHING_BEFORE;

    private @Nullable OpenSegment segment;
    private boolean served;
    private @Nullable Moment admittedAt;
    private String waitingFor = "";
    private Moment waitingSince = new Moment(0);
    private boolean waitingTold;

    private final Deque<Submitted> queue = new ArrayDeque<>();
    /** {@link #logged} and then the queue. */
    private Draft projected = new Draft(RegistryContent.EMPTY);

    private final Deque<Written> unacknowledged = new ArrayDeque<>();

    /**
     * @param locations how many are configured: 1, 3 or 5
     * @param firstOperation the number of the first operation or request; numbers of an earlier life are below
     */
    public Registry(UUID cluster, int locations, long firstOperation) {
        this.cluster = cluster;
        nextOperation = firstOperation;
        for (int location = 0; location < locations; location++) {
            lanes.add(new Lane(location));
        }
    }

    /** The number that the next operation or request would get. */
    public long nextOperation() {
        return nextOperation;
    }

    /** How each location is. */
    public List<LocationReport> locations() {
        return lanes.stream().map(lane -> lane.report).toList();
    }

    /** Takes one input; returns what must now be done, in order. Never blocks, never reads a clock. */
    public List<Effect> step(Moment now, Input input) {
        this.now = now;
        effects = new ArrayList<>();
        if (phase == Phase.LOST) {
            return refuseIfSubmit(input);
        }
        switch (input) {
            case Input.Tick _ -> {}
            case Input.Opened opened -> onOpened(opened.mastership());
            case Input.Closed closed -> lose(closed.reason());
            case Input.HeaderRead read -> onHeaderRead(read);
            case Input.BlocksRead read -> onBlocksRead(read);
            case Input.BlocksWritten written -> onBlocksWritten(written);
            case Input.LocationFailed failed -> onLocationFailed(failed);
            case Input.RootAnswered answer -> onRootAnswered(answer);
            case Input.Confirmed answer -> onConfirmed(answer);
            case Input.Submit submit -> onSubmit(submit);
            case Input.Scrub _ -> onScrub();
        }
        advance();
        return effects;
    }

    // ---- inputs ----------------------------------------------------------------------------------------------------

    private void onOpened(Mastership newer) {
        Mastership present = mastership;
        if (present == null) {
            mastership = newer;
            root = newer.root();
            found = root;
            phase = Phase.RECOVERING;
            for (Lane lane : lanes) {
                lane.chain = new Chain(cluster, found);
            }
            claim();
            return;
        }
        if (present.epoch().isAfter(newer.epoch())) {
            return; // Sent before what we know already.
        }
        if (!newer.self().equals(present.self()) || !newer.incarnation().equals(present.incarnation())) {
            lose("the master is now " + newer.self() + " " + newer.incarnation());
            return;
        }
        if (isSomebodyElses(newer.root())) {
            lose("somebody else set the registry root: " + newer.root());
            return;
        }
        boolean newEpoch = newer.epoch().isAfter(present.epoch());
        mastership = newer;
        if (newEpoch) {
            confirmAgainAt = null; // What was denied for the old epoch may be asked for the new one at once.
        }
    }

    /** A root that we neither know nor have asked for. One with a lower generation is only late news of ours. */
    private boolean isSomebodyElses(RegistryRoot seen) {
        if (askedRoot != null && askedRoot.root().equals(seen)) {
            return false;
        }
        return seen.generation() > root.generation() || (seen.generation() == root.generation() && !seen.equals(root));
    }

    private void onHeaderRead(Input.HeaderRead read) {
        Lane lane = ended(read.location(), read.operation());
        if (lane == null) {
            return;
        }
        Optional<RegistryFormat.Header> header = RegistryFormat.readHeader(read.block());
        String objection = header.map(this::objection).orElse("not formatted as a registry location");
        boolean twice = header.isPresent()
                && lanes.stream()
                        .anyMatch(other -> other != lane
                                && other.opened
                                && other.is(header.get().location()));
        if (twice) {
            objection = "the same location is configured twice, or this is a copy of another one";
        }
        if (header.isEmpty() || !objection.isEmpty()) {
            lane.opened = false;
            lane.foreign = true;
            lane.inStep = false;
            lane.trouble = objection + "; nothing is written to it";
            lane.retryAt = now.plus(RETRY_AFTER);
            forgetWhatWasRead(lane);
            return;
        }
        lane.foreign = false;
        if (!lane.is(header.get().location())) {
            lane.identity = header.get().location();
            lane.durable = 0; // Another medium: it holds nothing of what the former one held.
            forgetWhatWasRead(lane);
        }
        lane.sameAfterReading = lane.opened && lane.chain != null && lane.chain.finished();
        lane.opened = true;
    }

    /** What was read before does not belong to the location that is there now, or may not. */
    private void forgetWhatWasRead(Lane lane) {
        lane.sameAfterReading = false;
        if (phase == Phase.RECOVERING) {
            lane.chain = new Chain(cluster, found);
        }
    }

    private String objection(RegistryFormat.Header header) {
        return header.cluster().equals(cluster) ? "" : "it belongs to cluster " + header.cluster();
    }

    private void onBlocksRead(Input.BlocksRead read) {
        Lane lane = lane(read.location());
        Lane.Operation operation = lane == null ? null : lane.operation;
        if (ended(read.location(), read.operation()) == null || lane == null || operation == null) {
            return;
        }
        if (operation.purpose() == Lane.Purpose.RECOVER && phase == Phase.RECOVERING && lane.chain != null) {
            lane.chain.accept(read.blocks());
        } else if (operation.purpose() == Lane.Purpose.SCRUB) {
            compare(lane, operation, read.blocks());
        }
    }

    private void compare(Lane lane, Lane.Operation operation, byte[] found) {
        OpenSegment present = segment;
        if (present == null || operation.ticket() != present.owner().ticket() || lane.scrubbed < 0) {
            return; // The segment was given up meanwhile; the new one was just written.
        }
        int difference = present.firstDifference(operation.from(), found);
        if (difference >= 0) {
            lane.durable = Math.min(lane.durable, difference);
            lane.inStep = false;
            lane.trouble = "a scrub found other bytes than were written, at byte " + difference + " of segment "
                    + present.owner().segment();
            lane.scrubbed = -1;
        } else {
            lane.scrubbed = operation.to() < lane.durable ? operation.to() : -1;
        }
    }

    private void onBlocksWritten(Input.BlocksWritten written) {
        Lane lane = lane(written.location());
        Lane.Operation operation = lane == null ? null : lane.operation;
        if (ended(written.location(), written.operation()) == null || lane == null || operation == null) {
            return;
        }
        if (operation.ticket() == lane.ticket && operation.from() == lane.durable) {
            lane.durable = operation.to();
        }
    }

    private void onLocationFailed(Input.LocationFailed failed) {
        Lane lane = ended(failed.location(), failed.operation());
        if (lane != null) {
            lane.opened = false;
            lane.foreign = false;
            lane.inStep = false;
            lane.scrubbed = -1;
            lane.trouble = failed.reason();
            lane.retryAt = now.plus(RETRY_AFTER);
            forgetWhatWasRead(lane);
        }
    }

    private void onRootAnswered(Input.RootAnswered answer) {
        AskedRoot asked = askedRoot;
        if (asked == null || asked.request() != answer.request()) {
            return;
        }
        askedRoot = null;
        if (!answer.accepted()) {
            if (present().epoch().isAfter(asked.epoch())) {
                askRoot(asked.root(), asked.claim()); // It was refused for the old epoch; ours goes on.
            } else {
                lose("the view register refused the registry root " + asked.root() + " in epoch " + asked.epoch());
            }
            return;
        }
        root = asked.root();
        ticket = root.generation(); // Nobody else can get this generation, so it is a ticket, too.
        if (!asked.claim() && segment != null) {
            segment.setRooted();
            phase = Phase.SERVING;
            goOn();
            if (!served) {
                served = true;
                effects.add(new Effect.Serving(logged.content()));
            }
        }
    }

    private void onConfirmed(Input.Confirmed answer) {
        AskedConfirm asked = askedConfirm;
        if (asked == null || asked.request() != answer.request()) {
            return;
        }
        askedConfirm = null;
        if (!answer.confirmed()) {
            confirmAgainAt = now.plus(ASK_AGAIN_AFTER);
            return;
        }
        announced = true;
        while (!unacknowledged.isEmpty() && unacknowledged.getFirst().lsn <= asked.lsn()) {
            Written written = unacknowledged.removeFirst();
            long version = written.firstVersion;
            for (Submitted submitted : written.batches) {
                effects.add(new Effect.Acknowledged(submitted.id(), version++));
            }
        }
    }

    private void onSubmit(Input.Submit submit) {
        Batch batch = submit.batch();
        int bytes = new Batches(List.of(batch)).encode().length;
        int growth = projected.growth(batch);
        if (!served) {
            effects.add(new Effect.Refused(submit.id(), "the registry is not open yet"));
        } else if (bytes > MAX_BATCH_BYTES) {
            effects.add(new Effect.Refused(
                    submit.id(),
                    "the change has " + bytes + " bytes; at most " + MAX_BATCH_BYTES + " can be made at once"));
        } else if (growth > 0 && projected.bytes() + growth > MAX_CONTENT_BYTES) {
            effects.add(new Effect.Refused(
                    submit.id(),
                    "the registry would grow to " + (projected.bytes() + growth) + " bytes; at most "
                            + MAX_CONTENT_BYTES + " fit"));
        } else {
            projected.apply(batch);
            queue.addLast(new Submitted(submit.id(), batch, bytes));
        }
    }

    private List<Effect> refuseIfSubmit(Input input) {
        return input instanceof Input.Submit submit
                ? List.of(new Effect.Refused(submit.id(), "this node does not serve the registry any more"))
                : List.of();
    }

    private void onScrub() {
        for (Lane lane : lanes) {
            if (lane.inStep && lane.scrubbed < 0) {
                lane.scrubbed = 0;
            }
        }
    }

    private void lose(String reason) {
        List<Long> unresolved = unacknowledged.stream()
                .flatMap(written -> written.batches.stream())
                .map(Submitted::id)
                .toList();
        List<Long> unwritten = queue.stream().map(Submitted::id).toList();
        effects.add(new Effect.Lost(reason, unresolved, unwritten));
        phase = Phase.LOST;
    }

    // ---- what follows from the state
    // ---------------------------------------------------------------------------------

    /** Does whatever the state now asks for. Calling it once more would do nothing. */
    private void advance() {
        if (phase == Phase.RECOVERING) {
            recover();
        }
        if (phase == Phase.FORMING || phase == Phase.SERVING) {
            acknowledge();
        }
        if (phase == Phase.SERVING) {
            write();
        }
        if (phase == Phase.FORMING) {
            form();
        }
        if (phase == Phase.CLOSED || phase == Phase.LOST) {
            return;
        }
        lanes.forEach(this::drive);
        lanes.forEach(this::report);
    }

    /** Reads the rooted segment; once enough of it is known, this becomes what the log says. */
    private void recover() {
        if (!announced) {
            confirm(0);
            return;
        }
        boolean neverWritten = found.ownerEpoch() == 0;
        List<Lane> heard = lanes.stream()
                .filter(lane -> lane.opened && (neverWritten || lane.sameAfterReading))
                .toList();
        Optional<Chain> longest = heard.stream()
                .map(Registry::chainOf)
                .filter(chain -> chain.base().isPresent())
                .max(Comparator.comparingLong(Registry::ticketOf).thenComparingLong(Chain::lastLsn));
        if (!neverWritten && longest.isEmpty()) {
            await("no location holds the base of the registry in " + describe(found));
            return;
        }
        try {
            Optional<Snapshot> base = longest.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Snapshot.decode(
                            longest.get().links().getFirst().record().payload()));
            if (hasMajority(heard, base) && isTimeEnough(heard)) {
                adopt(heard, longest, base);
            }
        } catch (Malformed e) {
            lose("the registry in " + describe(found) + " was written by a version that this one does not know: "
                    + e.getMessage());
        }
    }

    private boolean hasMajority(List<Lane> heard, Optional<Snapshot> base) {
        long counted = heard.stream()
                .filter(lane -> base.isEmpty() || counts(lane, base.get().voters()))
                .count();
        int needed = base.map(Snapshot::enoughToRead).orElse(majority());
        if (counted < needed) {
            await(counted + " of the registry locations that count can be read, " + needed + " are needed");
        }
        return counted >= needed;
    }

    /** A majority was heard. Those that have not answered, nor failed, get a little more time. */
    private boolean isTimeEnough(List<Lane> heard) {
        if (majorityReadAt == null) {
            majorityReadAt = now;
        }
        boolean othersAreAway =
                lanes.stream().filter(lane -> !heard.contains(lane)).allMatch(lane -> lane.retryAt != null);
        return othersAreAway || !now.isBefore(majorityReadAt.plus(GRACE));
    }

    private void adopt(List<Lane> heard, Optional<Chain> longest, Optional<Snapshot> base) throws Malformed {
        if (longest.isPresent() && base.isPresent()) {
            Chain chain = longest.get();
            for (Lane lane : heard) {
                if (contradict(chain, chainOf(lane))) {
                    lose("registry location " + (lane.location + 1) + " holds another history than the rest, in "
                            + describe(found) + ": two writers had the same identity. Restore from a backup");
                    return;
                }
            }
            var draft = new Draft(base.get().content());
            for (Chain.Link link : chain.links().subList(1, chain.links().size())) {
                Batches.decode(link.record().payload()).batches().forEach(draft::apply);
            }
            logged = draft;
            owners = new TreeMap<>(base.get().owners());
            voters = base.get().voters();
            lastLsn = chain.lastLsn();
            lastHash = chain.links().getLast().hash();
            for (long lost = ticketOf(chain) + 1; lost <= found.generation(); lost++) {
                Owner unknown = Owner.unknown(lost);
                owners.put(unknown.segment(), unknown);
            }
            owners.put(
                    found.segment(), chain.links().getFirst().record().header().owner());
        }
        projected = new Draft(logged.content());
        for (Lane lane : lanes) {
            lane.trouble = lane.opened ? finding(lane, longest) : lane.trouble;
            lane.chain = null;
        }
        phase = Phase.FORMING;
    }

    private String finding(Lane lane, Optional<Chain> longest) {
        Chain chain = chainOf(lane);
        if (longest.isEmpty()) {
            return "";
        }
        if (!chain.finished()) {
            return "it answered too late to be compared";
        }
        if (chain.base().isEmpty() || ticketOf(chain) < ticketOf(longest.get())) {
            return "it held nothing of the present segment" + (chain.damage().isEmpty() ? "" : ": " + chain.damage());
        }
        if (chain.lastLsn() < longest.get().lastLsn()) {
            return "it held records up to " + chain.lastLsn() + " of "
                    + longest.get().lastLsn()
                    + (chain.damage().isEmpty() ? "" : ": " + chain.damage());
        }
        return chain.damage(); // A record that was being written when its writer died.
    }

    /** Two valid chains of the same owner that differ. With one writer this cannot be. */
    private static boolean contradict(Chain one, Chain other) {
        int common = Math.min(one.links().size(), other.links().size());
        if (common == 0 || ticketOf(one) != ticketOf(other)) {
            return false;
        }
        return !Arrays.equals(
                one.links().get(common - 1).hash(),
                other.links().get(common - 1).hash());
    }

    /** Opens a segment under a ticket of ours, gets it onto a majority, then asks for the root. */
    private void form() {
        if (segment == null) {
            if (askedRoot != null) {
                return;
            }
            if (ticket == 0) {
                claim();
                return;
            }
            int candidate = Owner.segmentOf(ticket);
            if (!isFree(candidate)) {
                ticket = 0;
                if (claims > RegistryFormat.SEGMENTS) {
                    lose("all " + RegistryFormat.SEGMENTS + " segments may still be written by nodes that were voted"
                            + " out: confirm that they are fenced");
                } else {
                    claim();
                }
                return;
            }
            open();
        }
        OpenSegment forming = segment;
        if (forming == null || forming.rooted() || askedRoot != null) {
            return;
        }
        if (onMajority(forming) >= forming.baseEnd()) {
            Owner owner = forming.owner();
            askRoot(
                    new RegistryRoot(owner.epoch(), owner.incarnation(), owner.segment(), root.generation() + 1),
                    false);
        } else {
            await(NO_MAJORITY);
        }
    }

    private void open() {
        Mastership master = present();
        var owner = new Owner(
                ticket,
                master.epoch().number(),
                master.incarnation().number(),
                master.self().number());
        ticket = 0;
        claims = 0;
        owners.put(owner.segment(), owner);
        voters = votersNow();
        var snapshot = new Snapshot(logged.content(), owners, voters);
        segment = new OpenSegment(cluster, owner, snapshot, lastLsn, lastHash);
        lastLsn = segment.lastLsn();
        lastHash = segment.lastHash();
        admittedAt = now;
    }

    /** Who counts from now on: all that are there; and in the places of those that are away, those that were there. */
    private List<UUID> votersNow() {
        List<UUID> present =
                lanes.stream().flatMap(lane -> Stream.ofNullable(lane.identity)).toList();
        List<UUID> result = new ArrayList<>();
        for (Lane lane : lanes) {
            UUID former = lane.location < voters.size() ? voters.get(lane.location) : Snapshot.UNSEEN;
            if (lane.identity != null) {
                result.add(lane.identity);
            } else {
                result.add(present.contains(former) ? Snapshot.UNSEEN : former);
            }
        }
        return result;
    }

    /** True if nobody but us can still write there, and the root does not point there. */
    private boolean isFree(int candidate) {
        boolean isRoot = root.ownerEpoch() != 0 && root.segment() == candidate;
        boolean isBeingWritten =
                lanes.stream().anyMatch(lane -> lane.operation != null && lane.operation.segment() == candidate);
        Owner owner = owners.get(candidate);
        boolean isOwned = owner != null && present().unsettled().stream().anyMatch(owner::mayBe);
        return !isRoot && !isBeingWritten && !isOwned;
    }

    /** Notes which records have reached a majority, and asks whether they count. */
    private void acknowledge() {
        long safe = 0;
        for (Written written : unacknowledged) {
            // While the next segment is formed, all records of the former one are on a majority already.
            written.durable |= segment != null && segment.rooted() && written.end <= onMajority(segment);
            if (written.durable) {
                safe = written.lsn;
            }
        }
        if (safe > 0) {
            confirm(safe);
        }
    }

    /** Appends the next record, unless the last one is still on its way to a majority. */
    private void write() {
        OpenSegment present = segment;
        if (present == null) {
            return;
        }
        if (unacknowledged.stream().anyMatch(written -> !written.durable)) {
            await(NO_MAJORITY);
            return;
        }
        goOn();
        if (isSomebodyToAdmit(present)) {
            startNextSegment();
            return;
        }
        if (queue.isEmpty()) {
            return;
        }
        List<Submitted> joined = new ArrayList<>();
        int bytes = 0;
        for (Submitted next : queue) {
            if (bytes + next.bytes() > MAX_RECORD_BYTES) {
                break;
            }
            joined.add(next);
            bytes += next.bytes();
        }
        byte[] payload = new Batches(joined.stream().map(Submitted::batch).toList()).encode();
        if (!present.hasRoomFor(payload.length)) {
            startNextSegment();
            return;
        }
        present.append(LogRecord.Kind.BATCHES, payload);
        lastLsn = present.lastLsn();
        lastHash = present.lastHash();
        unacknowledged.addLast(new Written(lastLsn, present.tail(), logged.version() + 1, joined));
        for (Submitted submitted : joined) {
            queue.removeFirst();
            logged.apply(submitted.batch());
        }
    }

    /** A location with a new identity has been copied to; only a new base makes it count. */
    private boolean isSomebodyToAdmit(OpenSegment present) {
        boolean somebody = lanes.stream()
                .anyMatch(lane -> lane.opened
                        && lane.durable == present.tail()
                        && !counts(lane, present.snapshot().voters()));
        return somebody && (admittedAt == null || !now.isBefore(admittedAt.plus(ADMIT_EVERY)));
    }

    private void startNextSegment() {
        segment = null;
        phase = Phase.FORMING;
    }

    /** Up to where a majority holds {@code segment}. */
    private int onMajority(OpenSegment segment) {
        int[] held = lanes.stream()
                .filter(lane -> lane.ticket == segment.owner().ticket()
                        && counts(lane, segment.snapshot().voters()))
                .mapToInt(lane -> lane.durable)
                .sorted()
                .toArray();
        return held.length < majority() ? 0 : held[held.length - majority()];
    }

    private static boolean counts(Lane lane, List<UUID> voters) {
        return lane.identity != null && voters.contains(lane.identity);
    }

    private int majority() {
        return lanes.size() / 2 + 1;
    }

    // ---- locations
    // ---------------------------------------------------------------------------------------------------

    /** Gives an idle location its next operation, if there is one. */
    private void drive(Lane lane) {
        if (lane.operation != null || (lane.retryAt != null && now.isBefore(lane.retryAt))) {
            return;
        }
        lane.retryAt = null;
        if (!lane.opened) {
            long number = begin(lane, Lane.Purpose.HEADER, -1, 0, 0, 0);
            effects.add(new Effect.ReadHeader(lane.location, number));
        } else if (phase == Phase.RECOVERING) {
            readOn(lane);
        } else if (segment != null) {
            keepUp(lane, segment);
        }
    }

    /** Reads to the end of the chain, then the header once more: what was read counts only if nobody replaced it meanwhile. */
    private void readOn(Lane lane) {
        Chain chain = chainOf(lane);
        if (!announced || found.ownerEpoch() == 0) {
            return;
        }
        if (!chain.finished()) {
            int from = chain.offset();
            long number = begin(lane, Lane.Purpose.RECOVER, -1, 0, from, from + chain.wanted());
            effects.add(new Effect.ReadBlocks(lane.location, number, found.segment(), from, chain.wanted()));
        } else if (!lane.sameAfterReading) {
            long number = begin(lane, Lane.Purpose.HEADER, -1, 0, 0, 0);
            effects.add(new Effect.ReadHeader(lane.location, number));
        }
    }

    private void keepUp(Lane lane, OpenSegment segment) {
        if (lane.ticket != segment.owner().ticket()) {
            lane.ticket = segment.owner().ticket();
            lane.durable = 0;
            lane.scrubbed = -1;
        }
        int place = segment.owner().segment();
        if (lane.durable < segment.tail()) {
            int to = Math.min(segment.tail(), lane.durable + MAX_WRITE_BYTES);
            long number = begin(lane, Lane.Purpose.WRITE, place, lane.ticket, lane.durable, to);
            byte[] blocks = segment.bytes(lane.durable, to);
            effects.add(new Effect.WriteBlocks(lane.location, number, place, lane.durable, blocks));
            return;
        }
        lane.inStep = true;
        lane.trouble = "";
        if (lane.scrubbed >= 0) {
            int to = Math.min(lane.durable, lane.scrubbed + SCRUB_BYTES);
            long number = begin(lane, Lane.Purpose.SCRUB, -1, lane.ticket, lane.scrubbed, to);
            effects.add(new Effect.ReadBlocks(lane.location, number, place, lane.scrubbed, to - lane.scrubbed));
        }
    }

    private long begin(Lane lane, Lane.Purpose purpose, int segment, long ticket, int from, int to) {
        long number = nextOperation++;
        lane.operation = new Lane.Operation(number, purpose, now, segment, ticket, from, to);
        return number;
    }

    /** The lane on which {@code operation} has ended; null if it is none that we wait for. */
    private @Nullable Lane ended(int location, long operation) {
        Lane lane = lane(location);
        if (lane == null || lane.operation == null || lane.operation.number() != operation) {
            return null;
        }
        lane.operation = null;
        return lane;
    }

    private @Nullable Lane lane(int location) {
        return location >= 0 && location < lanes.size() ? lanes.get(location) : null;
    }

    private void report(Lane lane) {
        LocationReport report = new LocationReport(lane.location, condition(lane), lane.trouble);
        if (isHung(lane)) {
            report = new LocationReport(
                    lane.location,
                    Condition.HUNG,
                    "no answer for more than " + HUNG_AFTER.toSeconds() + " s; the others go on without it");
        }
        if (!report.equals(lane.report)) {
            lane.report = report;
            effects.add(new Effect.LocationChanged(report));
        }
    }

    private Condition condition(Lane lane) {
        if (lane.foreign) {
            return Condition.FOREIGN;
        }
        if (!lane.opened) {
            return lane.trouble.isEmpty() ? Condition.OPENING : Condition.FAILED;
        }
        if (segment == null && !served) {
            return Condition.OPENING;
        }
        return lane.inStep && counts(lane, voters) ? Condition.ONLINE : Condition.COPYING;
    }

    private boolean isHung(Lane lane) {
        return lane.operation != null && now.isAfter(lane.operation.began().plus(HUNG_AFTER));
    }

    // ---- the register and the heartbeat area
    // -------------------------------------------------------------------------

    private void claim() {
        claims++;
        askRoot(
                new RegistryRoot(root.ownerEpoch(), root.ownerIncarnation(), root.segment(), root.generation() + 1),
                true);
    }

    private void askRoot(RegistryRoot wanted, boolean claim) {
        askedRoot = new AskedRoot(nextOperation++, present().epoch(), wanted, claim);
        effects.add(new Effect.CasRoot(askedRoot.request(), askedRoot.epoch(), wanted));
    }

    private void confirm(long lsn) {
        if (askedConfirm == null && (confirmAgainAt == null || !now.isBefore(confirmAgainAt))) {
            confirmAgainAt = null;
            askedConfirm = new AskedConfirm(nextOperation++, lsn);
            effects.add(new Effect.Confirm(askedConfirm.request(), present().epoch()));
        }
    }

    private Mastership present() {
        if (mastership == null) {
            throw new IllegalStateException("no mastership before Opened");
        }
        return mastership;
    }

    /** Says why nothing goes on, if that lasts. */
    private void await(String reason) {
        if (!reason.equals(waitingFor)) {
            waitingFor = reason;
            waitingSince = now;
            waitingTold = false;
        } else if (!waitingTold && !now.isBefore(waitingSince.plus(HUNG_AFTER))) {
            waitingTold = true;
            effects.add(new Effect.Waiting(reason));
        }
    }

    private void goOn() {
        waitingFor = "";
    }

    private static Chain chainOf(Lane lane) {
        if (lane.chain == null) {
            throw new IllegalStateException("location " + lane.location + " is not being recovered");
        }
        return lane.chain;
    }

    private static long ticketOf(Chain chain) {
        return chain.base().map(base -> base.record().header().owner().ticket()).orElse(-1L);
    }

    private static String describe(RegistryRoot root) {
        return "segment " + root.segment() + " of epoch " + root.ownerEpoch() + ", incarnation "
                + root.ownerIncarnation();
    }
}
