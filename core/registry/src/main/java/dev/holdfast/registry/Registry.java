package dev.holdfast.registry;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Moment;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.registry.LocationReport.Condition;
import java.nio.ByteBuffer;
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
    /** The largest content, as it stands on disk: a base leaves at least a seventh of its segment for changes. */
    public static final int MAX_CONTENT_BYTES = 16 << 20;

    /** The most locations. */
    public static final int MAX_LOCATIONS = 5;

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

    /** The same, if one that was read is known to have lost something: its base is not there, or the log ends in what is no record. */
    private static final Duration GRACE_IF_DAMAGED = Duration.ofSeconds(5);

    /** A location that failed is tried again this much later. */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** A confirm that was denied is asked again this much later, until we hear that we are not the master. */
    private static final Duration ASK_AGAIN_AFTER = Duration.ofMillis(200);

    /** A replaced location gets a base of its own, at most this often. */
    private static final Duration ADMIT_EVERY = Duration.ofSeconds(1);

    /** Within this a new set of locations must be in place, or it is given up. */
    private static final Duration SET_WITHIN = Duration.ofSeconds(10);

    private static final String HUNG =
            "no answer for more than " + HUNG_AFTER.toSeconds() + " s; the others go on without it";

    private static final String BASE_BEING_WRITTEN =
            "it has not all of the newest base yet, which is being written to it";

    private static final String HEADER_DAMAGED =
            "one of the two copies of its header was damaged, and is written again";

    private static final String HEADER_LOST = "both copies of its header are damaged";

    private static final String FORMATTED_AGAIN =
            "both copies of its header were damaged; what it holds shows that it is ours, so"
                    + " it was formatted again and is being filled";

    /** What a recognition waits for, answers of the other locations and the confirm, it waits for no longer than this; then it begins anew. */
    private static final Duration RECOGNISED_WITHIN = Duration.ofSeconds(10);

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

    /** A new set of locations: the lanes that it adds are opened first; then a base is written for it, and becomes the root. */
    private static final class NewSet {
        final long id;
        final List<String> places;
        final Moment until;
        boolean forming;

        NewSet(long id, List<String> places, Moment until) {
            this.id = id;
            this.places = places;
            this.until = until;
        }
    }

    private final UUID cluster;
    private final RegistrySeal seal;
    private final int fullAt;
    /** By number of the location; retired ones stay, since a write of theirs may be under way. */
    private final List<Lane> lanes = new ArrayList<>();
    /** The locations, in their order. */
    private List<String> places;

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
    private List<Voter> voters = List.of();
    /** Who counts by the root; while a segment is being formed, {@link #voters} is who will. */
    private List<Voter> former = List.of();

    private TreeMap<String, String> more = new TreeMap<>();
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

    /** What was acknowledged. */
    private Draft settled = new Draft(RegistryContent.EMPTY);

    /** The change that a content given as a whole waits for the next root; 0 if there is none. */
    private long replacing;

    private @Nullable NewSet newSet;

    /**
     * @param places the paths of the locations as this node knows them; what the log says of them counts more
     * @param firstOperation the number of the first operation or request; numbers of an earlier life are below
     */
    public Registry(UUID cluster, RegistrySeal seal, List<String> places, long firstOperation) {
        this(cluster, seal, places, firstOperation, RegistryFormat.SEGMENT_BYTES);
    }

    /** @param fullAt as if segments had no more bytes than this; for tests */
    Registry(UUID cluster, RegistrySeal seal, List<String> places, long firstOperation, int fullAt) {
        this.cluster = cluster;
        this.seal = seal;
        this.fullAt = fullAt;
        this.places = List.copyOf(places);
        nextOperation = firstOperation;
        for (String place : places) {
            lanes.add(new Lane(lanes.size(), place));
        }
    }

    /** The number that the next operation or request would get. */
    public long nextOperation() {
        return nextOperation;
    }

    /** How each location is. */
    public List<LocationReport> locations() {
        return active().map(lane -> lane.report).toList();
    }

    /** What is known of each location, in their order. */
    public List<LocationFacts> facts() {
        return places.stream()
                .flatMap(place -> Stream.ofNullable(laneAt(place)))
                .map(lane -> new LocationFacts(
                        lane.location,
                        lane.place,
                        Optional.ofNullable(lane.identity),
                        votes(lane),
                        segment != null && segment.owner().ticket() == lane.ticket ? lane.durable : 0,
                        lane.report))
                .toList();
    }

    /** What was acknowledged, and nothing else. Copied: not meant for a loop. */
    public RegistryContent content() {
        return settled.content();
    }

    /** Of {@link #content}. */
    public long version() {
        return settled.version();
    }

    /** How many bytes the content takes. */
    public long contentBytes() {
        return settled.bytes();
    }

    /** How much of the present segment is in use; 0 if there is none. */
    public long segmentBytes() {
        return segment == null ? 0 : segment.tail();
    }

    private Stream<Lane> active() {
        return lanes.stream().filter(lane -> !lane.retired);
    }

    private @Nullable Lane laneAt(String place) {
        return active().filter(lane -> lane.place.equals(place)).findFirst().orElse(null);
    }

    private Lane addLane(String place) {
        var lane = new Lane(lanes.size(), place);
        if (phase == Phase.RECOVERING) {
            lane.chain = new Chain(cluster, seal, found);
        }
        lanes.add(lane);
        effects.add(new Effect.UseLocation(lane.location, place));
        return lane;
    }

    private void retire(Lane lane) {
        lane.retired = true;
        lane.chain = null;
        effects.add(new Effect.DropLocation(lane.location));
    }

    /** Takes one input; returns what must now be done, in order. Never blocks, never reads a clock. */
    public List<Effect> step(Moment now, Input input) {
        this.now = now;
        effects = new ArrayList<>();
        if (phase == Phase.LOST) {
            return refuseIfChange(input);
        }
        switch (input) {
            case Input.Tick _ -> {}
            case Input.Opened opened -> onOpened(opened.mastership());
            case Input.Closed closed -> lose(closed.reason());
            case Input.HeaderRead read -> onHeaderRead(read);
            case Input.StartRead read -> onStartRead(read);
            case Input.BlocksRead read -> onBlocksRead(read);
            case Input.BlocksWritten written -> onBlocksWritten(written);
            case Input.LocationFailed failed -> onLocationFailed(failed);
            case Input.RootAnswered answer -> onRootAnswered(answer);
            case Input.Confirmed answer -> onConfirmed(answer);
            case Input.Submit submit -> onSubmit(submit);
            case Input.Replace replace -> onReplace(replace);
            case Input.SetLocations set -> onSetLocations(set);
            case Input.Look _ -> active().filter(lane -> lane.inStep).forEach(lane -> lane.headerDue = true);
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
                lane.chain = new Chain(cluster, seal, found);
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
        if (newEpoch || !newer.unsettled().equals(present.unsettled())) {
            claims = 0; // Segments may be free now that were not.
        }
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
        lane.headerSeen = read.operation();
        lane.headerLost = false;
        RegistryFormat.Reading reading = RegistryFormat.readHeader(read.block(), seal);
        Optional<RegistryFormat.Header> header = reading.header();
        String objection = header.map(this::objection).orElse(reading.objection());
        boolean twice = header.isPresent()
                && active().anyMatch(other ->
                        other != lane && other.opened && other.is(header.get().location()));
        if (twice) {
            objection = "the same location is configured twice, or this is a copy of another one";
        }
        if (header.isEmpty() || !objection.isEmpty()) {
            lane.opened = false;
            lane.inStep = false;
            forgetWhatWasRead(lane);
            endScrub(lane, reading.lost() ? HEADER_LOST : objection);
            if (reading.lost() && !Arrays.equals(lane.unrecognised, read.block())) {
                recognise(lane, read.block(), objection);
            } else if (!reading.lost()) {
                isNotOurs(lane, objection);
            }
            lane.retryAt = lane.recognition == null ? now.plus(RETRY_AFTER) : null;
            return;
        }
        lane.foreign = false;
        lane.recognition = null;
        lane.unrecognised = null;
        if (!lane.is(header.get().location())) {
            lane.identity = header.get().location();
            lane.held = null;
            lane.durable = 0; // Another medium: it holds nothing of what the former one held.
            lane.inStep = false;
            forgetWhatWasRead(lane);
            endScrub(lane, "it was formatted anew");
        }
        if (reading.damaged() >= 0) {
            lane.damagedHeader = reading.damaged();
            lane.inStep = false;
            lane.trouble = HEADER_DAMAGED;
            lane.scrubFinding = lane.scrubbed >= 0 ? HEADER_DAMAGED : "";
        }
        lane.headerDue = false;
        lane.sameAfterReading = lane.opened && lane.chain != null && lane.chain.finished();
        lane.opened = true;
    }

    /** What was read before does not belong to the location that is there now, or may not. */
    private void forgetWhatWasRead(Lane lane) {
        lane.sameAfterReading = false;
        if (phase == Phase.RECOVERING && !lane.retired) {
            lane.chain = new Chain(cluster, seal, found);
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
        if (operation.purpose() == Lane.Purpose.RECOGNISE && lane.recognition != null) {
            onRecognitionRead(lane.recognition, read.blocks());
        } else if (operation.purpose() == Lane.Purpose.RECOVER && phase == Phase.RECOVERING && lane.chain != null) {
            lane.chain.accept(
                    read.blocks(),
                    active().flatMap(other -> Stream.ofNullable(other.chain)).toList());
        } else if (operation.purpose() == Lane.Purpose.SCRUB) {
            compare(lane, operation, read.blocks());
        }
    }

    private void compare(Lane lane, Lane.Operation operation, byte[] found) {
        OpenSegment present = segment;
        if (present == null || operation.ticket() != present.owner().ticket() || lane.scrubbed < 0) {
            return; // The segment was given up meanwhile: keepUp ends the scrub.
        }
        int difference = present.firstDifference(operation.from(), found);
        if (difference >= 0) {
            lane.durable = Math.min(lane.durable, difference);
            lane.inStep = false;
            lane.trouble = "a scrub found other bytes than were written, at byte " + difference + " of segment "
                    + present.owner().segment();
            endScrub(lane, lane.trouble);
        } else if (operation.to() < lane.durable) {
            lane.scrubbed = operation.to();
        } else {
            endScrub(lane, "");
        }
    }

    private void onBlocksWritten(Input.BlocksWritten written) {
        Lane lane = lane(written.location());
        Lane.Operation operation = lane == null ? null : lane.operation;
        if (ended(written.location(), written.operation()) == null || lane == null || operation == null) {
            return;
        }
        if (operation.purpose() == Lane.Purpose.WRITE
                && operation.ticket() == lane.ticket
                && operation.from() == lane.durable) {
            lane.durable = operation.to();
            OpenSegment present = segment;
            if (present != null && present.owner().ticket() == lane.ticket && lane.durable >= present.baseEnd()) {
                lane.held = present.root();
            }
        } else if (operation.purpose() == Lane.Purpose.FORMAT_AGAIN) {
            lane.recognition = null;
            lane.retryAt = null;
            lane.trouble = FORMATTED_AGAIN;
        }
    }

    private void onLocationFailed(Input.LocationFailed failed) {
        Lane lane = ended(failed.location(), failed.operation());
        if (lane != null) {
            lane.opened = false;
            lane.foreign = false;
            lane.headerLost = false;
            lane.recognition = null;
            lane.inStep = false;
            lane.trouble = failed.reason();
            lane.retryAt = now.plus(RETRY_AFTER);
            forgetWhatWasRead(lane);
            endScrub(lane, failed.reason());
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
            former = voters;
            phase = Phase.SERVING;
            goOn();
            if (!served) {
                served = true;
                settled = logged.copy();
                effects.add(new Effect.Serving(logged.content()));
                // What lost its header could not be looked at before; the sooner it is, the fewer bases it lacks.
                active().filter(lane -> lane.headerLost).forEach(lane -> lane.retryAt = null);
            }
            endReplacement();
            endNewSet();
        }
    }

    /** The content that was given as a whole is the root's now. The register is a register: whoever is master next finds it. */
    private void endReplacement() {
        if (replacing != 0) {
            settled = logged.copy();
            effects.add(new Effect.Acknowledged(replacing, settled.version()));
            effects.add(new Effect.Replaced(settled.content()));
            replacing = 0;
        }
    }

    private void endNewSet() {
        NewSet set = newSet;
        if (set != null && set.forming) {
            newSet = null;
            places = set.places;
            active().filter(lane -> !places.contains(lane.place)).toList().forEach(this::retire);
            effects.add(new Effect.Acknowledged(set.id, settled.version()));
            effects.add(new Effect.LocationsSet(places));
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
        active().map(lane -> lane.recognition)
                .filter(recognition -> recognition != null && recognition.recognisedAt != 0)
                .filter(recognition -> asked.request() >= recognition.recognisedAt)
                .forEach(recognition -> recognition.confirmed = true);
        while (!unacknowledged.isEmpty() && unacknowledged.getFirst().lsn <= asked.lsn()) {
            Written written = unacknowledged.removeFirst();
            long version = written.firstVersion;
            for (Submitted submitted : written.batches) {
                settled.apply(submitted.batch());
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
                    "the change has " + bytes + " bytes; at most " + MAX_BATCH_BYTES
                            + " can be made at once: make it in parts"));
        } else if (growth > 0 && projected.bytes() + growth > MAX_CONTENT_BYTES) {
            effects.add(new Effect.Refused(
                    submit.id(),
                    "the registry would grow to " + (projected.bytes() + growth) + " bytes; at most "
                            + MAX_CONTENT_BYTES + " fit: delete what is not needed"));
        } else {
            projected.apply(batch);
            queue.addLast(new Submitted(submit.id(), batch, bytes));
        }
    }

    private static List<Effect> refuseIfChange(Input input) {
        String why = "this node does not serve the registry any more";
        return switch (input) {
            case Input.Submit submit -> List.of(new Effect.Refused(submit.id(), why));
            case Input.Replace replace -> List.of(new Effect.Refused(replace.id(), why));
            case Input.SetLocations set -> List.of(new Effect.Refused(set.id(), why));
            case Input _ -> List.of();
        };
    }

    private void onReplace(Input.Replace replace) {
        var content = new RegistryContent(logged.version() + 1, replace.entries());
        var draft = new Draft(content);
        String why = whyNotAsAWhole();
        if (!why.isEmpty()) {
            effects.add(new Effect.Refused(replace.id(), why));
        } else if (draft.bytes() > MAX_CONTENT_BYTES) {
            effects.add(new Effect.Refused(
                    replace.id(),
                    "the registry would have " + draft.bytes() + " bytes; at most " + MAX_CONTENT_BYTES + " fit"));
        } else {
            replacing = replace.id();
            logged = draft;
            projected = draft.copy();
            startNextSegment();
        }
    }

    /** What needs a base of its own is done when nothing else is under way. */
    private String whyNotAsAWhole() {
        if (!served || phase != Phase.SERVING) {
            return "the registry is not open yet, or is just going on in another segment; try again";
        }
        if (newSet != null || !queue.isEmpty() || !unacknowledged.isEmpty()) {
            return "other changes of the registry are under way; try again";
        }
        return "";
    }

    private void onSetLocations(Input.SetLocations set) {
        String why = whyNotAsAWhole();
        int count = set.places().size();
        if (why.isEmpty() && (count < 1 || count > MAX_LOCATIONS)) {
            why = "1 to " + MAX_LOCATIONS + " registry locations are possible, not " + count;
        } else if (why.isEmpty() && set.places().stream().distinct().count() < count) {
            why = "a registry location is named twice";
        }
        if (!why.isEmpty()) {
            effects.add(new Effect.Refused(set.id(), why));
            return;
        }
        newSet = new NewSet(set.id(), set.places(), now.plus(SET_WITHIN));
        for (String place : set.places()) {
            if (laneAt(place) == null) {
                addLane(place);
            }
        }
    }

    /** Goes on with a new set of locations once those that it adds are open; gives it up if one cannot be used. */
    private void driveNewSet() {
        NewSet set = newSet;
        if (set == null || set.forming || phase != Phase.SERVING) {
            return;
        }
        List<Lane> added = active().filter(lane -> set.places.contains(lane.place) && !places.contains(lane.place))
                .toList();
        Optional<Lane> bad = added.stream()
                .filter(lane -> !lane.opened && !lane.trouble.isEmpty())
                .findFirst();
        if (bad.isPresent()) {
            giveUpNewSet(set, bad.get().place + " cannot be used: " + bad.get().trouble);
        } else if (now.isAfter(set.until)) {
            giveUpNewSet(set, "the new locations do not answer");
        } else if (unacknowledged.stream().allMatch(written -> written.durable)
                && added.stream().allMatch(lane -> lane.opened)) {
            set.forming = true;
            startNextSegment();
        }
    }

    private void giveUpNewSet(NewSet set, String why) {
        newSet = null;
        active().filter(lane -> !places.contains(lane.place)).toList().forEach(this::retire);
        effects.add(new Effect.Refused(set.id, why + "; the registry locations are as they were"));
    }

    private void onScrub() {
        active().forEach(lane -> {
            if (lane.scrubbed >= 0) {
                return; // What is under way counts for this one, too.
            }
            if (lane.inStep) {
                lane.scrubbed = 0;
                lane.headerDue = true;
            } else {
                String why = lane.trouble.isEmpty() ? "it is not in step" : lane.trouble;
                effects.add(new Effect.Scrubbed(lane.location, isHung(lane) ? HUNG : why));
            }
        });
    }

    private void endScrub(Lane lane, String finding) {
        lane.headerDue = false;
        if (lane.scrubbed >= 0) {
            lane.scrubbed = -1;
            String both = lane.scrubFinding.isEmpty() || finding.isEmpty() ? "" : "; ";
            effects.add(new Effect.Scrubbed(lane.location, lane.scrubFinding + both + finding));
            lane.scrubFinding = "";
        }
    }

    private void lose(String reason) {
        List<Long> unresolved = unacknowledged.stream()
                .flatMap(written -> written.batches.stream())
                .map(Submitted::id)
                .toList();
        List<Long> unwritten = new ArrayList<>(queue.stream().map(Submitted::id).toList());
        List<Long> perhaps = new ArrayList<>(unresolved);
        if (replacing != 0) {
            perhaps.add(replacing);
        }
        if (newSet != null) {
            (newSet.forming ? perhaps : unwritten).add(newSet.id);
        }
        effects.add(new Effect.Lost(reason, perhaps, unwritten));
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
            driveNewSet();
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
        driveRecognition();
        List.copyOf(lanes).forEach(this::drive);
        lanes.forEach(this::report);
    }

    /** Reads the rooted segment; once enough of it is known, this becomes what the log says. */
    private void recover() {
        if (!announced) {
            confirm(0);
            return;
        }
        boolean neverWritten = found.ownerEpoch() == 0;
        List<Lane> known = active().filter(lane -> chainOf(lane).goesOnLater()).toList();
        if (!known.isEmpty()) {
            lose("the registry in " + describe(found) + " was written by a later release, as " + known.getFirst().place
                    + " shows: this node cannot be its master before it is upgraded");
            return;
        }
        Optional<Chain> longest = heard(neverWritten).stream()
                .map(Registry::chainOf)
                .filter(chain -> chain.base().isPresent())
                .max(Comparator.comparingLong(Chain::lastLsn).thenComparing(Chain::isDecoded));
        if (!neverWritten && longest.isEmpty()) {
            await("no location holds the base of the registry in " + describe(found) + "; known here are "
                    + String.join(", ", places) + wayOut());
            return;
        }
        try {
            Optional<Snapshot> base = longest.isEmpty()
                    ? Optional.empty()
                    : Optional.of(longest.get().snapshot());
            base.ifPresent(this::useItsLocations);
            List<Lane> heard = heard(neverWritten);
            if (hasMajority(heard, base) && isTimeEnough(heard)) {
                adopt(heard, longest, base);
            }
        } catch (Malformed e) {
            lose("the registry in " + describe(found) + " was written by a version that this one does not know: "
                    + e.getMessage());
        }
    }

    private List<Lane> heard(boolean neverWritten) {
        return active().filter(lane -> lane.opened && (neverWritten || lane.sameAfterReading))
                .toList();
    }

    /**
     * The root names one base, and that base names the locations: not the configuration of this node, which may have missed a change. Whoever
     * holds a copy of it says the same.
     */
    private void useItsLocations(Snapshot base) {
        if (!places.equals(base.places())) {
            places = base.places();
            active().filter(lane -> !places.contains(lane.place)).toList().forEach(this::retire);
            for (String place : places) {
                if (laneAt(place) == null) {
                    addLane(place);
                }
            }
            effects.add(new Effect.LocationsSet(places));
        }
    }

    private boolean hasMajority(List<Lane> heard, Optional<Snapshot> base) {
        long counted = heard.stream()
                .filter(lane -> base.isEmpty() || lane.isOneOf(base.get().voters()))
                .count();
        int needed = base.map(Snapshot::enoughToRead).orElse(places.size() / 2 + 1);
        if (counted < needed) {
            await(counted + " of the registry locations that count can be read, " + needed + " are needed" + wayOut());
        }
        return counted >= needed;
    }

    /** What a person can do while too few locations can be read. A location without a header is looked at only when the rest tell what it should hold. */
    private String wayOut() {
        List<String> headless =
                active().filter(lane -> lane.headerLost).map(lane -> lane.place).toList();
        String without = headless.isEmpty()
                ? ""
                : "; without both copies of the header, and not recognised before the registry is open: "
                        + String.join(", ", headless);
        return without
                + ". Bring locations back: the registry then opens by itself. If they are lost for good, save what they still hold, or take the"
                + " newest backup, and import it on storage that was set up anew: docs/manual/registry.md, \"A whole cluster on empty storage\"";
    }

    /** A majority was heard. Those that have not answered, nor failed, get a little more time. */
    private boolean isTimeEnough(List<Lane> heard) {
        if (majorityReadAt == null) {
            majorityReadAt = now;
        }
        boolean othersAreAway = active().filter(lane -> !heard.contains(lane)).allMatch(lane -> lane.retryAt != null);
        boolean sound = found.ownerEpoch() == 0
                || heard.stream()
                        .map(Registry::chainOf)
                        .allMatch(chain ->
                                chain.base().isPresent() && chain.damage().isEmpty());
        return othersAreAway || !now.isBefore(majorityReadAt.plus(sound ? GRACE : GRACE_IF_DAMAGED));
    }

    private void adopt(List<Lane> heard, Optional<Chain> longest, Optional<Snapshot> base) throws Malformed {
        if (longest.isPresent() && base.isPresent()) {
            Chain chain = longest.get();
            for (Lane lane : heard) {
                if (contradict(chain, chainOf(lane))) {
                    lose("registry location " + lane.place + " holds another history than the rest, in "
                            + describe(found) + ": two writers had the same identity. Restore from a backup");
                    return;
                }
            }
            var draft = new Draft(base.get().content());
            for (Chain.Link link : chain.links().subList(1, chain.links().size())) {
                Batches.apply(chain.payload(link), draft);
            }
            logged = draft;
            owners = new TreeMap<>(base.get().owners());
            voters = base.get().voters();
            former = voters;
            more = new TreeMap<>(base.get().more());
            lastLsn = chain.lastLsn();
            lastHash = chain.links().getLast().hash();
            long ticketOfBase = chain.links().getFirst().header().owner().ticket();
            for (long lost = ticketOfBase + 1; lost <= found.generation(); lost++) {
                Owner unknown = Owner.unknown(lost);
                owners.put(unknown.segment(), unknown);
            }
            Owner rooted = chain.links().getFirst().header().owner();
            owners.put(rooted.segment(), rooted);
        }
        projected = logged.copy();
        active().forEach(lane -> {
            lane.trouble = lane.opened && lane.damagedHeader < 0 ? finding(lane, longest) : lane.trouble;
            lane.chain = null;
            boolean wasGiven = voters.stream()
                    .anyMatch(voter -> voter.seen() && voter.place().equals(lane.place));
            lane.held = wasGiven ? found : null;
        });
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
        if (chain.base().isEmpty()) {
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
        if (common == 0) {
            return false;
        }
        return !Arrays.equals(
                one.links().get(common - 1).hash(),
                other.links().get(common - 1).hash());
    }

    /** Opens a segment under a ticket of ours, gets it onto a majority, then asks for the root. */
    private void form() {
        NewSet set = newSet;
        if (set != null && set.forming && askedRoot == null && now.isAfter(set.until)) {
            segment = null; // Never rooted, and its ticket is used up; the next one is for the locations as they were.
            voters = former;
            giveUpNewSet(set, "the new locations could not be written within " + SET_WITHIN.toSeconds() + " s");
        }
        if (segment == null) {
            if (askedRoot != null) {
                return;
            }
            if (ticket == 0) {
                if (claims > RegistryFormat.SEGMENTS) {
                    // Each claim that comes to nothing makes the next master careful with one segment more.
                    await("all " + RegistryFormat.SEGMENTS
                            + " segments may still be written by nodes that were voted out:"
                            + " confirm that they are fenced");
                } else {
                    claim();
                }
                return;
            }
            int candidate = Owner.segmentOf(ticket);
            if (!isFree(candidate)) {
                ticket = 0;
                form();
                return;
            }
            open();
        }
        OpenSegment forming = segment;
        if (forming == null || forming.rooted() || askedRoot != null) {
            return;
        }
        // While the set changes, on a majority of the former one too: who knows only that finds the base, and in it the
        // new set.
        boolean found = set == null || !set.forming || onMajority(forming, former) >= forming.baseEnd();
        if (found && onMajority(forming, forming.snapshot().voters()) >= forming.baseEnd()) {
            Owner owner = forming.owner();
            askRoot(
                    new RegistryRoot(
                            owner.epoch(), owner.incarnation(), Owner.markOf(owner.ticket()), root.generation() + 1),
                    false);
        } else if (isSomebodyToAdmit(forming)) {
            // Its voters were those known then; with one more there may be a majority. Never rooted: safe to leave.
            segment = null;
            form();
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
        var snapshot = new Snapshot(logged.content(), owners, voters, more);
        segment = new OpenSegment(cluster, seal, owner, snapshot, lastLsn, lastHash, fullAt);
        lastLsn = segment.lastLsn();
        lastHash = segment.lastHash();
        admittedAt = now;
    }

    /** Who counts from now on: all that are there; and in the places of those that are away, those that were there. */
    private List<Voter> votersNow() {
        List<String> wanted = newSet != null && newSet.forming ? newSet.places : places;
        List<Voter> result = new ArrayList<>();
        for (String place : wanted) {
            Lane lane = laneAt(place);
            UUID identity = lane == null ? null : lane.identity;
            result.add(new Voter(identity == null ? formerIdentity(place) : identity, place));
        }
        return result;
    }

    private UUID formerIdentity(String place) {
        return voters.stream()
                .filter(voter -> voter.place().equals(place))
                .map(Voter::identity)
                .filter(identity -> active().noneMatch(lane -> lane.is(identity)))
                .findFirst()
                .orElse(Voter.UNSEEN);
    }

    /** True if nobody but us can still write there, and the root does not point there. */
    private boolean isFree(int candidate) {
        boolean isRoot = root.ownerEpoch() != 0 && Owner.segmentOf(root.segment()) == candidate;
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
            written.durable |= segment != null
                    && segment.rooted()
                    && written.end <= onMajority(segment, segment.snapshot().voters());
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
        boolean somebody = active().anyMatch(lane -> lane.opened
                && lane.durable == present.tail()
                && places.contains(lane.place)
                && !lane.isOneOf(present.snapshot().voters()));
        return somebody && (admittedAt == null || !now.isBefore(admittedAt.plus(ADMIT_EVERY)));
    }

    private void startNextSegment() {
        segment = null;
        phase = Phase.FORMING;
    }

    /** Up to where a majority of {@code voters} holds {@code segment}. */
    private int onMajority(OpenSegment segment, List<Voter> voters) {
        int[] held = active().filter(lane -> lane.ticket == segment.owner().ticket() && lane.isOneOf(voters))
                .mapToInt(lane -> lane.durable)
                .sorted()
                .toArray();
        int majority = voters.size() / 2 + 1;
        return held.length < majority ? 0 : held[held.length - majority];
    }

    // ---- locations
    // ---------------------------------------------------------------------------------------------------

    /** Gives an idle location its next operation, if there is one. */
    private void drive(Lane lane) {
        if (lane.retired || lane.operation != null || (lane.retryAt != null && now.isBefore(lane.retryAt))) {
            return;
        }
        lane.retryAt = null;
        if (lane.recognition != null) {
            recogniseOn(lane, lane.recognition);
        } else if (!lane.opened || lane.headerDue) {
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
            effects.add(new Effect.ReadBlocks(
                    lane.location, number, Owner.segmentOf(found.segment()), from, chain.wanted()));
        } else if (!lane.sameAfterReading) {
            long number = begin(lane, Lane.Purpose.HEADER, -1, 0, 0, 0);
            effects.add(new Effect.ReadHeader(lane.location, number));
        }
    }

    // ---- locations that lost their header
    // ---------------------------------------------------------------------------------

    /** Both copies of the header are damaged: whether the location is ours is found out, if there is anything to tell it by. */
    private void recognise(Lane lane, byte[] found, String objection) {
        lane.foreign = false;
        lane.unrecognised = null;
        Optional<String> use = OtherUse.in(found);
        if (use.isPresent()) {
            isStrange(lane, found, "in place of its header it shows " + use.get());
        } else if (RegistryFormat.namesAnotherCluster(found, cluster)) {
            isStrange(lane, found, objection + ", and names another cluster");
        } else if (phase != Phase.FORMING && phase != Phase.SERVING) {
            lane.headerLost = true;
            lane.trouble = HEADER_LOST + "; it is looked at once the registry is open";
        } else if (formerIdentityOf(lane).isEmpty()) {
            isStrange(lane, found, objection);
        } else {
            lane.headerLost = true;
            lane.trouble = HEADER_LOST + "; it is being found out whether it is ours";
            if (active().allMatch(other -> other.recognition == null)) {
                lane.recognition = new Recognition(found, now);
                if (lane.held != null) {
                    lane.recognition.read(lane.held, new Chain(cluster, seal, lane.held));
                }
            }
        }
    }

    /** Of the medium before it lost its header. */
    private Optional<UUID> formerIdentityOf(Lane lane) {
        return Optional.ofNullable(lane.identity)
                .or(() -> Optional.of(formerIdentity(lane.place)).filter(former -> !former.equals(Voter.UNSEEN)));
    }

    /** It may be anybody's: only a person can order that it be written to. */
    private void isStrange(Lane lane, byte[] found, String objection) {
        lane.unrecognised = found;
        isNotOurs(lane, objection);
    }

    private void isNotOurs(Lane lane, String objection) {
        lane.recognition = null;
        lane.headerLost = false;
        lane.foreign = true;
        lane.trouble = objection + "; nothing is written to it. If nothing on it is needed:  ocrconfig -replace "
                + lane.place + " -replacement " + lane.place + " -f";
        lane.retryAt = now.plus(RETRY_AFTER);
    }

    private void onStartRead(Input.StartRead read) {
        Lane lane = ended(read.location(), read.operation());
        Recognition recognition = lane == null ? null : lane.recognition;
        if (lane == null || recognition == null) {
            return;
        }
        recognition.startSeen = true;
        recognition.since = now;
        OtherUse.in(read.start())
                .ifPresent(use -> isStrange(lane, recognition.found, HEADER_LOST + ", and its start shows " + use));
    }

    /** Takes the step of a recognition that is due on its own location; the rest is in {@link #driveRecognition}. */
    private void recogniseOn(Lane lane, Recognition recognition) {
        Chain chain = recognition.chain;
        RegistryRoot held = recognition.held;
        if (!recognition.startSeen) {
            long number = begin(lane, Lane.Purpose.START, -1, 0, 0, 0);
            effects.add(new Effect.ReadStart(lane.location, number));
        } else if (chain != null
                && held != null
                && !chain.finished()
                && chain.base().isEmpty()) {
            int from = chain.offset();
            long number = begin(lane, Lane.Purpose.RECOGNISE, -1, 0, from, from + chain.wanted());
            int place = Owner.segmentOf(held.segment());
            effects.add(new Effect.ReadBlocks(lane.location, number, place, from, chain.wanted()));
        } else if (!isRecognised(lane, recognition)) {
            search(lane, recognition);
        } else if (recognition.recognisedAt != 0 && recognition.confirmed && othersAreSeen(lane, recognition)) {
            formatAgain(lane, recognition);
        }
    }

    /**
     * A base that the location was known to hold tells that it is ours. An older one, found by a search, does if it names the location as the present
     * base does, by path and identity, so that it is none that was exchanged meanwhile; and if all others that it names are used today, so that it is none
     * of those that were taken out meanwhile, whose medium may be used for something else under this path.
     */
    private boolean isRecognised(Lane lane, Recognition recognition) {
        Chain chain = recognition.chain;
        if (!recognition.startSeen || chain == null || chain.base().isEmpty()) {
            return false;
        }
        if (recognition.bases == null) {
            return true;
        }
        try {
            Snapshot base = chain.snapshot();
            return places.containsAll(base.places())
                    && formerIdentityOf(lane)
                            .map(former -> base.voters().contains(new Voter(former, lane.place)))
                            .orElse(false);
        } catch (Malformed e) {
            return false;
        }
    }

    /**
     * The location missed the base that it would be known by: it was away when that was written. Looks at what each segment begins with, then reads the bases,
     * the newest first.
     */
    private void search(Lane lane, Recognition recognition) {
        FoundBases bases = recognition.bases;
        if (bases == null) {
            bases = new FoundBases(cluster, root.generation());
            recognition.bases = bases;
        }
        if (!bases.isSearched()) {
            recognition.read(null, null);
            long number = begin(lane, Lane.Purpose.RECOGNISE, -1, 0, 0, RegistryFormat.BLOCK);
            effects.add(new Effect.ReadBlocks(lane.location, number, bases.segment(), 0, RegistryFormat.BLOCK));
            return;
        }
        RegistryRoot next = bases.take();
        if (next == null) {
            isStrange(
                    lane,
                    recognition.found,
                    HEADER_LOST + ", and nothing that follows tells that it is the location that was here");
        } else {
            recognition.read(next, new Chain(cluster, seal, next));
            recogniseOn(lane, recognition);
        }
    }

    private void onRecognitionRead(Recognition recognition, byte[] blocks) {
        recognition.since = now;
        if (recognition.chain != null) {
            recognition.chain.accept(blocks);
        } else if (recognition.bases != null) {
            recognition.bases.accept(blocks);
        }
    }

    /** With an identity of its own, unless a base that was formed meanwhile does without the location: then nothing tells who it was. */
    private void formatAgain(Lane lane, Recognition recognition) {
        Optional<UUID> former = formerIdentityOf(lane);
        if (former.isEmpty()) {
            isStrange(lane, recognition.found, HEADER_LOST + ", and the present base does not know it");
            return;
        }
        long number = begin(lane, Lane.Purpose.FORMAT_AGAIN, -1, 0, 0, 0);
        byte[] header = RegistryFormat.header(cluster, freshIdentity(former.get(), number), seal);
        effects.add(new Effect.FormatAgain(lane.location, number, recognition.found, header, former.get()));
    }

    /**
     * What a recognised location still waits for: that our epoch is the newest, and that each of the others shows a header of its own, so that it
     * is not one of them under a second name.
     */
    private void driveRecognition() {
        for (Lane lane : active().toList()) {
            Recognition recognition = lane.recognition;
            if (recognition == null
                    || (lane.operation != null && lane.operation.purpose() == Lane.Purpose.FORMAT_AGAIN)) {
                continue;
            }
            if (now.isAfter(recognition.since.plus(RECOGNISED_WITHIN))) {
                lane.recognition = null; // Another one may have its turn, or this one once more.
                lane.retryAt = now.plus(RETRY_AFTER);
            } else if (isRecognised(lane, recognition)) {
                if (recognition.recognisedAt == 0) {
                    recognition.recognisedAt = nextOperation;
                    others(lane).forEach(other -> other.headerDue = true);
                }
                if (!recognition.confirmed) {
                    confirm(0);
                }
            }
        }
    }

    private Stream<Lane> others(Lane lane) {
        return active().filter(other -> other != lane && other.opened);
    }

    private boolean othersAreSeen(Lane lane, Recognition recognition) {
        return others(lane).allMatch(other -> other.headerSeen >= recognition.recognisedAt);
    }

    /** Never given before: the generation is this mastership's alone, the number this operation's. */
    private UUID freshIdentity(UUID former, long number) {
        ByteBuffer text = ByteBuffer.allocate(4 * Long.BYTES);
        RegistryFormat.putUuid(text, former);
        text.putLong(root.generation()).putLong(number);
        ByteBuffer identity = ByteBuffer.wrap(seal.of(text.array(), 0, text.capacity()));
        return RegistryFormat.getUuid(identity);
    }

    // ---- what the locations hold
    // ------------------------------------------------------------------------------------------

    private void keepUp(Lane lane, OpenSegment segment) {
        if (lane.ticket != segment.owner().ticket()) {
            lane.ticket = segment.owner().ticket();
            lane.durable = 0;
            endScrub(lane, ""); // All of it is written anew.
        }
        if (lane.damagedHeader >= 0 && lane.identity != null) {
            int at = lane.damagedHeader * RegistryFormat.BLOCK;
            lane.damagedHeader = -1;
            long number = begin(lane, Lane.Purpose.HEADER_REPAIR, -1, 0, 0, 0);
            byte[] block = RegistryFormat.headerBlock(cluster, lane.identity, seal);
            effects.add(new Effect.WriteHeader(lane.location, number, at, block));
            return;
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
        if (lane.retired) {
            return;
        }
        boolean bare = lane.trouble.isEmpty() && lane.opened && !holdsBase(lane);
        LocationReport report =
                new LocationReport(lane.location, condition(lane), bare ? BASE_BEING_WRITTEN : lane.trouble);
        if (isHung(lane)) {
            report = new LocationReport(lane.location, Condition.HUNG, HUNG);
            endScrub(lane, HUNG);
        }
        if (!report.equals(lane.report)) {
            lane.report = report;
            effects.add(new Effect.LocationChanged(report));
        }
    }

    private Condition condition(Lane lane) {
        if (lane.headerLost) {
            return Condition.DAMAGED;
        }
        if (lane.foreign) {
            return Condition.FOREIGN;
        }
        if (!lane.opened) {
            return lane.trouble.isEmpty() ? Condition.OPENING : Condition.FAILED;
        }
        if (segment == null && !served) {
            return Condition.OPENING;
        }
        return lane.inStep && votes(lane) && holdsBase(lane) ? Condition.ONLINE : Condition.COPYING;
    }

    /** Once the root names a base, a location that has not all of it holds nothing that counts; before, it is the former one that counts. */
    private boolean holdsBase(Lane lane) {
        return segment == null
                || !segment.rooted()
                || (lane.ticket == segment.owner().ticket() && lane.durable >= segment.baseEnd());
    }

    /** While a base is being formed, whom it adds does not vote yet: that comes with the root. */
    private boolean votes(Lane lane) {
        boolean formed = segment != null && segment.rooted();
        return lane.isOneOf(voters) && (formed || lane.isOneOf(former));
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
            throw new IllegalStateException(lane.place + " is not being recovered");
        }
        return lane.chain;
    }

    private static String describe(RegistryRoot root) {
        return "segment " + Owner.segmentOf(root.segment()) + " of epoch " + root.ownerEpoch() + ", incarnation "
                + root.ownerIncarnation();
    }
}
