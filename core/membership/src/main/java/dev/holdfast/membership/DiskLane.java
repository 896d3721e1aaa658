package dev.holdfast.membership;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations on one kind of block: at most one per disk is under way (R1), and each belongs to the round that
 * began it. A disk that hangs stays busy and is left out of later rounds until it answers.
 */
final class DiskLane {
    private final long[] operations = new long[MembershipSettings.DISKS_MAX];
    private final @Nullable DiskRound[] rounds = new DiskRound[MembershipSettings.DISKS_MAX];

    /** Those of {@code disks} (bits by number) that have nothing under way. */
    List<Integer> free(long disks) {
        List<Integer> free = new ArrayList<>();
        for (long rest = disks; rest != 0; rest &= rest - 1) {
            int disk = Long.numberOfTrailingZeros(rest);
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
        return disk >= 0 && disk < operations.length && operations[disk] == operation;
    }

    /** The operation under way on {@code disk}, if any; 0 for none. */
    long underWay(int disk) {
        return operations[disk];
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
