package dev.holdfast.registry;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The payload of a base record: everything that a new master must know.
 *
 * @param owners the last known owner of each segment, so that none is reused while its owner may still write
 * @param places how many locations were configured; a majority of them counts
 * @param voters the locations that count, by the identity in their header; at most {@code places}. A location that was
 *     replaced or wiped has another identity: it cannot pretend that it never was sent what it has forgotten
 */
record Snapshot(RegistryContent content, SortedMap<Integer, Owner> owners, int places, SortedSet<UUID> voters) {
    Snapshot {
        owners = Collections.unmodifiableSortedMap(new TreeMap<>(owners));
        voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
    }

    int majority() {
        return places / 2 + 1;
    }

    byte[] encode() {
        var out = new BytesOut().number(content.version()).number(places).number(voters.size());
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
        int places = in.number();
        var voters = new TreeSet<UUID>();
        for (int left = in.count(16); left > 0; left--) {
            voters.add(in.uuid());
        }
        if (version < 0 || places < 1 || voters.size() > places) {
            throw new Malformed("version " + version + ", " + voters.size() + " of " + places + " locations");
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
        return new Snapshot(new RegistryContent(version, entries), owners, places, voters);
    }
}
