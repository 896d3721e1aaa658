package dev.holdfast.membership;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations on one kind of block: at most one per disk is under way (R1), and each belongs to the round that
 * began it. A disk that hangs stays busy and is left out of later rounds until it answers.
 */
final class DiskLane {
    private final long[] operations;
    private final @Nullable DiskRound[] rounds;

    DiskLane(int disks) {
        operations = new long[disks];
        rounds = new DiskRound[disks];
    }

    List<Integer> free() {
        List<Integer> free = new ArrayList<>();
        for (int disk = 0; disk < operations.length; disk++) {
            if (operations[disk] == 0) {
                free.add(disk);
            }
        }
        return free;
    }

    void begin(int disk, long operation, @Nullable DiskRound round) {
        operations[disk] = operation;
        rounds[disk] = round;
    }

    boolean owns(int disk, long operation) {
        return operations[disk] == operation;
    }

    /** The operation under way on {@code disk} ended; returns the round it belonged to, if any. */
    @Nullable
    DiskRound end(int disk) {
        operations[disk] = 0;
        DiskRound round = rounds[disk];
        rounds[disk] = null;
        return round;
    }
}
