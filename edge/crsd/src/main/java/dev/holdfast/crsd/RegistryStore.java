package dev.holdfast.crsd;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.linux.DiskMark;
import dev.holdfast.linux.DiskThread;
import dev.holdfast.linux.DiskThread.Outcome;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Moment;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.Effect;
import dev.holdfast.registry.Input;
import dev.holdfast.registry.LocationFacts;
import dev.holdfast.registry.LocationReport;
import dev.holdfast.registry.Mastership;
import dev.holdfast.registry.OtherUse;
import dev.holdfast.registry.Registry;
import dev.holdfast.registry.RegistryContent;
import dev.holdfast.registry.RegistryFormat;
import dev.holdfast.registry.RegistrySeal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registry on real files and devices. Runs on crsd's loop: every method is called there and every call of the
 * {@link Listener} happens there. Nothing blocks: each location has a thread of its own for its I/O, and a thread that hangs in the kernel
 * is waited for by nobody.
 *
 * <p>A hung thread is not abandoned either: what it was told to write is still meant, and until it has returned nothing else may be
 * written to that location.
 */
final class RegistryStore implements AutoCloseable {
    /** What crsd does with what the registry says. */
    interface Listener {
        /** Send to cssd; answer with {@link #rootAnswered}. */
        void casRoot(long request, Epoch epoch, RegistryRoot root);

        /** Send to cssd; answer with {@link #confirmed}. */
        void confirm(long request, Epoch epoch);

        /** Recovered: this is what the registry holds, and changes are taken from now on. */
        void serving(RegistryContent content);

        /** The change survives the loss of any minority of locations and of any node. In the order of {@link #submit}. */
        void acknowledged(long id, long version);

        /** The change was not made and will never appear. */
        void refused(long id, String reason);

        /**
         * This mastership is over for the registry; the next call of {@link #master} opens it anew.
         *
         * @param unresolved changes that may or may not survive
         * @param unwritten changes that will never appear
         */
        void lost(String reason, List<Long> unresolved, List<Long> unwritten);

        /** Nothing goes on at present; it will by itself. */
        void waiting(String reason);

        void locationChanged(String place, LocationReport report);

        /** The content was replaced as a whole; what was served before does not count any more. */
        void replaced(RegistryContent content);

        /** The registry locations are these from now on, whatever was configured. */
        void locationsSet(List<String> places);

        /** A location was compared with what it should hold; {@code finding} is empty if it holds just that. */
        void scrubbed(String place, String finding);
    }

    private final UUID cluster;
    private final long areaStart;
    private final Consumer<Runnable> inbox;
    private final Listener listener;
    private final RegistrySeal seal;
    /** By place; of those that are used at present. A new life of the registry goes on with them: a write may be under way. */
    private final Map<String, Disk> disks = new LinkedHashMap<>();
    /** The places behind the numbers that the registry gives to locations. */
    private final List<String> numbered = new ArrayList<>();

    private List<String> places;
    private final Deque<Effect> toDo = new ArrayDeque<>();
    private boolean performing;
    private boolean serving;
    private @Nullable Registry registry;
    // Never reused, so that an answer to an earlier life of the registry is told from one to this.
    private long nextOperation = 1;

    /** One location: its thread, and the right to write to it. */
    private record Disk(DiskThread thread, Claim claim) {}

    /**
     * @param locations formatted files or devices, as this node knows them
     * @param areaStart where the registry begins on each, in bytes
     * @param inbox puts a task into the loop; called from the threads of the locations
     */
    RegistryStore(
            UUID cluster,
            RegistrySeal seal,
            List<String> locations,
            long areaStart,
            Consumer<Runnable> inbox,
            Listener listener) {
        this.cluster = cluster;
        this.seal = seal;
        this.areaStart = areaStart;
        this.inbox = inbox;
        this.listener = listener;
        places = List.copyOf(locations);
        places.forEach(this::disk);
    }

    private Disk disk(String place) {
        return disks.computeIfAbsent(
                place,
                path -> new Disk(
                        DiskThread.start("registry " + path, Path.of(path), 1, () -> {}, () -> {}), new Claim()));
    }

    /** What this node knows of where the registry is; taken up when it becomes master the next time. */
    void knowLocations(List<String> known) {
        if (registry == null) {
            use(known);
        }
    }

    private void use(List<String> known) {
        places = List.copyOf(known);
        disks.entrySet().removeIf(entry -> {
            if (places.contains(entry.getKey())) {
                return false;
            }
            entry.getValue().thread().close();
            return true;
        });
    }

    /** The locations as this node knows them. */
    List<String> places() {
        return places;
    }

    /** This node is the master of a view, and has heard it from cssd. To be called at every such message. */
    void master(Moment now, Mastership mastership) {
        if (registry == null) {
            numbered.clear();
            numbered.addAll(places);
            registry = new Registry(cluster, seal, places, nextOperation);
        }
        step(now, new Input.Opened(mastership));
    }

