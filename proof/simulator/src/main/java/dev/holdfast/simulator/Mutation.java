package dev.holdfast.simulator;

import java.util.List;

/**
 * A promise of the world that is broken on purpose. The protocol leans on each of them, so the simulator must find a
 * violation within few seeds; if it does not, it would not find a real mistake either.
 */
enum Mutation {
    NONE,
    /** The fence device says "off, verified" and has done nothing. */
    FENCE_LIES,
    /** The watchdog never fires. */
    WATCHDOG_DISABLED,
    /** The watchdog is pet without arming the kill timer first. */
    KILL_TIMER_NOT_ARMED,
    /** Letting go says that all is stopped and verified, and has stopped nothing. */
    LET_GO_LIES,
    /** Letting go kills what runs, but spares a crsd that has checked its lease and is about to start something. */
    LET_GO_SPARES_CRSD,
    /** Voting disks now and then show what was there before the last write, although that was acknowledged. */
    STALE_READS,
    /** A disk thread stuck in the kernel keeps the watchdog of a killed cssd open; closing it later pets it once more. */
    CORPSE_KEEPS_WATCHDOG,
    /** A machine is frozen and thawed, its clock and watchdog with it, although its timer is vouched for. */
    VM_FREEZE_VOUCHED,
    /** A disk is taken for what it was when it was opened, also when it was given away, and blanked, since. */
    HEADER_READ_ONCE,
    /** Nodes publish half of the time after which they are certainly harmless. */
    TIMER_TOO_SHORT;

    /**
     * The trouble in which this promise is the last that holds. Where there is any, scenarios are drawn with nothing
     * else, and without a fence device, which would be quicker than what is to be shown. Empty: any trouble will do.
     */
    List<Fault> focus() {
        return switch (this) {
            case WATCHDOG_DISABLED -> List.of(Fault.STALL, Fault.CSSD_AND_CRSD_CRASH);
            case KILL_TIMER_NOT_ARMED -> List.of(Fault.PAUSE_BEFORE_PET);
            case CORPSE_KEEPS_WATCHDOG -> List.of(Fault.STALL_WITH_STUCK_DISK);
            case VM_FREEZE_VOUCHED -> List.of(Fault.VM_FREEZE);
            case TIMER_TOO_SHORT -> List.of(Fault.STALL);
            case HEADER_READ_ONCE -> List.of(Fault.CHANGE_IN_EVICTION);
            case NONE, FENCE_LIES, LET_GO_LIES, LET_GO_SPARES_CRSD, STALE_READS -> List.of();
        };
    }
}
