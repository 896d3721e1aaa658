package dev.holdfast.registry;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A view register, a heartbeat area, some locations, and masters that follow, depose, outlive and overtake one another, all from one seed.
 * The truth is kept beside it: what was submitted, what was acknowledged, what may never appear.
 */
final class RegistryWorld {
    static final UUID CLUSTER = new UUID(7, 7);

    /** So that one is full now and then. */
    private static final int SMALL_SEGMENT = 4 << 20;

    /** What happened in one history, or in many. */
    enum Count {
        HISTORIES,
        MASTERS,
        CRASHES,
        CHANGES,
        ACKNOWLEDGED,
        ROOTS,
        SETS_OF_LOCATIONS,
        RESTORES,
        FORMATTED_AGAIN,
        /** Of these: the root had changed while the location was away, before it lost its header. */
        FORMATTED_AGAIN_AFTER_A_MISSED_BASE,
        FORMATTED_BY_HAND,
        MISDEEDS
    }

    /** What goes wrong with a minority of the locations. */
    enum Fault {
        NONE,
        HANG,
        FAIL,
        FORGET,
        ROT,
        REPLACE,
        /** Both copies of the header are destroyed, and now and then more. */
        BEHEAD,
        /** It is away for a while, and both copies of its header are destroyed before it is back: it has missed bases. */
        BACK_WITHOUT_HEADER
    }

    /** One life of a master's crsd. It goes on after it was deposed, until it is told or killed. */
    static final class Life {
        final Registry registry;
        final NodeId node;
        final Incarnation incarnation;
        long epoch;
        boolean alive = true;
        /** Its cssd still answers it: false once another crsd of the same node has taken its place. */
        boolean heard = true;
        /** Proved harmless: nothing of it is under way any more. */
        boolean drained;

        boolean serving;
        boolean lost;

        /** The media behind the numbers that it gives to locations. */
        final List<String> places = new ArrayList<>();

        Life(Registry registry, NodeId node, Incarnation incarnation, long epoch) {
            this.registry = registry;
            this.node = node;
            this.incarnation = incarnation;
            this.epoch = epoch;
        }
    }

    private record Event(long atNanos, long tie, long order, Life life, Runnable deed, Runnable ifDead) {}

    /** All media there ever were; the place of one is its index. */
    final List<Medium> locations;

    /** The sets of locations there ever were; nodes may have missed any change. */
    private final List<List<String>> sets = new ArrayList<>();

    final Set<Integer> faulty = new TreeSet<>();
    final Fault fault;
    final List<Life> lives = new ArrayList<>();
    final SplittableRandom random;

