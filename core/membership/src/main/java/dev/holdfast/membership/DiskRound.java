package dev.holdfast.membership;

import dev.holdfast.model.BrokenInvariant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * One protocol step on the voting disks: write your own block, then read the others' (rule R8). It is the only way
 * this package talks to disks after start-up, so that everybody follows the same rule: mixing rules breaks the flag
 * principle (model Flag, run same_bar).
 *
 * <ul>
 *   <li>barrier: no read starts before the writes are complete on a majority of every voting set in force;
 *   <li>same disk: a disk counts only if its write was complete before its read started;
 *   <li>a disk whose read found an unreadable block does not count (R3).
 * </ul>
 *
 * Of two parties that both do this over sets that share a majority, at least one sees what the other wrote. What is enough is
 * decided when the round begins and does not change under way: a round that began before a new voting set was learned is a
 * round of the old one.
 */
final class DiskRound {
    private Quorum quorum;
    private long takingPart;
    // Bits by disk number; a disk is in one of writing, written, reading, read and failed.
    private long writing;
    private long written;
    private long reading;
    private long read;
    private long failed;
    private boolean barrierOpen;

    /**
     * @param free the disks that have no operation of this lane under way: only these take part (R1, one outstanding
     *     write per block and disk), and others when they are free ({@link #join}); some may have no vote
     */
    DiskRound(Quorum quorum, List<Integer> free) {
        this.quorum = quorum;
        for (int disk : free) {
            writing |= 1L << disk;
        }
        takingPart = writing;
    }

    Quorum quorum() {
        return quorum;
    }

    boolean takesPart(int disk) {
        return (takingPart & bit(disk)) != 0;
    }

    /**
     * Number {@code disk} was opened as {@code id} while this round is under way. The voting sets of the round stay what they are;
     * if one of them has that disk, it may {@link #join}. A number that took part stands for the disk that it was.
     */
    void opened(int disk, UUID id) {
        if (!takesPart(disk)) {
            quorum = quorum.opened(disk, id);
        }
    }

    /**
     * A disk that was busy when the round began is free now. True if it is to take part from here on: the round's block is to be
     * written there, and counts as everywhere, if it was written before it was read. A round that began with just a majority would
     * else wait for the one of them that hangs, while another disk lies idle.
     */
    boolean join(int disk) {
        boolean joins = (quorum.open() & bit(disk)) != 0 && !takesPart(disk) && !isComplete();
        if (joins) {
            takingPart |= bit(disk);
            writing |= bit(disk);
        }
        return joins;
    }

    /** The write on {@code disk} is durable; returns the disks whose read must start now. */
    List<Integer> onWritten(int disk) {
        if ((writing & bit(disk)) == 0) {
            throw new BrokenInvariant("disk " + disk + " reports a write that is not under way");
        }
        writing &= ~bit(disk);
        written |= bit(disk);
        barrierOpen |= quorum.isEnough(written);
        if (!barrierOpen) {
            return List.of();
        }
        List<Integer> toRead = new ArrayList<>();
        for (long rest = written; rest != 0; rest &= rest - 1) {
            toRead.add(Long.numberOfTrailingZeros(rest));
        }
        reading |= written;
        written = 0;
        return toRead;
    }

    /** The read on {@code disk} completed; {@code counts} is false if it found a block that cannot be trusted. */
    void onRead(int disk, boolean counts) {
        if ((reading & bit(disk)) == 0) {
            throw new BrokenInvariant("disk " + disk + " reports a read that is not under way");
        }
        reading &= ~bit(disk);
        if (counts) {
            read |= bit(disk);
        } else {
            failed |= bit(disk);
        }
    }

    void onFailed(int disk) {
        writing &= ~bit(disk);
        written &= ~bit(disk);
        reading &= ~bit(disk);
        failed |= bit(disk);
    }

    /** {@code disk} is closed: what it was to do for this round is not done any more. What was read there still counts. */
    void closed(int disk) {
        if (((writing | written | reading) & bit(disk)) != 0) {
            onFailed(disk);
        }
    }

    /** A majority of every set was written and then read: the step is done. */
    boolean isComplete() {
        return quorum.isEnough(read);
    }

    /** So many disks failed that this step can't complete any more. */
    boolean isHopeless() {
        return !quorum.isEnough(takingPart & ~failed);
    }

    /** True while {@code disk} has an operation of this round under way. */
    boolean isBusy(int disk) {
        return ((writing | reading) & bit(disk)) != 0;
    }

    private static long bit(int disk) {
        return 1L << disk;
    }
}