    /** This node is not the master, or is about to stop. Does nothing if the registry is not open. */
    void notMaster(Moment now, String why) {
        step(now, new Input.Closed(why));
    }

    /**
     * @param id the caller's, never used before in this process
     */
    void submit(Moment now, long id, Batch batch) {
        if (registry == null) {
            listener.refused(id, "this node does not serve the registry");
        } else {
            step(now, new Input.Submit(id, batch));
        }
    }

    /**
     * Opens the locations and reads a block of each, long before this node may become master: what a device does at its first use
     * is done then. Whether that succeeds is of no matter.
     */
    void lookAhead() {
        disks.values().forEach(disk -> disk.thread().submit(this::readHeader, _ -> {}));
    }

    /** Makes {@code entries} the whole content. Answered as {@link #submit} is, then by {@link Listener#replaced}. */
    void replace(Moment now, long id, SortedMap<String, String> entries) {
        if (registry == null) {
            listener.refused(id, "this node does not serve the registry");
        } else {
            step(now, new Input.Replace(id, entries));
        }
    }

    /** Makes {@code wanted} the locations; new ones must be formatted. Answered as {@link #submit} is. */
    void setLocations(Moment now, long id, List<String> wanted) {
        if (registry == null) {
            listener.refused(id, "this node does not serve the registry");
        } else {
            step(now, new Input.SetLocations(id, wanted));
        }
    }

    void rootAnswered(Moment now, long request, boolean accepted) {
        step(now, new Input.RootAnswered(request, accepted));
    }

    void confirmed(Moment now, long request, boolean confirmed) {
        step(now, new Input.Confirmed(request, confirmed));
    }

    void tick(Moment now) {
        step(now, new Input.Tick());
    }

    /** Sees whether all locations are there. */
    void look(Moment now) {
        step(now, new Input.Look());
    }

    /** Reads all locations again and repairs what differs. */
    void scrub(Moment now) {
        step(now, new Input.Scrub());
    }

    boolean serving() {
        return serving;
    }

    /** How each location is; empty while this node is not the master, because only the master uses them. */
    List<LocationReport> locations() {
        return registry == null ? List.of() : registry.locations();
    }

    /** What is known of each location; empty while this node is not the master. */
    List<LocationFacts> facts() {
        return registry == null ? List.of() : registry.facts();
    }

    /** What was acknowledged. Only while {@link #serving}. */
    Optional<RegistryContent> content() {
        return registry == null || !serving ? Optional.empty() : Optional.of(registry.content());
    }

    /** Of the content; 0 while this node is not the master. */
    long version() {
        return registry == null ? 0 : registry.version();
    }

    /** Bytes of the content, and of the segment that it is kept in; 0 while this node is not the master. */
    long contentBytes() {
        return registry == null ? 0 : registry.contentBytes();
    }

    long segmentBytes() {
        return registry == null ? 0 : registry.segmentBytes();
    }

    /** Ends the threads as far as they can be ended; waits for nothing. */
    @Override
    public void close() {
        disks.values().forEach(disk -> disk.thread().close());
    }

    private void step(Moment now, Input input) {
        if (registry != null) {
            toDo.addAll(registry.step(now, input));
            nextOperation = registry.nextOperation();
            performAll();
        }
    }

    /** A listener may submit from within a call: what follows from that is done after what is being done. */
    private void performAll() {
        if (performing) {
            return;
        }
        performing = true;
        try {
            for (Effect effect = toDo.poll(); effect != null; effect = toDo.poll()) {
                perform(effect);
            }
        } finally {
            performing = false;
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Effect.ReadHeader read ->
                submit(
                        read.location(),
                        read.operation(),
                        this::readHeader,
                        (operation, block) -> new Input.HeaderRead(read.location(), operation, block));
            case Effect.WriteHeader write ->
                submit(
                        write.location(),
                        write.operation(),
                        device -> {
                            device.write(areaStart + write.offset(), write.block());
                            return write;
                        },
                        (operation, done) -> new Input.BlocksWritten(write.location(), operation));
            case Effect.ReadStart read ->
                submit(
                        read.location(),
                        read.operation(),
                        device -> device.read(0, OtherUse.BYTES),
                        (operation, start) -> new Input.StartRead(read.location(), operation, start));
            case Effect.FormatAgain format -> {
                Claim claim = disk(numbered.get(format.location())).claim();
                submit(
                        format.location(),
                        format.operation(),
                        device -> formatAgain(device, claim, format),
                        (operation, done) -> new Input.BlocksWritten(format.location(), operation));
            }
            case Effect.UseLocation use -> {
                numbered.add(use.place());
                disk(use.place());
            }
            case Effect.DropLocation drop -> {
                Disk dropped = disks.remove(numbered.get(drop.location()));
                if (dropped != null) {
                    dropped.thread().close();
                }
            }
            case Effect.LocationsSet set -> {
                places = set.places();
                listener.locationsSet(set.places());
            }
            case Effect.Scrubbed scrubbed -> listener.scrubbed(numbered.get(scrubbed.location()), scrubbed.finding());
            case Effect.Replaced replaced -> listener.replaced(replaced.content());
            case Effect.ReadBlocks read ->
                submit(
                        read.location(),
                        read.operation(),
                        device -> device.read(at(read.segment(), read.offset()), read.length()),
                        (operation, blocks) -> new Input.BlocksRead(read.location(), operation, blocks));
            case Effect.WriteBlocks write ->
                submit(
                        write.location(),
                        write.operation(),
                        device -> {
                            device.write(at(write.segment(), write.offset()), write.blocks());
                            return write;
                        },
                        (operation, done) -> new Input.BlocksWritten(write.location(), operation));
            case Effect.CasRoot cas -> listener.casRoot(cas.request(), cas.epoch(), cas.root());
            case Effect.Confirm confirm -> listener.confirm(confirm.request(), confirm.epoch());
            case Effect.Serving now -> {
                serving = true;
                listener.serving(now.content());
            }
            case Effect.Acknowledged done -> listener.acknowledged(done.id(), done.version());
            case Effect.Refused refused -> listener.refused(refused.id(), refused.reason());
            case Effect.Lost lost -> {
                serving = false;
                registry = null;
                use(places); // A new set that was not reached leaves locations behind.
                listener.lost(lost.reason(), lost.unresolved(), lost.unwritten());
            }
            case Effect.Waiting waiting -> listener.waiting(waiting.reason());
            case Effect.LocationChanged changed ->
                listener.locationChanged(numbered.get(changed.report().location()), changed.report());
        }
    }

