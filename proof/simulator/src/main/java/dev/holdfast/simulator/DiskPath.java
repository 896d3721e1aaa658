package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.Effect;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.SafetyData;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.testkit.FakeVotingDisk;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The path from one machine to one voting disk. cssd has one thread for it, so its orders are done one after the other;
 * what is in the kernel goes on when that thread is stopped or killed, and is cut off only by a reset of the machine.
 */
final class DiskPath {
    private final Machine machine;
    private final World world;
    private final FakeVotingDisk disk;
    private final int number;
    private final ArrayDeque<Order> waiting = new ArrayDeque<>();
    private final List<Runnable> parked = new ArrayList<>();
    private @Nullable Operation inKernel;
    private int hangs;
    private int losses;
    private long slowest;
    private int heartbeatErrors;
    private int ballotErrors;
    private double errors;
    private double staleness;
    private double tearing;
    /** The life that has opened the disk: it found a header, which is not looked at again. */
    private @Nullable Life opener;
    /** What that life was last given of each node; a disk that then shows something older is found out. */
    private final @Nullable HeartbeatBlock[] givenHeartbeats;

    private final @Nullable BallotBlock[] givenBallots;

    private record Order(Life life, Effect what) {}

    DiskPath(Machine machine, int number) {
        this.machine = machine;
        this.world = machine.world;
        this.number = number;
        this.disk = world.storage.disk(number);
        givenHeartbeats = new HeartbeatBlock[world.scenario.nodes() + 1];
        givenBallots = new BallotBlock[world.scenario.nodes() + 1];
    }

    // --- trouble

    /** From now on nothing completes, until it is mended as often as it was hung. */
    void hang() {
        hangs++;
    }

    void mendHang() {
        if (--hangs == 0) {
            List<Runnable> resumed = List.copyOf(parked);
            parked.clear();
            resumed.forEach(happening -> world.time.after(world.chance.between(1, 5 * MILLISECOND), happening));
        }
    }

    /** From now on every operation ends with an error. */
    void lose() {
        losses++;
    }

    void mendLoss() {
        losses--;
    }

    void slow(long nanos) {
        slowest = nanos;
    }

    /** From now on every operation on the heartbeat area ends with an error, until it is mended as often. */
    void failHeartbeats(boolean broken) {
        heartbeatErrors += broken ? 1 : -1;
    }

    /** The same of the view area. */
    void failBallots(boolean broken) {
        ballotErrors += broken ? 1 : -1;
    }

    private boolean areaFails(Effect what) {
        return switch (what) {
            case Effect.WriteHeartbeat _, Effect.ReadHeartbeats _ -> heartbeatErrors > 0;
            case Effect.WriteBallot _, Effect.ReadBallots _ -> ballotErrors > 0;
            default -> false;
        };
    }

    void fail(double probability) {
        errors = probability;
    }

    /** From now on a read shows some blocks as they were before, with this probability; the reader knows better. */
    void stale(double probability) {
        staleness = probability;
    }

    /** From now on a read finds some block unreadable, both copies of it, with this probability. */
    void tear(double probability) {
        tearing = probability;
    }

    /** A new process goes on with the same life: it opens the disk anew, and has been given nothing yet. */
    void reopen() {
        opener = null;
    }

    /** True if an operation ordered now fails for certain, or hangs. */
    boolean isBroken() {
        return hangs > 0 || losses > 0;
    }

    // --- orders

    void order(Life life, Effect what) {
        Effect order = what;
        if (world.scenario.mutation() == Mutation.TIMER_TOO_SHORT && what instanceof Effect.WriteHeartbeat write) {
            order = new Effect.WriteHeartbeat(write.disk(), write.operation(), withHalfTheTimer(write.block()));
        }
        waiting.add(new Order(life, order));
        goOn();
    }

    private static HeartbeatBlock withHalfTheTimer(HeartbeatBlock block) {
        SafetyData safety = block.safety();
        return new HeartbeatBlock(
                block.node(),
                block.incarnation(),
                block.earlier(),
                block.sequence(),
                block.state(),
                block.announced(),
                block.reach(),
                block.round(),
                block.weight(),
                block.ballotSequence(),
                block.disks(),
                block.bootId(),
                new SafetyData(
                        safety.takeoverAfter().dividedBy(2),
                        safety.coldTakeoverAfter().dividedBy(2),
                        safety.timerTakeover()));
    }

