package dev.holdfast.membership;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What a node says of voting disks in its block.
 *
 * @param usable the disks that this node writes and reads without trouble at present, also such as have no vote yet
 * @param sought from the master alone: disks that it wants to give a vote, with the path at which it has them open itself. Each node
 *     opens them, at that path or wherever it finds them, and then lists them in {@code usable}
 */
public record DiskReport(SortedSet<UUID> usable, SortedMap<UUID, String> sought) {
    public static final DiskReport NONE = new DiskReport(new TreeSet<>(), new TreeMap<>());

    public DiskReport {
        usable = Collections.unmodifiableSortedSet(new TreeSet<>(usable));
        sought = Collections.unmodifiableSortedMap(new TreeMap<>(sought));
    }
}
