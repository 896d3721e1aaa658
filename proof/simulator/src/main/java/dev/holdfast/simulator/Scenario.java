package dev.holdfast.simulator;

import dev.holdfast.membership.Timing;
import dev.holdfast.testkit.Chance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one seed is about: the cluster, the kinds of trouble, and how things stand when the trouble is over.
 *
 * @param troubleNanos how long faults go on
 * @param lasting what stays broken after that
 * @param lastingNodes the nodes it is about, as bits (bit n-1 for node n)
 * @param mild nothing may be lost of what happens here: nobody is voted out, nobody lets go
 * @param lastingDisk a voting disk (0-based) that stays away for everybody, or -1; it may also lose all it holds
 * @param crash a crash at one exact place, or null
 * @param spareDisks blank disks that may become voting disks
 * @param discovery whether nodes look for voting disks everywhere, or only where they have heard of them
 * @param css changes of the settings that the administrator may make, in milliseconds by name
 */
record Scenario(
        long seed,
        Mutation mutation,
        int nodes,
        int disks,
        int links,
        String profile,
        Timing timing,
        boolean fenceDevices,
        boolean timerTakeover,
        Duration bootWait,
        long tickNanos,
        int resources,
        List<Fault> faults,
        int faultCount,
        boolean mild,
        boolean duplicates,
        boolean fenceTrouble,
        boolean stuckResources,
        boolean doubleTears,
        long troubleNanos,
        Lasting lasting,
        long lastingNodes,
        int lastingDisk,
        @Nullable Crash crash,
        int spareDisks,
        boolean discovery,
        List<Map<String, Integer>> css) {

    /** What stays broken when everything else is mended. */
    enum Lasting {
        NOTHING,
        /** Some nodes stay without power. */
        NODES_OFF,
        /** Some nodes lose the majority of the voting disks. */
        NODES_WITHOUT_DISKS,
        /** The private networks stay split in two. */
        PARTITION
    }

    static final long MILLISECOND = 1_000_000;
    static final long SECOND = 1_000 * MILLISECOND;
    /** How long the supervisor takes at most to start a cssd again. */
    static final long SLOWEST_RESTART = 3 * SECOND;
    /** How long letting go takes at most. */
    static final long SLOWEST_LET_GO = 200 * MILLISECOND;
    /** How long a joiner must be heard steadily, and what else a join takes besides (protocol, section 5). */
    private static final long JOIN = 2 * SECOND;

    /**
     * What narrows the choice of scenarios.
     *
     * @param fewest the fewest nodes
     * @param most the most nodes; with {@code USUAL} small clusters are much more frequent than large ones
     * @param faults the kinds of trouble to draw from; empty for any
     */
    record Bounds(Mutation mutation, int fewest, int most, List<Fault> faults) {
        static final Bounds USUAL = new Bounds(Mutation.NONE, 2, 16, List.of());

        Bounds withMutation(Mutation wanted) {
            return new Bounds(wanted, fewest, most, faults);
        }

        Bounds withNodes(int wantedFewest, int wantedMost) {
            return new Bounds(mutation, wantedFewest, wantedMost, faults);
        }

        Bounds withFaults(List<Fault> wanted) {
            return new Bounds(mutation, fewest, most, List.copyOf(wanted));
        }

        /** The options of the command that draw from the same scenarios. */
        String options() {
            StringBuilder text = new StringBuilder();
            if (fewest != USUAL.fewest || most != USUAL.most) {
                text.append(" --nodes ").append(fewest).append("..").append(most);
            }
            if (!faults.isEmpty()) {
                text.append(" --faults ")
                        .append(String.join(
                                ",", faults.stream().map(Fault::name).toList()));
            }
            return mutation == Mutation.NONE ? text.toString() : text + " --mutation " + mutation;
        }
    }

    /**
     * A crash at one exact place, by which all places are tried one after the other.
     *
     * @param effect after which effect of that machine's minds, counted from 1 over all their lives
     * @param power whether the power goes, and not only cssd and crsd
     */
    record Crash(int node, long effect, boolean power) {}

    static Scenario draw(long seed, Bounds bounds) {
        Chance chance = new Chance(seed);
        Mutation mutation = bounds.mutation();
        int nodes = nodes(chance, bounds);
        int disks = chance.happens(0.6) ? 3 : chance.happens(0.5) ? 1 : 5;
        int links = 1 + chance.below(2);
        String profile = chance.happens(0.5) ? "fast" : chance.happens(0.7) ? "default" : "conservative";
        Timing timing = timing(profile, chance);
        boolean fenceDevices = chance.happens(0.5);
        boolean timerTakeover = chance.happens(0.9);
        long takeover = timing.takeoverAfter().toNanos();
        List<Fault> faults = faults(chance, bounds);
        if (!mutation.focus().isEmpty()) {
            faults = mutation.focus();
            fenceDevices = false;
        }
        boolean mild = mutation == Mutation.NONE && bounds.faults().isEmpty() && chance.happens(0.15);
        if (mild) {
            faults = List.of(chance.oneOf(mildFaults(disks, links)));
        }
        long trouble = chance.magnitude(takeover / 2, 5 * takeover);
        int faultCount = (int) chance.magnitude(1, 1 + 10 * trouble / takeover);
        Lasting lasting = mild || chance.happens(0.5) ? Lasting.NOTHING : chance.oneOf(List.of(Lasting.values()));
        long everybody = everybody(nodes);
        long lastingNodes = 0;
        if (lasting != Lasting.NOTHING) {
            do {
                lastingNodes = chance.next() & everybody;
            } while (lastingNodes == 0 || lastingNodes == everybody);
        }
        int lastingDisk = disks > 1 && !mild && chance.happens(0.2) ? chance.below(disks) : -1;
        boolean changesDisks = faults.contains(Fault.VOTING_SET) || faults.contains(Fault.CHANGE_IN_EVICTION);
        List<Map<String, Integer>> css = faults.contains(Fault.SETTINGS) ? css(timing, chance) : List.of();
        Timing fastest = bound(timing, css, Math::min);
        return new Scenario(
                seed,
                mutation,
                nodes,
                disks,
                links,
                profile,
                timing,
                fenceDevices,
                timerTakeover,
                Duration.ofNanos(chance.between(takeover / 4, 2 * takeover)),
                Math.min(fastest.fastPoll().toNanos(), fastest.heartbeat().toNanos() / 2)
                        / (chance.happens(0.2) ? 2 : 1),
                1 + chance.below(3),
                List.copyOf(faults),
                faultCount,
                mild,
                chance.happens(0.2),
                chance.happens(0.3),
                chance.happens(0.1),
                // Of the first disk only, and only where the others suffice: a block that is lost stays lost.
                disks > 1 && lastingDisk < 0 && !mild && !changesDisks && chance.happens(0.2),
                trouble,
                lasting,
                lastingNodes,
                lastingDisk,
                null,
                changesDisks ? 8 : 0,
                chance.happens(0.7),
                css);
    }

    /** Small clusters are quick to run, and most mistakes need no more. */
    private static int nodes(Chance chance, Bounds bounds) {
        int span = bounds.most() - bounds.fewest() + 1;
        int one = chance.below(span);
        int other = chance.below(span);
        int small = chance.below(1 + chance.below(4));
        boolean usual =
                bounds.equals(Bounds.USUAL.withMutation(bounds.mutation()).withFaults(bounds.faults()));
        return bounds.fewest() + (usual && chance.happens(0.95) ? small : Math.min(one, other));
    }

    /** The profile's timing, with a time without voting disks that a run can outlast. */
    private static Timing timing(String profile, Chance chance) {
        Timing timing = switch (profile) {
            case "fast" -> Timing.fast();
            case "default" -> Timing.standard();
            default -> Timing.conservative();
        };
        // Its own length matters to nothing but the time that a run takes: none, one lease, or some of them.
        int diskTimeout = chance.happens(0.2) ? 0 : (int) (timing.lease().toMillis() * (1 + 4 * chance.unit()));
        return timing.with(Map.of("disktimeout", diskTimeout));
    }

    /** Changes of some settings by some factor, each of which is safe by itself. */
    private static List<Map<String, Integer>> css(Timing timing, Chance chance) {
        List<Map<String, Integer>> css = new ArrayList<>();
        int wanted = 1 + chance.below(4);
        for (int tries = 0; tries < 100 && css.size() < wanted; tries++) {
            double share = chance.unit();
            SortedMap<String, Integer> changes = new TreeMap<>();
            for (String name : Timing.NAMES) {
                if (chance.happens(share)) {
                    // What the platform takes to stop is a fact: to claim less than that is a false statement, and no
                    // setting.
                    double least = name.equals("granularity") ? 1 : 0.4;
                    double factor = least + (2 - least) * chance.unit();
                    changes.put(name, (int) Math.round(timing.get(name).toMillis() * factor));
                }
            }
            if (!changes.isEmpty() && timing.with(changes).problems().isEmpty()) {
                css.add(Collections.unmodifiableSortedMap(changes));
            }
        }
        return List.copyOf(css);
    }

    /** Each setting at its lowest or highest: what mixes of changes cannot exceed. */
    private static Timing bound(Timing timing, List<Map<String, Integer>> css, IntBinaryOperator which) {
        Map<String, Integer> bounds = new TreeMap<>();
        for (Map<String, Integer> changes : css) {
            changes.forEach((name, millis) -> {
                int present = bounds.getOrDefault(name, (int) timing.get(name).toMillis());
                bounds.put(name, which.applyAsInt(present, millis));
            });
        }
        return timing.with(bounds);
    }

    /** Nothing takes longer than by this timing, whatever the administrator changes. */
    Timing slowestTiming() {
        return bound(timing, css, Math::max);
    }

    private static List<Fault> faults(Chance chance, Bounds bounds) {
        if (!bounds.faults().isEmpty()) {
            return bounds.faults();
        }
        List<Fault> faults = new ArrayList<>();
        double density = chance.unit() * 0.5;
        for (Fault fault : Fault.values()) {
            if (chance.happens(density)) {
                faults.add(fault);
            }
        }
        return faults.isEmpty() ? List.of(chance.oneOf(List.of(Fault.values()))) : faults;
    }

    /** Trouble of which a cluster must not take notice, if it does not go too far; see {@link Faults}. */
    private static List<Fault> mildFaults(int disks, int links) {
        List<Fault> faults = new ArrayList<>(List.of(
                Fault.LOSS,
                Fault.SLOW_LINK,
                Fault.CSSD_PAUSE,
                Fault.NODE_PAUSE,
                Fault.STALL,
                Fault.CRSD_PAUSE,
                Fault.CRSD_CRASH,
                Fault.DISK_SLOW,
                Fault.VOTING_SET,
                Fault.SETTINGS));
        if (links > 1) {
            faults.add(Fault.ONE_LINK);
        }
        if (disks > 1) {
            faults.addAll(List.of(
                    Fault.DISK_HANG,
                    Fault.DISK_ERRORS,
                    Fault.DISK_PATH_LOST,
                    Fault.DISK_AWAY,
                    Fault.DISK_STALE,
                    Fault.DISK_TORN));
        }
        return faults;
    }

    /** All nodes as bits. */
    static long everybody(int nodes) {
        return -1L >>> (Long.SIZE - nodes);
    }

    /** How long a node may be away without being missed, its own lease and the patience of its peers considered. */
    long mildPauseNanos() {
        long heard = timing.misscount().toNanos() - 4 * timing.heartbeat().toNanos();
        long renewed = timing.letGoAfter().toNanos()
                - timing.poll().toNanos()
                - timing.heartbeat().toNanos()
                - 100 * MILLISECOND;
        return Math.min(heard, renewed);
    }

    /** The same scenario with a crash at one place. */
    Scenario withCrash(Crash at) {
        return new Scenario(
                seed,
                mutation,
                nodes,
                disks,
                links,
                profile,
                timing,
                fenceDevices,
                timerTakeover,
                bootWait,
                tickNanos,
                resources,
                faults,
                faultCount,
                false,
                duplicates,
                fenceTrouble,
                stuckResources,
                doubleTears,
                troubleNanos,
                lasting,
                lastingNodes,
                lastingDisk,
                at,
                spareDisks,
                discovery,
                css);
    }

    /** How long a machine takes at least from a reset until its supervisor runs: many are back before S is over. */
    long quickestReboot() {
        return timing.takeoverAfter().toNanos() / 8;
    }

    /** How long it takes at most. */
    long slowestReboot() {
        return 2 * timing.takeoverAfter().toNanos();
    }

    /** How often a mind is told the time of day while nothing happens in it: a tick that is missing is a delay. */
    long calmTickNanos() {
        return Math.max(tickNanos, bound(timing, css, Math::min).heartbeat().toNanos() / 2);
    }

    /** The nodes that must be one view, with all resources, once the trouble is over; of a partition, either side. */
    List<Long> cohorts() {
        long rest = everybody(nodes) & ~lastingNodes;
        return lasting == Lasting.PARTITION ? List.of(rest, lastingNodes) : List.of(rest);
    }

    /**
     * The promise "never stuck" in numbers: how long after the trouble everything allowed runs again, in nanoseconds.
     *
     * <pre>
     *   L + W + g                       a machine that was condemned has been reset
     * + reboot + restart + let go       and its cssd begins a new life
     * + bootWait                        if all were lost, it waits for those that are missing
     * + 2 (M + collect + holdOff + n rank)   the missing are noticed and voted out; once more if the proposers died
     * + D + S                           and settled, by the slowest proof (longest if all were lost at once)
     * + n (join + M + 4 P)              the others come in one after the other
     * </pre>
     * all by the slowest clock.
     */
    long recoveryNanos() {
        Timing timing = slowestTiming();
        long detect = timing.misscount().toNanos()
                + timing.collect().toNanos()
                + timing.holdOff().toNanos()
                + nodes * timing.proposerRank().toNanos();
        long condemned = timing.lease()
                .plus(timing.watchdog())
                .plus(timing.granularity())
                .toNanos();
        long join = JOIN + timing.misscount().toNanos() + 4 * timing.poll().toNanos();
        long sum = condemned
                + slowestReboot()
                + SLOWEST_RESTART
                + SLOWEST_LET_GO
                + bootWait.toNanos()
                + 2 * detect
                + timing.coldTakeoverAfter().toNanos()
                + nodes * join;
        return (long) (sum * (1 + 2 * timing.rho()));
    }

    @Override
    public String toString() {
        return nodes + " nodes, " + disks + " disks, " + links + " links, profile " + profile
                + (fenceDevices ? fenceTrouble ? ", unreliable fence device" : ", fence device" : ", no fence device")
                + (timerTakeover ? "" : ", no timer takeover") + ", " + resources + " resources, boot wait "
                + bootWait.toSeconds() + " s, " + faultCount + " faults of " + faults + " in " + troubleNanos / SECOND
                + " s" + (mild ? ", mild" : "") + (stuckResources ? ", stuck resources" : "")
                + (doubleTears ? ", double tears" : "")
                + ", lasting " + lasting + (lastingNodes == 0 ? "" : " nodes 0b" + Long.toBinaryString(lastingNodes))
                + (lastingDisk < 0 ? "" : ", disk " + lastingDisk + " away for good")
                + (spareDisks == 0 ? "" : ", " + spareDisks + " spare disks" + (discovery ? "" : ", no discovery"))
                + (css.isEmpty() ? "" : ", settings " + css)
                + (crash == null ? "" : ", " + crash);
    }
}
