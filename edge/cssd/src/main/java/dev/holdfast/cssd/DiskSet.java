package dev.holdfast.cssd;

import dev.holdfast.membership.Input;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.model.Moment;
import dev.holdfast.model.View;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The disks that this node has open, found by what is written on them. Each path has a {@link VotingDisk} with its thread; one whose
 * header says that it is a voting disk of this cluster is told to the membership. Everything happens on the loop's thread.
 *
 * <p>Two paths with one identity are a disk and its copy (a snapshot, a clone), or two ways to one disk that are not joined by
 * multipathing: one vote must not count twice, and nobody can tell which of two copies is the one that the others use. If both are there at
 * the start, neither is used; one that turns up beside a disk in use is left alone.
 */
final class DiskSet {
    private static final Logger LOG = LoggerFactory.getLogger(DiskSet.class);

    /** How long the first look may take before the disks that have answered are used: until then copies would be noticed. */
    private static final Duration FIRST_LOOK = Duration.ofMillis(500);

    private static final Duration PROBE_AGAIN = Duration.ofSeconds(1);

    /** Makes the adapter of a path. */
    interface Opener {
        VotingDisk open(int number, Path path);
    }

    private final class Found {
        private final int number;
        private final VotingDisk disk;
        private boolean probing = true;
        private Moment probeAgain = began;
        private boolean attached;
        private boolean voted;
        private String problem = "it has not answered yet";

        private Found(int number, VotingDisk disk) {
            this.number = number;
            this.disk = disk;
        }

        private @Nullable UUID id() {
            return problem.isEmpty()
                    ? disk.header().map(BlockCodec.Header::disk).orElse(null)
                    : null;
        }
    }

    private final Opener opener;
    private final DiskSearch search;
    private final Consumer<Runnable> loop;
    private final Consumer<Input> membership;
    private final Moment began;
    private final SortedMap<Integer, Found> byNumber = new TreeMap<>();
    private final Map<Path, Found> byPath = new TreeMap<>();
    private final Set<Path> leftAlone = new HashSet<>();
    private boolean lookedOnce;
    private Set<UUID> remembered = Set.of();
    private volatile List<Path> inUse = List.of();

    /**
     * @param loop puts a task into the loop
     * @param membership takes an input at once; called on the loop's thread only
     */
    DiskSet(Opener opener, DiskSearch search, Consumer<Runnable> loop, Consumer<Input> membership, Moment now) {
        this.opener = opener;
        this.search = search;
        this.loop = loop;
        this.membership = membership;
        began = now;
    }

    Optional<VotingDisk> get(int number) {
        return Optional.ofNullable(byNumber.get(number)).map(found -> found.disk);
    }

    /** What was found and is not used, and why. */
    SortedMap<Path, String> unused() {
        SortedMap<Path, String> unused = new TreeMap<>();
        for (Found found : byNumber.values()) {
            if (!found.attached && !found.problem.isEmpty()) {
                unused.put(found.disk.path(), found.problem);
            }
        }
        return unused;
    }

    /** The open voting disk at {@code path}, or with the identity {@code path} in hexadecimal digits. */
    Optional<BlockCodec.Header> find(String path) {
        String digits = path.replace("-", "");
        for (Found found : byNumber.values()) {
            BlockCodec.Header header = found.disk.header().orElse(null);
            if (header != null
                    && (header.disk().toString().replace("-", "").equalsIgnoreCase(digits)
                            || found.disk.path().equals(real(path)))) {
                return Optional.of(header);
            }
        }
        return Optional.empty();
    }

    private static Path real(String path) {
        try {
            return Path.of(path).toRealPath();
        } catch (java.io.IOException | RuntimeException e) {
            return Path.of(path.isEmpty() ? "/" : path);
        }
    }

    /** The master wants this disk to be used: it was formatted a moment ago, whatever was there before. */
    void seek(UUID id, String path, @Nullable View view) {
        Path real = real(path);
        leftAlone.remove(real);
        Found there = byPath.get(real);
        BlockCodec.Header known = there == null ? null : there.disk.header().orElse(null);
        if (there != null
                && known != null
                && !known.disk().equals(id)
                && (view == null || !votes(view, known.disk()))) {
            // It was formatted anew since we opened it, as after a change that was refused.
            close(there);
            leftAlone.remove(real);
        }
        search.hint(path);
        onPaths(Set.of(real));
    }

    /** The paths that exist now; others stay open if they are. */
    void onPaths(Set<Path> paths) {
        for (Path path : paths) {
            if (!byPath.containsKey(path) && !leftAlone.contains(path)) {
                open(path);
            }
        }
        lookedOnce = true;
    }

    private void open(Path path) {
        int number = 0;
        while (byNumber.containsKey(number)) {
            number++;
        }
        if (number >= MembershipSettings.DISKS_MAX) {
            leftAlone.add(path);
            LOG.warn(
                    "HF-1115: {} is not looked at: {} disks are open already; narrow votingdisk.discovery",
                    path,
                    number);
            return;
        }
        Found found = new Found(number, opener.open(number, path));
        byNumber.put(number, found);
        byPath.put(path, found);
        probe(found);
    }

    private void probe(Found found) {
        found.probing = true;
        found.disk.probe(problem -> loop.accept(() -> onProbed(found, problem)));
    }