    private long at(int segment, int offset) {
        return areaStart + RegistryFormat.position(segment, offset);
    }

    private byte[] readHeader(BlockDevice device) throws IOException {
        long needed = areaStart + RegistryFormat.AREA_BYTES;
        long size = device.size();
        if (size < needed) {
            throw new IOException("has " + size + " bytes; a registry location needs " + needed + ". Format it again");
        }
        return device.read(areaStart, RegistryFormat.HEADER_AREA);
    }

    /** All conditions are looked at by the thread that then writes, right before it does. */
    private Effect.FormatAgain formatAgain(BlockDevice device, Claim claim, Effect.FormatAgain format)
            throws IOException {
        if (!device.isStillAtItsPath()) {
            throw new IOException(device.path() + " is another file or device now");
        }
        claim.take(device, format.former());
        if (!Arrays.equals(device.read(areaStart, RegistryFormat.HEADER_AREA), format.found())) {
            throw new IOException("what stands in place of its header has just changed; it is looked at again");
        }
        device.write(areaStart, format.header());
        claim.release();
        return format;
    }

    private <T> void submit(
            int location, long operation, DiskThread.Operation<T> io, BiFunction<Long, T, Input> whenDone) {
        Disk disk = disk(numbered.get(location));
        Claim claim = disk.claim();
        DiskThread.Operation<T> claimed = device -> {
            claim.take(device);
            return io.run(device);
        };
        disk.thread().submit(claimed, outcome -> {
            switch (outcome) {
                case Outcome.Done<T> done -> answer(whenDone.apply(operation, done.value()));
                case Outcome.Failed<T> failed ->
                    answer(new Input.LocationFailed(location, operation, why(failed.cause())));
                case Outcome.Abandoned<T> closed -> {} // Only when we close: nobody waits any more.
            }
        });
    }

    /** The right to write to a location, as long as no thread of an earlier crsd is stuck in it. Touched by the location's thread alone. */
    private final class Claim {
        private @Nullable BlockDevice taken;
        private DiskMark.@Nullable Bearer stuck;

        void take(BlockDevice device) throws IOException {
            if (device == taken) {
                return;
            }
            Optional<RegistryFormat.Header> header = RegistryFormat.readHeader(
                            device.read(areaStart, RegistryFormat.HEADER_AREA), seal)
                    .header();
            if (header.isPresent()) { // Nothing is ever written to what is not formatted, but a header.
                take(device, header.get().location());
            }
        }

        /** As the location {@code identity}, also if its header does not tell that any more. */
        void take(BlockDevice device, UUID identity) throws IOException {
            if (device == taken) {
                return;
            }
            // One mark for all nodes: only the master's crsd writes, and a stuck thread of another machine is not seen
            // anyway.
            DiskMark mark = DiskMark.of('r', 0, identity);
            mark.bear();
            DiskMark.Bearer known = stuck;
            stuck = known != null && known.exists() ? known : mark.otherBearer().orElse(null);
            if (stuck != null) {
                throw new IOException(stuck + ", an earlier crsd of this node, is still stuck in " + device.path()
                        + "; the location is used again when that thread is gone");
            }
            taken = device;
        }

        /** The location has become another one: the right to that is taken by the next operation. */
        void release() {
            taken = null;
        }
    }

    private void answer(Input input) {
        inbox.accept(() -> step(new Moment(System.nanoTime()), input));
    }

    private static String why(IOException cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
