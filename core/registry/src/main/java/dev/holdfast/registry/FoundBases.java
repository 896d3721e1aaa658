package dev.holdfast.registry;

import dev.holdfast.model.RegistryRoot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The bases that a location holds, found by a look at what each of its segments begins with; then taken, the newest first. */
final class FoundBases {
    private final UUID cluster;
    private final long latest;
    private final List<RegistryRoot> bases = new ArrayList<>();
    private int searched;

    /** @param latest generation; what would be newer cannot be of this registry, and is not taken */
    FoundBases(UUID cluster, long latest) {
        this.cluster = cluster;
        this.latest = latest;
    }

    boolean isSearched() {
        return searched >= RegistryFormat.SEGMENTS;
    }

    /** The segment that is to be looked at next. */
    int segment() {
        return searched;
    }

    /** {@code block} is what {@link #segment} begins with; any bytes. */
    void accept(byte[] block) {
        LogRecord.ownerOfBase(block, cluster, searched)
                .filter(owner -> owner.ticket() <= latest)
                .ifPresent(owner -> bases.add(owner.rootOfBase()));
        searched++;
    }

    /** The newest that was not taken yet; null if there is none. */
    @Nullable
    RegistryRoot take() {
        RegistryRoot newest = bases.stream()
                .max(Comparator.comparingLong(RegistryRoot::generation))
                .orElse(null);
        bases.remove(newest);
        return newest;
    }
}
