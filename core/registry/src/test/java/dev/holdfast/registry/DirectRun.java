package dev.holdfast.registry;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Shared locations and a view register, on which one master after the other does everything at once, in order. */
final class DirectRun {
    static final UUID CLUSTER = new UUID(1, 2);

    /** What becomes of the step at which the master dies. */
    enum LastStep {
        NOT_DONE,
        HALF_DONE,
        DONE_UNHEARD
    }

    /** So that tests fill one. */
    static final int SMALL_SEGMENT = 4 << 20;

    int fullAt = SMALL_SEGMENT;

    final List<FalseLocation> locations = new ArrayList<>();
    /** What the nodes know of them. */
    final List<String> places = new ArrayList<>();

    /** By number of the location in this master's life. */
    private final List<String> used = new ArrayList<>();

    final List<Effect.Scrubbed> scrubs = new ArrayList<>();
    RegistryRoot root = RegistryRoot.NONE;
    long epoch;
    List<View.Unsettled> unsettled = List.of();
    Moment now = new Moment(1_000_000_000L);

    // The present master.
    @Nullable
    Registry registry;

    @Nullable
    RegistryContent served;

    final Map<Long, Long> acknowledged = new HashMap<>();
    final Map<Long, String> refused = new HashMap<>();
    final List<Effect.WriteBlocks> writes = new ArrayList<>();
    final List<Effect.FormatAgain> formats = new ArrayList<>();
    final List<LocationReport> reports = new ArrayList<>();
    final List<String> waits = new ArrayList<>();
    Effect.@Nullable Lost lost;
    boolean confirms = true;

    /** Steps done by this master: reads, writes, questions to the register. */
    int steps;

    private int dieAt = Integer.MAX_VALUE;
    private LastStep lastStep = LastStep.NOT_DONE;
    private final Set<Integer> away = new HashSet<>();
    private final Deque<Effect> held = new ArrayDeque<>();
    private final Deque<Effect> toDo = new ArrayDeque<>();
    private boolean performing;

    DirectRun(int count) {
        for (int number = 0; number < count; number++) {
            addLocation();
        }
    }

    /** One more medium; its place is its number. */
    String addLocation() {
        locations.add(new FalseLocation(CLUSTER, new UUID(9, locations.size() + 1)));
        String place = Integer.toString(locations.size() - 1);
        places.add(place);
        return place;
    }

    private FalseLocation at(int location) {
        return locations.get(mediumOf(location));
    }

    private int mediumOf(int location) {
        return location < 0 ? -1 : Integer.parseInt(used.get(location));
    }

    /** These do not answer until {@link #back}. */
    DirectRun away(int... numbers) {
        for (int number : numbers) {
            away.add(number);
        }
        return this;
    }

    void back() {
        away.clear();
        List<Effect> late = List.copyOf(held);
        held.clear();
        toDo.addAll(late);
        performAll();
    }

    /** The master of the next epoch, on node {@code 1 + epoch % 3}. */
    DirectRun newMaster() {
        return newMaster(Integer.MAX_VALUE, LastStep.NOT_DONE);
    }

    /** A master that dies at its step {@code dieAt}, 0-based. */
    DirectRun newMaster(int dieAt, LastStep lastStep) {
        epoch++;
        this.dieAt = dieAt;
        this.lastStep = lastStep;
        steps = 0;
        served = null;
        lost = null;
        held.clear();
        writes.clear();
        formats.clear();
        used.clear();
        used.addAll(places);
        registry = new Registry(CLUSTER, FalseLocation.SEAL, places, epoch * 1000, fullAt);
        say(new Input.Opened(mastership()));
        return this;
    }

    Mastership mastership() {
        return new Mastership(
                new Epoch(epoch), new NodeId(1 + (int) (epoch % 3)), new Incarnation(epoch), root, unsettled);
    }

    DirectRun submit(long id, Batch batch) {
        say(new Input.Submit(id, batch));
        return this;
    }

    DirectRun pass(Duration span) {
        now = now.plus(span);
        say(new Input.Tick());
        return this;
    }

    RegistryContent served() {
        return Objects.requireNonNull(served, "this master does not serve");
    }

    List<LocationReport> locationReports() {
        return Objects.requireNonNull(registry, "this master is dead").locations();
    }

