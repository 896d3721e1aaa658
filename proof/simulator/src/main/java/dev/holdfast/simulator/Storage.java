package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import dev.holdfast.testkit.FakeVotingDisk;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The voting disks, and blank ones that may become voting disks. What cssd finds out about a disk is here in one place: its identity
 * and the state in its header. Disks are named by their index; each life numbers those that it has open by itself.
 */
final class Storage {
    /** What the header says. */
    enum State {
        BLANK,
        CANDIDATE,
        ACTIVE,
        RETIRED
    }

    private final World world;
    private final FakeVotingDisk[] disks;
    private final State[] states;
    private final int first;
    private final SortedSet<UUID> firstIds;

    Storage(World world, Scenario scenario) {
        this.world = world;
        first = scenario.disks();
        disks = new FakeVotingDisk[first + scenario.spareDisks()];
        states = new State[disks.length];
        SortedSet<UUID> ids = new TreeSet<>();
        for (int disk = 0; disk < disks.length; disk++) {
            disks[disk] = new FakeVotingDisk(scenario.nodes());
            states[disk] = disk < first ? State.ACTIVE : State.BLANK;
            if (disk < first) {
                ids.add(id(disk));
            } else {
                disks[disk].erase();
            }
        }
        firstIds = Collections.unmodifiableSortedSet(ids);
    }

    int count() {
        return disks.length;
    }

    FakeVotingDisk disk(int disk) {
        return disks[disk];
    }

    static UUID id(int disk) {
        return new UUID(0, disk + 1);
    }

    static int disk(UUID id) {
        return (int) id.getLeastSignificantBits() - 1;
    }

    /** The identities of all disks when the cluster was made, as the headers of those disks say; none on a later one. */
    SortedSet<UUID> firstSetIn(int disk) {
        return disk < first ? firstIds : Collections.emptySortedSet();
    }

    State state(int disk) {
        return states[disk];
    }

    /** The master writes the header anew. */
    void setState(int disk, State state) {
        if (states[disk] != State.BLANK) {
            states[disk] = state;
        }
    }

    /** Somebody writes zeros over all of it. */
    void erase(int disk) {
        disks[disk].erase();
    }

    /** All that were ever made voting disks, or are to become such. */
    List<Integer> formatted() {
        List<Integer> formatted = new ArrayList<>();
        for (int disk = 0; disk < disks.length; disk++) {
            if (states[disk] != State.BLANK) {
                formatted.add(disk);
            }
        }
        return formatted;
    }

    List<Integer> blank() {
        List<Integer> blank = new ArrayList<>();
        for (int disk = first; disk < disks.length; disk++) {
            if (states[disk] == State.BLANK) {
                blank.add(disk);
            }
        }
        return blank;
    }

    /** The set under {@code view}, with the identities of the first set spelled out; null stands for no view yet. */
    VotingSet setOf(@Nullable View view) {
        return view == null || view.votingSet().generation() == 0
                ? new VotingSet(0, firstIds, new TreeSet<>())
                : view.votingSet();
    }

    static List<Integer> numbers(Collection<UUID> ids) {
        return ids.stream().map(Storage::disk).toList();
    }

    // --- making a new voting disk

    /**
     * Copies the blocks of {@code source}, one by one, while the cluster goes on writing them, and then the header. What a node
     * wrote meanwhile is missing in the copy.
     *
     * @param goesOn false if the process that does it is gone, or can't reach one of the disks
     * @param done told when the disk is a candidate
     */
    void format(int disk, int source, BooleanSupplier goesOn, Runnable done) {
        disks[disk].erase();
        copy(disk, source, 0, goesOn, done);
    }

    private void copy(int disk, int source, int block, BooleanSupplier goesOn, Runnable done) {
        world.time.after(world.chance.between(MILLISECOND / 10, 2 * MILLISECOND), () -> {
            if (!goesOn.getAsBoolean()) {
                return;
            }
            int nodes = world.scenario.nodes();
            if (block == 2 * nodes) {
                disks[disk].format();
                states[disk] = State.CANDIDATE;
                done.run();
                return;
            }
            if (block < nodes) {
                HeartbeatBlock heartbeat = disks[source].heartbeat(block + 1);
                if (heartbeat != null) {
                    disks[disk].write(heartbeat);
                }
            } else {
                BallotBlock ballot = disks[source].ballot(block - nodes + 1);
                if (ballot != null) {
                    disks[disk].write(ballot);
                }
            }
            copy(disk, source, block + 1, goesOn, done);
        });
    }
}
