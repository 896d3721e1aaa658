package dev.holdfast.registry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The payload of a base record: everything that a new master must know.
 *
 * @param owners the last known owner of each segment, so that none is reused while its owner may still write
 * @param voters the configured locations in their order, by the identity in their header; a majority of them counts. A
 *     location that was replaced or wiped has another identity: it cannot pretend that it never was sent what it has
 *     forgotten
 */
record Snapshot(RegistryContent content, SortedMap<Integer, Owner> owners, List<UUID> voters) {
    /** Stands for a location that has not been seen yet. */
    static final UUID UNSEEN = new UUID(0, 0);

    Snapshot {
        owners = Collections.unmodifiableSortedMap(new TreeMap<>(owners));
        voters = List.copyOf(voters);
    }

    /**
     * How many of the voters must be read to meet every majority that was written: whatever counts is on more than half
     * of all places, and only on voters that had been seen.
     */
    int enoughToRead() {
        int seen = (int) voters.stream().filter(voter -> !voter.equals(UNSEEN)).count();
        int written = voters.size() / 2 + 1;
        return Math.max(1, seen - written + 1);
    }

    byte[] encode() {
        var out = new BytesOut().number(content.version()).number(voters.size());
        voters.forEach(out::uuid);
        out.number(owners.size());
        owners.values().forEach(owner -> owner.encode(out));
        out.number(content.entries().size());
        content.entries().forEach((key, value) -> out.text(key).text(value));
        return out.bytes();
    }

    static Snapshot decode(byte[] payload) throws Malformed {
        var in = new BytesIn(payload);
        long version = in.longNumber();
        var voters = new ArrayList<UUID>();
        for (int left = in.count(16); left > 0; left--) {
            voters.add(in.uuid());
        }
        if (version < 0 || voters.isEmpty()) {
            throw new Malformed("version " + version + ", " + voters.size() + " locations");
        }
        var owners = new TreeMap<Integer, Owner>();
        for (int left = in.count(Owner.BYTES); left > 0; left--) {
            Owner owner = Owner.decode(in);
            owners.put(owner.segment(), owner);
        }
        var entries = new TreeMap<String, String>();
        for (int left = in.count(8); left > 0; left--) {
            entries.put(in.text(Batch.MAX_KEY_BYTES), in.text(Batch.MAX_VALUE_BYTES));
        }
        in.end();
        return new Snapshot(new RegistryContent(version, entries), owners, voters);
    }
}
