package dev.holdfast.control;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What is answered to a {@link RegistryRequest}; carried by {@link Reply.OfRegistry}. */
public sealed interface RegistryReply {
    /**
     * How the registry is.
     *
     * @param format of what stands on the locations
     * @param totalBytes the largest content
     * @param version how often the content was changed
     * @param id of the cluster
     * @param trouble why no changes are acknowledged at present; empty if they are
     * @param logicalChecked whether the entries were looked at; not if the registry is not open
     * @param logical entries that are not understood; none is good
     */
    record Check(
            int format,
            long totalBytes,
            long usedBytes,
            long version,
            String id,
            String trouble,
            List<Location> locations,
            boolean logicalChecked,
            List<String> logical)
            implements RegistryReply {
        public Check {
            locations = List.copyOf(locations);
            logical = List.copyOf(logical);
        }
    }

    /**
     * One location.
     *
     * @param state ONLINE, COPYING, OPENING, HUNG, FAILED, DAMAGED or FOREIGN
     * @param uuid empty if its header was never read
     * @param votes whether its copy counts
     * @param heldBytes what it is known to hold of the present segment, of {@code segmentBytes}
     * @param checked whether it was read and compared for this answer
     * @param finding what was wrong with it, possibly repaired since; empty: nothing
     * @param detail why it is not ONLINE
     */
    record Location(
            String path,
            String state,
            String uuid,
            boolean votes,
            long heldBytes,
            long segmentBytes,
            boolean checked,
            String finding,
            String detail) {}

    /** Entries in the order of their keys; {@code more}: others follow. */
    record Part(long version, SortedMap<String, String> entries, boolean more) implements RegistryReply {
        public Part {
            entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
        }

        static Part of(long version, Map<String, String> entries, boolean more) {
            return new Part(version, new TreeMap<>(entries), more);
        }
    }

    /**
     * Backups, newest first.
     *
     * @param directory where they are made, on each node
     * @param minutes between two automatic ones
     * @param silent nodes that did not answer
     */
    record Backups(List<Backup> backups, String directory, int minutes, int keep, List<String> silent)
            implements RegistryReply {
        public Backups {
            backups = List.copyOf(backups);
            silent = List.copyOf(silent);
        }
    }

    /** One file; {@code takenMillis}: wall clock, since 1970; {@code trouble}: why it could not be used, possibly empty. */
    record Backup(String node, long takenMillis, String path, boolean automatic, long version, String trouble) {}
}