    private void onProbed(Found found, Optional<String> problem) {
        found.probing = false;
        found.probeAgain = new Moment(System.nanoTime()).plus(PROBE_AGAIN);
        String text = problem.orElse("");
        if (!text.isEmpty() && !text.equals(found.problem)) {
            LOG.warn("HF-1116: {}", text);
        }
        found.problem = text;
    }

    /** Uses what can be used by now, and tries again what could not be. */
    void tick(Moment now, @Nullable View view) {
        boolean waiting = !lookedOnce || byNumber.values().stream().anyMatch(found -> found.probing && !found.attached);
        if (waiting && now.since(began).compareTo(FIRST_LOOK) < 0) {
            return;
        }
        for (Found found : List.copyOf(byNumber.values())) {
            if (found.attached || found.probing) {
                continue;
            }
            if (!found.problem.isEmpty()) {
                if (!now.isBefore(found.probeAgain)) {
                    probe(found);
                }
                continue;
            }
            Found twin = twinOf(found);
            if (twin != null) {
                refuseTwin(found, twin);
                continue;
            }
            if (isRetired(found, view)) {
                close(found);
                continue;
            }
            BlockCodec.Header header = found.disk.header().orElseThrow();
            found.attached = true;
            noteInUse();
            LOG.info("voting disk {} is {} ({})", text(header.disk()), found.disk.path(), header.state());
            membership.accept(new Input.DiskAttached(found.number, header.disk(), header.first()));
        }
    }

    private @Nullable Found twinOf(Found found) {
        UUID id = found.id();
        for (Found other : byNumber.values()) {
            if (other != found && id != null && id.equals(other.id())) {
                return other;
            }
        }
        return null;
    }

    private static void refuseTwin(Found found, Found twin) {
        String both = found.disk.path() + " and " + twin.disk.path() + " say that they are the same voting disk";
        if (twin.attached) {
            found.problem = both + "; the first is a copy or another way to the second, which is in use. Remove it";
        } else {
            found.problem = both + ", so neither is used. Remove the copy, or join the ways by multipathing";
            twin.problem = found.problem;
        }
        LOG.warn("HF-1117: {}", found.problem);
    }

    private static boolean isRetired(Found found, @Nullable View view) {
        BlockCodec.Header header = found.disk.header().orElse(null);
        return view != null
                && header != null
                && header.state() == BlockCodec.DiskState.RETIRED
                && !votes(view, header.disk());
    }

    private static boolean votes(View view, UUID disk) {
        return view.votingSet().disks().contains(disk)
                || view.votingSet().outgoing().contains(disk);
    }

    /**
     * The voting disks of {@code view} decide alone, and show it. Disks that have lost their vote are let go, so that the administrator can
     * take them away.
     *
     * @param master whether this node is the master, who writes into the headers what the disks are now
     */
    void onSetShown(View view, boolean master) {
        for (Found found : List.copyOf(byNumber.values())) {
            BlockCodec.Header header = found.disk.header().orElse(null);
            if (!found.attached || header == null) {
                continue;
            }
            boolean votes = votes(view, header.disk());
            found.voted |= votes;
            if (master && votes) {
                found.disk.writeState(BlockCodec.DiskState.ACTIVE);
            } else if (!votes && (found.voted || header.state() != BlockCodec.DiskState.CANDIDATE)) {
                if (master) {
                    found.disk.writeState(BlockCodec.DiskState.RETIRED);
                }
                // Closing lets the write that was just begun go on; what waits behind a stuck one is given up.
                found.disk.probe(_ -> loop.accept(() -> close(found)));
            }
        }
    }

    /** A view was installed: where its voting disks are is written down for the next start. */
    void onView(View view) {
        if (view.votingSet().generation() == 0 || view.votingSet().isJoint()) {
            return;
        }
        if (!remembered.equals(view.votingSet().disks())) {
            remembered = view.votingSet().disks();
            List<String> paths = new ArrayList<>();
            for (Found found : byNumber.values()) {
                UUID id = found.id();
                if (id != null && remembered.contains(id)) {
                    paths.add(found.disk.path().toString());
                }
            }
            Thread.ofPlatform().daemon().name("remember disks").start(() -> search.remember(paths));
        }
    }

    private void close(Found found) {
        if (byNumber.get(found.number) != found) {
            return;
        }
        byNumber.remove(found.number);
        byPath.remove(found.disk.path());
        leftAlone.add(found.disk.path());
        if (found.attached) {
            membership.accept(new Input.DiskDetached(found.number));
            LOG.info("{} is no voting disk any more and is closed", found.disk.path());
        }
        noteInUse();
        found.disk.close();
    }

    /** As administrators see it. */
    static String text(UUID id) {
        return id.toString().replace("-", "");
    }

    /** Where the disk with this identity is open, if it is. */
    Optional<Path> pathOf(UUID id) {
        return byNumber.values().stream()
                .filter(found -> id.equals(found.id()))
                .map(found -> found.disk.path())
                .findFirst();
    }

    /** A voting disk of {@code view} that was verified and may be copied from. */
    Optional<Path> source(Set<UUID> usable) {
        return usable.stream().flatMap(id -> pathOf(id).stream()).findFirst();
    }

    /** The paths of the disks that are told to the membership. May be asked from any thread. */
    List<Path> inUse() {
        return inUse;
    }

    private void noteInUse() {
        inUse = byNumber.values().stream()
                .filter(found -> found.attached)
                .map(found -> found.disk.path())
                .toList();
    }
}
