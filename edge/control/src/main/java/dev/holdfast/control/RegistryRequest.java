package dev.holdfast.control;

import java.util.List;
import java.util.Optional;

/** What can be asked of the registry; carried by {@link Request.OfRegistry}, answered with a {@link RegistryReply}, Done or Refused. */
public sealed interface RegistryRequest {
    /** Reads every location and compares it with what it should hold; answered with {@link RegistryReply.Check}. */
    record Check() implements RegistryRequest {}

    /** The locations as they are configured; answered with {@link RegistryReply.Check}, of which only the paths count. */
    record Locations() implements RegistryRequest {}

    /**
     * A part of the content; answered with {@link RegistryReply.Part}. For root.
     *
     * @param after the last key of the part before; empty for the first
     * @param version of the part before, as all parts are of one version; -1 for the first
     */
    record Read(String after, long version) implements RegistryRequest {}

    /** Makes a backup on every member now; answered with {@link RegistryReply.Backups}: those just made. For root. */
    record BackUp() implements RegistryRequest {}

    /** Answered with {@link RegistryReply.Backups}: those of every member, newest first. */
    record ListBackups() implements RegistryRequest {}

    /**
     * Where and how often backups are made. What is absent stays. For root.
     *
     * @param directory on every node
     * @param minutes between two automatic backups
     * @param keep how many of those are kept
     */
    record SetBackups(Optional<String> directory, Optional<Integer> minutes, Optional<Integer> keep)
            implements RegistryRequest {}

    /**
     * Makes what a file of the asked node holds the whole content; refused while resources run. For root.
     *
     * @param backup it must be a backup of this cluster; otherwise any export will do
     * @param force although entries of it are not understood, or the file was edited
     */
    record Restore(String file, boolean backup, boolean force) implements RegistryRequest {}

    /**
     * Changes the registry locations; for root.
     *
     * @param add paths, which are formatted
     * @param remove paths or identities
     * @param force format also what is not blank
     */
    record ChangeLocations(List<String> add, List<String> remove, boolean force) implements RegistryRequest {
        public ChangeLocations {
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }
    }
}