    /** An operation of a life, dead or alive, is in the kernel. */
    boolean isBusy() {
        return inKernel != null;
    }

    /** Takes the next order of a life that is alive and running. */
    void goOn() {
        while (inKernel == null && !waiting.isEmpty()) {
            Order next = waiting.getFirst();
            if (!next.life().isAlive()) {
                waiting.removeFirst();
            } else if (next.life().isPaused()) {
                return;
            } else {
                waiting.removeFirst();
                inKernel = new Operation(next.life(), next.what());
                inKernel.begin();
            }
        }
    }

    /** The power goes: what is in the kernel is done, not done, or half done. */
    void cutPower() {
        Operation cut = inKernel;
        inKernel = null;
        waiting.clear();
        parked.clear();
        if (cut != null) {
            cut.cut();
        }
    }

    private final class Operation {
        private final Life life;
        private final Effect what;
        private final long nanos;
        /** 0: it reaches the disk at once; 1: some time before it is acknowledged; else: as late as can be. */
        private final int when;

        private final boolean fails;
        private final boolean lands;
        private boolean landed;
        /** The nodes whose blocks the disk gives early; the others it gives late: there is no order between blocks. */
        private final long early;

        private final @Nullable SortedMap<NodeId, HeartbeatBlock> heartbeats;
        private final @Nullable SortedMap<NodeId, BallotBlock> ballots;
        private NodeSet unreadable = NodeSet.EMPTY;

        Operation(Life life, Effect what) {
            this.life = life;
            this.what = what;
            heartbeats = what instanceof Effect.ReadHeartbeats ? new TreeMap<>() : null;
            ballots = what instanceof Effect.ReadBallots ? new TreeMap<>() : null;
            early = world.chance.next();
            long late = slowest > 0 ? world.chance.between(0, slowest) : 0;
            nanos = world.chance.between(MILLISECOND / 5, 2 * MILLISECOND) + late;
            when = world.chance.below(4);
            fails = losses > 0 || areaFails(what) || (errors > 0 && world.chance.happens(errors)) || !opens();
            lands = !fails || (losses == 0 && !areaFails(what) && life.equals(opener) && world.chance.happens(0.5));
        }

        /** The first that a life does with a disk is to look for its header. */
        private boolean opens() {
            if (!life.equals(opener)) {
                if (disk.isBlank()) {
                    return false;
                }
                opener = life;
                Arrays.fill(givenHeartbeats, null);
                Arrays.fill(givenBallots, null);
                boolean retired = world.storage.state(number) == Storage.State.RETIRED;
                if (readsHeaderOnce() && retired && world.scenario.discovery()) {
                    world.storage.erase(number); // The worst moment; chance alone comes upon it in one of 1500 seeds.
                }
            }
            return true;
        }

        /** After each read the header is looked at again: what was read may be zeros that somebody wrote since the disk was opened. */
        private boolean isOfAnother() {
            boolean reads = heartbeats != null || ballots != null;
            return reads && disk.isBlank() && !readsHeaderOnce();
        }

        private boolean readsHeaderOnce() {
            return world.scenario.mutation() == Mutation.HEADER_READ_ONCE;
        }

        void begin() {
            if (when == 0 && hangs == 0) {
                land();
            } else if (when == 1) {
                world.time.after(world.chance.between(0, nanos), () -> step(this::land));
            }
            world.time.after(nanos, () -> step(this::end));
        }

        /** Does {@code stage} now, or when the path is mended; never after the power was cut. */
        private void step(Runnable stage) {
            if (inKernel != this) {
                return;
            }
            if (hangs > 0) {
                parked.add(() -> step(stage));
            } else {
                stage.run();
            }
        }

        private void land() {
            if (lands && !landed) {
                landed = true;
                switch (what) {
                    case Effect.WriteHeartbeat write -> disk.write(write.block());
                    case Effect.WriteBallot write -> disk.write(write.block());
                    default -> look(early);
                }
            }
        }

        private void end() {
            land();
            inKernel = null;
            if (what instanceof Effect.SeekDisk) {
                life.disks.probed(number, !fails);
            } else if (fails) {
                life.deliver(new Input.DiskFailed(numberInLife(), operation(), "input/output error"));
            } else {
                look(~early);
                if (isOfAnother()) {
                    opener = null;
                    world.count(Tally.WORLD, "disk blanked in use");
                    life.deliver(new Input.DiskFailed(numberInLife(), operation(), "its header is gone"));
                } else {
                    life.deliver(answer());
                }
            }
            goOn();
            machine.drained();
        }

