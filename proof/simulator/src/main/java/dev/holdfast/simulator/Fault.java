package dev.holdfast.simulator;

/** Kinds of trouble. Every seed draws a subset, so that rare mixes get room (swarm testing, Groce and others, 2012). */
enum Fault {
    PARTITION,
    ISOLATION,
    ONE_WAY,
    ONE_LINK,
    FLAPPING,
    LOSS,
    SLOW_LINK,
    CARRIER,
    CSSD_CRASH,
    CSSD_AND_CRSD_CRASH,
    CRSD_CRASH,
    CSSD_PAUSE,
    NODE_PAUSE,
    CRSD_PAUSE,
    PAUSE_BEFORE_PET,
    STALL,
    STALL_WITH_STUCK_DISK,
    POWER_OFF,
    RESET,
    DISK_SLOW,
    DISK_HANG,
    DISK_ERRORS,
    DISK_PATH_LOST,
    DISK_AWAY,
    STORAGE_HANG,
    LEAVE
}
