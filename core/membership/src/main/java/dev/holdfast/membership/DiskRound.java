package dev.holdfast.membership;

import dev.holdfast.model.BrokenInvariant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One protocol step on the voting disks: write your own block, then read the others' (rule R8). It is the only way
 * this package talks to disks after start-up, so that everybody follows the same rule: mixing rules breaks the flag
 * principle (model Flag, run same_bar).
 *
 * <ul>
 *   <li>barrier: no read starts before the writes are complete on a majority of the configured disks;
 *   <li>same disk: a disk counts only if its write was complete before its read started;
 *   <li>a disk whose read found an unreadable block does not count (R3).
 * </ul>
 *
 * Of two parties that both do this, at least one sees what the other wrote.
 */
final class DiskRound {
    private enum Progress {
        ABSENT,
        WRITING,
        WRITTEN,
        READING,
        READ,
        FAILED
    }

    private final Progress[] progress;
    private final int majority;
    private int written;
    private int read;

    /**
     * @param free the disks that have no operation of this lane under way: only these take part (R1, one outstanding
     *     write per block and disk)
     */
    DiskRound(int disks, int majority, List<Integer> free) {
        this.majority = majority;
        progress = new Progress[disks];
        Arrays.fill(progress, Progress.ABSENT);
        for (int disk : free) {
            progress[disk] = Progress.WRITING;
        }
    }

    boolean takesPart(int disk) {
        return progress[disk] != Progress.ABSENT;
    }

    /** The write on {@code disk} is durable; returns the disks whose read must start now. */
    List<Integer> onWritten(int disk) {
        if (progress[disk] != Progress.WRITING) {
            throw new BrokenInvariant("disk " + disk + " reports a write while " + progress[disk]);
        }
        progress[disk] = Progress.WRITTEN;
        written++;
        if (written < majority) {
            return List.of();
        }
        List<Integer> toRead = new ArrayList<>();
        for (int each = 0; each < progress.length; each++) {
            if (progress[each] == Progress.WRITTEN) {
                progress[each] = Progress.READING;
                toRead.add(each);
            }
        }
        return toRead;
    }

    /** The read on {@code disk} completed; {@code counts} is false if it found a block that cannot be trusted. */
    void onRead(int disk, boolean counts) {
        if (progress[disk] != Progress.READING) {
            throw new BrokenInvariant("disk " + disk + " reports a read while " + progress[disk]);
        }
        if (counts) {
            progress[disk] = Progress.READ;
            read++;
        } else {
            progress[disk] = Progress.FAILED;
        }
    }

    void onFailed(int disk) {
        progress[disk] = Progress.FAILED;
    }

    /** A majority was written and then read: the step is done. */
    boolean isComplete() {
        return read >= majority;
    }

    /** So many disks failed that this step can't complete any more. */
    boolean isHopeless() {
        int possible = 0;
        for (Progress each : progress) {
            if (each != Progress.ABSENT && each != Progress.FAILED) {
                possible++;
            }
        }
        return possible < majority;
    }

    /** True while {@code disk} has an operation of this round under way. */
    boolean isBusy(int disk) {
        return progress[disk] == Progress.WRITING || progress[disk] == Progress.READING;
    }
}