    void say(Input input) {
        if (registry != null) {
            toDo.addAll(registry.step(now, input));
            performAll();
        }
    }

    /** In the order in which it was asked for, also where an answer is at hand at once. */
    private void performAll() {
        if (!performing) {
            performing = true;
            for (Effect effect = toDo.poll(); effect != null; effect = toDo.poll()) {
                perform(effect);
            }
            performing = false;
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Effect.ReadHeader read -> {
                if (mayDo(read.location(), read, null)) {
                    byte[] block = at(read.location()).read(0, RegistryFormat.HEADER_AREA);
                    say(new Input.HeaderRead(read.location(), read.operation(), block));
                }
            }
            case Effect.ReadBlocks read -> {
                if (mayDo(read.location(), read, null)) {
                    long position = RegistryFormat.position(read.segment(), read.offset());
                    byte[] blocks = at(read.location()).read(position, read.length());
                    say(new Input.BlocksRead(read.location(), read.operation(), blocks));
                }
            }
            case Effect.WriteBlocks write -> {
                FalseLocation location = at(write.location());
                long position = RegistryFormat.position(write.segment(), write.offset());
                Runnable half = () -> location.writePart(position, write.blocks(), write.blocks().length / 2);
                Runnable whole = () -> location.write(position, write.blocks());
                if (mayDo(write.location(), write, lastStep == LastStep.HALF_DONE ? half : whole)) {
                    writes.add(write);
                    whole.run();
                    say(new Input.BlocksWritten(write.location(), write.operation()));
                }
            }
            case Effect.WriteHeader write -> {
                if (mayDo(write.location(), write, null)) {
                    at(write.location()).write(write.offset(), write.block());
                    say(new Input.BlocksWritten(write.location(), write.operation()));
                }
            }
            case Effect.ReadStart read -> {
                if (mayDo(read.location(), read, null)) {
                    say(new Input.StartRead(read.location(), read.operation(), at(read.location()).start));
                }
            }
            case Effect.FormatAgain format -> {
                if (mayDo(format.location(), format, null)) {
                    FalseLocation location = at(format.location());
                    if (Arrays.equals(location.read(0, RegistryFormat.HEADER_AREA), format.found())) {
                        formats.add(format);
                        location.write(0, format.header());
                        say(new Input.BlocksWritten(format.location(), format.operation()));
                    } else {
                        say(new Input.LocationFailed(format.location(), format.operation(), "it is another one"));
                    }
                }
            }
            case Effect.UseLocation use -> used.add(use.place());
            case Effect.DropLocation _ -> {}
            case Effect.LocationsSet set -> {
                places.clear();
                places.addAll(set.places());
            }
            case Effect.Scrubbed scrubbed -> scrubs.add(scrubbed);
            case Effect.Replaced replaced -> served = replaced.content();
            case Effect.CasRoot cas -> {
                Runnable set = () -> root = cas.root();
                if (mayDo(-1, cas, set)) {
                    boolean accepted =
                            cas.epoch().number() == epoch && cas.root().generation() == root.generation() + 1;
                    if (accepted) {
                        set.run();
                    }
                    say(new Input.RootAnswered(cas.request(), accepted));
                }
            }
            case Effect.Confirm confirm -> {
                if (mayDo(-1, confirm, null)) {
                    say(new Input.Confirmed(confirm.request(), confirms));
                }
            }
            case Effect.Serving serving -> served = serving.content();
            case Effect.Acknowledged done -> acknowledged.put(done.id(), done.version());
            case Effect.Refused no -> refused.put(no.id(), no.reason());
            case Effect.Lost gone -> lost = gone;
            case Effect.Waiting waiting -> waits.add(waiting.reason());
            case Effect.LocationChanged changed -> reports.add(changed.report());
        }
    }

    private boolean mayDo(int location, Effect effect, @Nullable Runnable deed) {
        if (away.contains(mediumOf(location))) {
            held.add(effect);
            return false;
        }
        if (registry == null) {
            return false;
        }
        if (steps++ < dieAt) {
            return true;
        }
        registry = null;
        if (deed != null && lastStep != LastStep.NOT_DONE) {
            deed.run();
        }
        return false;
    }
}