        void cut() {
            if (landed || world.chance.happens(0.4)) {
                return;
            }
            boolean whole = world.chance.happens(0.5);
            boolean both = number == 0 && world.scenario.doubleTears() && world.chance.happens(0.3);
            switch (what) {
                case Effect.WriteHeartbeat write -> {
                    if (whole) {
                        disk.write(write.block());
                    } else {
                        disk.tearHeartbeat(write.block().node(), both);
                    }
                }
                case Effect.WriteBallot write -> {
                    if (whole) {
                        disk.write(write.block());
                    } else {
                        disk.tearBallot(write.block().writer(), both);
                    }
                }
                default -> {}
            }
        }

        private void look(long nodes) {
            if (heartbeats == null && ballots == null) {
                return;
            }
            boolean lies = world.scenario.mutation() == Mutation.STALE_READS && world.chance.happens(0.3);
            for (int node = 1; node <= world.scenario.nodes(); node++) {
                if ((nodes >>> (node - 1) & 1) == 0) {
                    continue;
                }
                NodeId of = world.ids[node];
                if (tearing > 0 && world.chance.happens(tearing)) {
                    world.count(Tally.WORLD, "torn read");
                    unreadable = unreadable.with(of);
                    continue;
                }
                boolean stale = lies || (staleness > 0 && world.chance.happens(staleness));
                if (heartbeats != null) {
                    HeartbeatBlock block = disk.heartbeat(node);
                    if (stale && (lies || (block != null && block.equals(givenHeartbeats[node])))) {
                        world.count(Tally.WORLD, "stale read");
                        block = disk.staleHeartbeat(node);
                    } else {
                        givenHeartbeats[node] = block;
                    }
                    if (block != null) {
                        heartbeats.put(of, block);
                    }
                }
                if (ballots != null) {
                    BallotBlock block = disk.ballot(node);
                    if (stale && (lies || (block != null && block.equals(givenBallots[node])))) {
                        world.count(Tally.WORLD, "stale read");
                        block = disk.staleBallot(node);
                    } else {
                        givenBallots[node] = block;
                    }
                    if (block != null) {
                        ballots.put(of, block);
                    }
                }
            }
        }

        /** By which number the life knows this disk. */
        private int numberInLife() {
            return switch (what) {
                case Effect.WriteHeartbeat write -> write.disk();
                case Effect.WriteBallot write -> write.disk();
                case Effect.ReadHeartbeats read -> read.disk();
                case Effect.ReadBallots read -> read.disk();
                default -> throw new IllegalStateException("not an order for a disk: " + what);
            };
        }

        private long operation() {
            return switch (what) {
                case Effect.WriteHeartbeat write -> write.operation();
                case Effect.WriteBallot write -> write.operation();
                case Effect.ReadHeartbeats read -> read.operation();
                case Effect.ReadBallots read -> read.operation();
                default -> throw new IllegalStateException("not an order for a disk: " + what);
            };
        }

        private Input answer() {
            return switch (what) {
                case Effect.WriteHeartbeat write -> new Input.DiskWritten(write.disk(), write.operation());
                case Effect.WriteBallot write -> new Input.DiskWritten(write.disk(), write.operation());
                case Effect.ReadHeartbeats read -> {
                    SortedMap<NodeId, HeartbeatBlock> blocks = heartbeats == null ? new TreeMap<>() : heartbeats;
                    yield new Input.HeartbeatsRead(
                            read.disk(), read.operation(), blocks, torn(disk.tornHeartbeats(), blocks));
                }
                case Effect.ReadBallots read -> {
                    SortedMap<NodeId, BallotBlock> blocks = ballots == null ? new TreeMap<>() : ballots;
                    yield new Input.BallotsRead(
                            read.disk(), read.operation(), blocks, torn(disk.tornBallots(), blocks));
                }
                default -> throw new IllegalStateException("not an order for a disk: " + what);
            };
        }

        private NodeSet torn(NodeSet onDisk, SortedMap<NodeId, ?> read) {
            if (onDisk.isEmpty() && unreadable.isEmpty()) {
                return onDisk;
            }
            return new NodeSet(onDisk.bits() | unreadable.bits()).minus(NodeSet.of(read.keySet()));
        }
    }
}