    private final PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingLong(Event::atNanos)
            .thenComparingLong(Event::tie)
            .thenComparingLong(Event::order));
    private final boolean bounded;
    private boolean healed;
    private final boolean bulky;
    private long nanos;
    private long order;

    // The view register and the heartbeat area.
    private long epoch;
    private long announced;
    private RegistryRoot root = RegistryRoot.NONE;
    private final long[] incarnations = new long[4];

    // The truth.
    private long nextBatch = 1;
    private final Set<Long> submitted = new HashSet<>();
    private final Set<Long> never = new HashSet<>();
    final SortedMap<Long, Long> acknowledged = new TreeMap<>();
    private Set<Long> everServed = new HashSet<>();
    private long servedEpoch;
    final StringBuilder trace = new StringBuilder();
    final Map<Count, Long> counts = new EnumMap<>(Count.class);

    RegistryWorld(long seed) {
        random = new SplittableRandom(seed);
        int count = new int[] {1, 3, 3, 3, 5}[random.nextInt(5)];
        // The two faults of lost headers are drawn apart, so that seeds that once found something remain what they
        // were.
        List<Fault> ordinary = List.of(Fault.NONE, Fault.HANG, Fault.FAIL, Fault.FORGET, Fault.ROT, Fault.REPLACE);
        Fault drawn = count == 1 ? Fault.NONE : ordinary.get(random.nextInt(ordinary.size()));
        int apart = drawn == Fault.NONE ? 0 : new SplittableRandom(~seed).nextInt(5);
        fault = apart == 1 ? Fault.BEHEAD : apart == 4 ? Fault.BACK_WITHOUT_HEADER : drawn;
        /*
         * A location that forgets or rots is not told from one that never got the record. Those that remember must be heard within
         * the grace of a recovery, so their delays are bounded then. Everything else is safe without any bound.
         */
        bounded = fault == Fault.FORGET || fault == Fault.ROT;
        bulky = random.nextInt(12) == 0;
        locations = IntStream.range(0, count)
                .mapToObj(number -> new Medium(CLUSTER, newIdentity()))
                .collect(Collectors.toCollection(ArrayList::new));
        sets.add(IntStream.range(0, count).mapToObj(Integer::toString).toList());
        while (fault != Fault.NONE && faulty.size() < 1 + random.nextInt(count / 2)) {
            faulty.add(random.nextInt(count));
        }
    }

    private UUID newIdentity() {
        return new UUID(random.nextLong(), random.nextLong());
    }

    // ---- the run ----------------------------------------------------------------------------------------------------

    /** Lets masters come and go and things go wrong; then heals, and expects that a last master serves everything. */
    void run() {
        count(Count.HISTORIES);
        newMaster();
        int rounds = 4 + random.nextInt(8);
        for (int round = 0; round < rounds; round++) {
            int deeds = 1 + random.nextInt(25);
            for (int deed = 0; deed < deeds; deed++) {
                somethingHappens();
                pass(random.nextInt(40) * 1_000_000L);
            }
            if (random.nextInt(3) > 0) {
                Life newest = newest();
                until(3_000, () -> newest.serving || newest.lost || !newest.alive);
            }
        }
        heal();
    }

    private void somethingHappens() {
        switch (random.nextInt(24)) {
            case 0 -> newMaster();
            case 1 -> viewChangesUnderMaster();
            case 2 -> crash(anyLife());
            case 3 -> crsdRestarts();
            case 4 -> tellDeposed();
            case 5 -> drainSomebody();
            case 6, 7 -> misbehave();
            case 8 -> say(anyLife(), random.nextBoolean() ? new Input.Scrub() : new Input.Look());
            case 9 -> changeLocations(random.nextInt(4) == 0 ? anyLife() : newest());
            case 10 -> replaceContent(random.nextInt(4) == 0 ? anyLife() : newest());
            default -> {
                Life life = random.nextInt(4) == 0 ? anyLife() : newest();
                int burst = random.nextInt(8) == 0 ? 5 : 1;
                for (int i = 0; i < burst; i++) {
                    submit(life);
                }
            }
        }
    }

    private void heal() {
        for (int number : faulty) {
            Medium location = locations.get(number);
            location.hung = false;
            location.failing = false;
            location.forgetful = false;
        }
        healed = true;
        Life last = newMaster();
        until(60_000, () -> last.serving || last.lost);
        check(last.serving, "after everything was healed, the registry does not open: " + last.registry.locations());
        long batch = submit(last);
        until(20_000, () -> acknowledged.containsKey(batch));
        check(acknowledged.containsKey(batch), "after everything was healed, a change is not acknowledged");
        if (fault == Fault.BEHEAD || fault == Fault.BACK_WITHOUT_HEADER) {
            until(120_000, () -> isRecognisedOrNot(last));
            formatWhatIsNotRecognised(last);
        }
        until(
                60_000,
                () -> last.registry.locations().stream()
                        .allMatch(report -> report.condition() == LocationReport.Condition.ONLINE));
        for (LocationReport report : last.registry.locations()) {
            check(
                    report.condition() == LocationReport.Condition.ONLINE,
                    "a healthy location is not repaired: " + report);
        }
        Life reader = newMaster();
        until(60_000, () -> reader.serving);
        check(reader.serving, "the repaired registry does not open");
    }

    private static boolean isRecognisedOrNot(Life life) {
        return life.registry.locations().stream()
                .allMatch(report -> report.condition() == LocationReport.Condition.ONLINE
                        || report.condition() == LocationReport.Condition.FOREIGN);
    }

    /** Where nothing tells that a location is ours any more, a person is told what to do, and does it. */
    private void formatWhatIsNotRecognised(Life life) {
        for (LocationFacts facts : life.registry.facts()) {
            if (facts.report().condition() == LocationReport.Condition.FOREIGN) {
                check(facts.report().detail().contains("ocrconfig -replace"), "no way out is told: " + facts.report());
                Medium medium = locations.get(Integer.parseInt(facts.place()));
                check(
                        fault != Fault.BACK_WITHOUT_HEADER
                                || !medium.counted
                                || counts.containsKey(Count.SETS_OF_LOCATIONS),
                        "only its header was lost, and it is not recognised: " + facts.report());
                medium.format(CLUSTER, newIdentity());
                count(Count.FORMATTED_BY_HAND);
            }
        }
    }

    // ---- what happens -----------------------------------------------------------------------------------------------

    private Life newest() {
        return lives.getLast();
    }

    private Life anyLife() {
        return lives.get(random.nextInt(lives.size()));
    }

    /** A new view with another master is committed. The old one is not asked. */
    Life newMaster() {
        NodeId node = new NodeId(1 + random.nextInt(3));
        for (Life former : lives) {
            if (former.node.equals(node) && !former.drained) {
                // The same machine again: its former life ended with a reboot, and with it all that was under way.
                crash(former);
                drain(former);
            }
        }
        incarnations[node.number()]++;
        epoch++;
        return begin(node, new Incarnation(incarnations[node.number()]));
    }

    private Life begin(NodeId node, Incarnation incarnation) {
        List<String> known = healed ? sets.getLast() : sets.get(missed());
        var life = new Life(
                new Registry(CLUSTER, Medium.SEAL, known, 1 + lives.size() * 1_000_000L, SMALL_SEGMENT),
                node,
                incarnation,
                epoch);
        life.places.addAll(known);
        lives.add(life);
        count(Count.MASTERS);
        note("epoch " + epoch + " " + node + incarnation + " from " + root);
        say(life, new Input.Opened(masteryOf(life)));
        return life;
    }

    /** Most nodes know the latest set of locations. */
    private int missed() {
        return random.nextInt(3) > 0 ? sets.size() - 1 : random.nextInt(sets.size());
    }

    /** One more location, one less, or another one; those that misbehave stay a minority. */
    private void changeLocations(Life life) {
        List<String> present =
                life.registry.facts().stream().map(LocationFacts::place).toList();
        var wanted = new ArrayList<>(present);
        int deed = random.nextInt(3);
        if (deed != 0 && !wanted.isEmpty()) {
            wanted.remove(random.nextInt(wanted.size()));
        }
        if (deed != 1) {
            locations.add(new Medium(CLUSTER, newIdentity()));
            wanted.add(Integer.toString(locations.size() - 1));
        }
        long misbehaving = wanted.stream()
                .filter(place -> faulty.contains(Integer.parseInt(place)))
                .count();
        if (misbehaving * 2 < wanted.size() && (wanted.size() > 1 || !faulty.isEmpty() || random.nextInt(4) == 0)) {
            note("locations " + wanted + " wanted of epoch " + life.epoch);
            say(life, new Input.SetLocations(-nextBatch++, wanted));
        }
    }

    /** A restore: all that this master knows, and one batch more, as a new whole. */
    private void replaceContent(Life life) {
        if (life.alive && life.serving) {
            long id = nextBatch++;
            var entries = new TreeMap<>(life.registry.content().entries());
            entries.put("b" + id + ".x", "1");
            entries.put("b" + id + ".y", "1");
            submitted.add(id);
            say(life, new Input.Replace(id, entries));
        }
    }

    private Medium at(Life life, int location) {
        return locations.get(Integer.parseInt(life.places.get(location)));
    }

    private Mastership masteryOf(Life life) {
        List<View.Unsettled> unsettled = lives.stream()
                .filter(other -> other.epoch < epoch && other != life && !other.drained)
                .filter(other -> !other.node.equals(life.node))
                .map(other -> new View.Unsettled(other.node, other.incarnation, new Epoch(other.epoch + 1), false))
                .distinct()
                .toList();
        return new Mastership(new Epoch(epoch), life.node, life.incarnation, root, unsettled);
    }

    /** Somebody joined or left; the master stays. Its epoch becomes known to it, and is announced, only later. */
    private void viewChangesUnderMaster() {
        Life master = newest();
        if (master.alive && master.epoch == epoch) {
            epoch++;
            note("epoch " + epoch + ", same master");
            long now = epoch;
            later(master, () -> {
                if (epoch == now) {
                    master.epoch = now;
                    say(master, new Input.Opened(masteryOf(master)));
                }
            });
        }
    }

    private void crash(Life life) {
        if (life.alive) {
            count(Count.CRASHES);
            note("crash of " + life.node + life.incarnation + " epoch " + life.epoch);
        }
        life.alive = false;
        life.serving = false;
    }

    /** The master's crsd dies and a new one takes its place in the same epoch. What it had under way may still happen. */
    private void crsdRestarts() {
        Life former = newest();
        if (former.epoch == epoch) {
            former.heard = false;
            if (random.nextBoolean()) {
                crash(former);
            }
            begin(former.node, former.incarnation);
        }
    }

    private void tellDeposed() {
        Life life = anyLife();
        if (life.epoch < epoch && life != newest()) {
            say(life, new Input.Closed("not the master any more"));
        }
    }

    private void drainSomebody() {
        Life life = anyLife();
        if (life != newest()) {
            crash(life);
            drain(life);
        }
    }

    /** Fenced, verified: what was under way is gone. */
    private void drain(Life life) {
        life.drained = true;
        events.removeIf(event -> event.life() == life);
    }

    private void misbehave() {
        if (faulty.isEmpty()) {
            return;
        }
        int number =
                faulty.stream().skip(random.nextInt(faulty.size())).findFirst().orElseThrow();
        Medium location = locations.get(number);
        count(Count.MISDEEDS);
        note(fault + " at location " + number);
        switch (fault) {
            case NONE -> {}
            case HANG -> location.hung = !location.hung;
            case FAIL -> location.failing = !location.failing;
            case FORGET -> location.forgetful = !location.forgetful;
            case ROT -> location.rot(random);
            case REPLACE -> location.format(CLUSTER, newIdentity());
            case BEHEAD -> {
                location.behead(random);
                if (random.nextBoolean()) { // As crsd does every few seconds.
                    say(newest(), new Input.Look());
                    pass(random.nextInt(3_000) * 1_000_000L);
                }
            }
            case BACK_WITHOUT_HEADER -> {
                if (location.failing) {
                    location.write(0, new byte[RegistryFormat.HEADER_AREA]);
                    location.baseMissed = location.rootWhenItWent != root.segment();
                } else {
                    location.counted |= holdsBaseThatNamesIt(newest(), number);
                }
                location.failing = !location.failing;
                location.rootWhenItWent = root.segment();
            }
        }
    }

    private static boolean holdsBaseThatNamesIt(Life life, int number) {
        return life.registry.facts().stream()
                .anyMatch(facts -> facts.place().equals(Integer.toString(number))
                        && facts.votes()
                        && facts.heldBytes() > 0
                        && facts.heldBytes() == life.registry.segmentBytes());
    }

    /** Two keys at once, so that half a batch would show; and sometimes a lump, so that segments become full. */
    long submit(Life life) {
        long id = nextBatch++;
        var puts = new TreeMap<String, String>();
        puts.put("b" + id + ".x", "1");
        puts.put("b" + id + ".y", "1");
        if (bulky && random.nextInt(3) > 0) {
            puts.put("lump", "z".repeat(random.nextInt(Batch.MAX_VALUE_BYTES)));
        }
        submitted.add(id);
        count(Count.CHANGES);
        if (life.alive) {
            say(life, new Input.Submit(id, new Batch(puts, new TreeSet<>())));
        } else {
            never.add(id);
        }
        return id;
    }

    // ---- effects ----------------------------------------------------------------------------------------------------

    private void say(Life life, Input input) {
        if (life.alive) {
            for (Effect effect : life.registry.step(new Moment(nanos), input)) {
                perform(life, effect);
            }
        }
    }

    private void perform(Life life, Effect effect) {
        switch (effect) {
            case Effect.ReadHeader read ->
                io(
                        life,
                        read.location(),
                        read.operation(),
                        medium -> new Input.HeaderRead(
                                read.location(), read.operation(), medium.read(0, RegistryFormat.HEADER_AREA)));
            case Effect.ReadBlocks read ->
                io(
                        life,
                        read.location(),
                        read.operation(),
                        medium -> new Input.BlocksRead(
                                read.location(),
                                read.operation(),
                                medium.read(RegistryFormat.position(read.segment(), read.offset()), read.length())));
            case Effect.WriteBlocks write -> disk(life, write.location(), () -> write(life, write));
            case Effect.WriteHeader write ->
                io(life, write.location(), write.operation(), medium -> {
                    medium.write(write.offset(), write.block());
                    return new Input.BlocksWritten(write.location(), write.operation());
                });
            case Effect.ReadStart read ->
                io(
                        life,
                        read.location(),
                        read.operation(),
                        medium -> new Input.StartRead(read.location(), read.operation(), medium.start()));
            case Effect.FormatAgain format -> disk(life, format.location(), () -> formatAgain(life, format));
            case Effect.UseLocation use -> {
                check(use.location() == life.places.size(), "location " + use.location() + " out of order");
                life.places.add(use.place());
            }
            case Effect.DropLocation _ -> {}
            case Effect.LocationsSet set -> {
                note("locations " + set.places() + " by epoch " + life.epoch);
                if (life.epoch == epoch) {
                    count(Count.SETS_OF_LOCATIONS);
                    sets.add(set.places());
                }
            }
            case Effect.Scrubbed scrubbed -> note(life.epoch + ": " + scrubbed);
            case Effect.Replaced replaced -> {
                count(Count.RESTORES);
                checkServed(life, replaced.content());
            }
            case Effect.CasRoot cas -> later(life, () -> setRoot(life, cas));
            case Effect.Confirm confirm -> later(life, () -> poll(life, confirm));
            case Effect.Serving serving -> {
                life.serving = true;
                checkServed(life, serving.content());
            }
            case Effect.Acknowledged ack -> {
                if (ack.id() > 0) {
                    checkAcknowledged(life, ack.id(), ack.version());
                }
            }
            case Effect.Refused refused -> {
                never.add(refused.id());
                if (refused.id() < 0) {
                    note("locations refused: " + refused.reason());
                }
            }
            case Effect.Lost lost -> {
                life.lost = true;
                life.serving = false;
                never.addAll(lost.unwritten());
                note("lost by " + life.node + life.incarnation + ": " + lost.reason());
            }
            case Effect.Waiting waiting -> note("waiting: " + waiting.reason());
            case Effect.LocationChanged changed -> note(life.epoch + ": " + changed.report());
        }
    }

    private void write(Life life, Effect.WriteBlocks write) {
        Medium location = at(life, write.location());
        long position = RegistryFormat.position(write.segment(), write.offset());
        if (!life.alive) {
            // Its process is dead, but the write was on its way: it happens, or a part of it, or not.
            location.writePart(position, write.blocks(), torn(write.blocks().length));
            return;
        }
        if (location.failing) {
            location.writePart(position, write.blocks(), torn(write.blocks().length));
        } else if (!location.forgetful) {
            location.write(position, write.blocks());
        }
        answer(life, write.location(), write.operation(), new Input.BlocksWritten(write.location(), write.operation()));
    }

    private void formatAgain(Life life, Effect.FormatAgain format) {
        Medium location = at(life, format.location());
        if (!Arrays.equals(location.read(0, RegistryFormat.HEADER_AREA), format.found())) {
            Input another = new Input.LocationFailed(format.location(), format.operation(), "another header");
            at(nanos + delay(), life, () -> say(life, another), () -> {});
            return;
        }
        if (!life.alive || location.failing) {
            location.writePart(0, format.header(), torn(format.header().length));
            // One whole copy is enough: it is formatted, though he who did it does not hear of it.
            boolean formatted = RegistryFormat.readHeader(location.read(0, RegistryFormat.HEADER_AREA), Medium.SEAL)
                    .header()
                    .isPresent();
            location.counted &= !formatted;
        } else {
            location.write(0, format.header());
            count(Count.FORMATTED_AGAIN);
            if (location.baseMissed) {
                count(Count.FORMATTED_AGAIN_AFTER_A_MISSED_BASE);
            }
            location.baseMissed = false;
            location.counted = false;
        }
        answer(
                life,
                format.location(),
                format.operation(),
                new Input.BlocksWritten(format.location(), format.operation()));
    }

    private int torn(int length) {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> length;
            case 2 -> random.nextInt(length / RegistryFormat.BLOCK + 1) * RegistryFormat.BLOCK;
            default -> random.nextInt(length + 1);
        };
    }

    /** Does {@code deed} at the location some time later, and answers what it gave. */
    private void io(Life life, int location, long operation, Function<Medium, Input> deed) {
        disk(life, location, () -> answer(life, location, operation, deed.apply(at(life, location))));
    }

    private void answer(Life life, int location, long operation, Input good) {
        Input answer =
                at(life, location).failing ? new Input.LocationFailed(location, operation, "Input/output error") : good;
        at(nanos + delay(), life, () -> say(life, answer), () -> {});
    }

    /** Does {@code deed} at the location some time later, dead or alive; while it hangs, not at all. */
    private void disk(Life life, int location, Runnable deed) {
        Runnable tried = () -> {
            if (at(life, location).hung) {
                disk(life, location, deed);
            } else {
                deed.run();
            }
        };
        at(nanos + delay(), life, tried, tried);
    }

    private void later(Life life, Runnable deed) {
        at(nanos + delay(), life, deed, () -> {
            if (random.nextBoolean()) {
                deed.run();
            }
        });
    }

    private void setRoot(Life life, Effect.CasRoot cas) {
        boolean accepted =
                cas.epoch().number() == epoch && life.heard && cas.root().generation() == root.generation() + 1;
        if (accepted) {
            root = cas.root();
            count(Count.ROOTS);
            note("root " + root + " by " + life.node + life.incarnation);
        }
        if (life.heard) {
            later(life, () -> {
                if (life.heard) {
                    say(life, new Input.RootAnswered(cas.request(), accepted));
                }
            });
            if (accepted && random.nextInt(3) == 0) {
                later(life, () -> {
                    if (life.epoch == epoch) {
                        say(life, new Input.Opened(masteryOf(life)));
                    }
                });
            }
        }
    }

    /** Write own block, then read the others': the epoch is announced, and then compared with what others announced. */
    private void poll(Life life, Effect.Confirm confirm) {
        announced = Math.max(announced, confirm.epoch().number());
        later(life, () -> {
            boolean newest = announced == confirm.epoch().number();
            later(life, () -> {
                if (life.heard) {
                    say(life, new Input.Confirmed(confirm.request(), newest));
                }
            });
        });
    }

    // ---- time -------------------------------------------------------------------------------------------------------

    private long delay() {
        boolean slow = !bounded && random.nextInt(10) == 0;
        return (slow ? random.nextInt(4_000) : 1 + random.nextInt(12)) * 1_000_000L;
    }

    private void at(long when, Life life, Runnable deed, Runnable ifDead) {
        events.add(new Event(when, random.nextLong(), order++, life, deed, ifDead));
    }

    private void pass(long span) {
        long end = nanos + span;
        while (!events.isEmpty() && events.peek().atNanos() <= end) {
            Event event = events.remove();
            nanos = Math.max(nanos, event.atNanos());
            if (event.life().alive) {
                event.deed().run();
            } else {
                event.ifDead().run();
            }
        }
        nanos = end;
        for (Life life : lives) {
            say(life, new Input.Tick());
        }
    }

    void until(long mostMillis, BooleanSupplier reached) {
        for (long passed = 0; passed < mostMillis && !reached.getAsBoolean(); passed += 50) {
            pass(50_000_000);
        }
    }

    // ---- the truth --------------------------------------------------------------------------------------------------

    private void checkServed(Life life, RegistryContent content) {
        Set<Long> holds = batchesIn(content);
        if (life.epoch < servedEpoch) {
            return; // It hears late that it was rooted, when it is deposed already. It may look, but not acknowledge.
        }
        note("epoch " + life.epoch + " serves version " + content.version());
        for (long id : acknowledged.keySet()) {
            check(holds.contains(id), "batch " + id + " was acknowledged and is gone in epoch " + life.epoch);
        }
        for (long id : holds) {
            check(submitted.contains(id), "batch " + id + " was never submitted");
            check(!never.contains(id), "batch " + id + " was said never to appear, and is in epoch " + life.epoch);
        }
        for (long id : everServed) {
            check(holds.contains(id), "batch " + id + " was served once and is gone in epoch " + life.epoch);
        }
        check(content.version() == holds.size(), "version " + content.version() + " with " + holds.size() + " batches");
        everServed = new HashSet<>(holds);
        servedEpoch = Math.max(servedEpoch, life.epoch);
    }

    private void checkAcknowledged(Life life, long id, long version) {
        check(submitted.contains(id) && !never.contains(id), "batch " + id + " acknowledged though it was refused");
        count(Count.ACKNOWLEDGED);
        check(acknowledged.put(id, version) == null, "batch " + id + " acknowledged twice");
        check(
                life.epoch >= servedEpoch || everServed.contains(id),
                "batch " + id + " acknowledged by the master of epoch " + life.epoch + " after epoch " + servedEpoch
                        + " serves without it");
    }

    private static Set<Long> batchesIn(RegistryContent content) {
        Set<Long> result = new HashSet<>();
        for (String key : content.entries().keySet()) {
            if (key.startsWith("b") && key.endsWith(".x")) {
                result.add(Long.parseLong(key.substring(1, key.length() - 2)));
            }
        }
        for (long id : result) {
            check(content.entries().containsKey("b" + id + ".y"), "half of batch " + id);
        }
        return result;
    }

    private void count(Count what) {
        counts.merge(what, 1L, Long::sum);
    }

    private void note(String what) {
        trace.append(nanos / 1_000_000).append(" ms: ").append(what).append('\n');
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
