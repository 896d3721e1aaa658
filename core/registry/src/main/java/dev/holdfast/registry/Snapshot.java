package dev.holdfast.registry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The payload of a base record: everything that a new master must know.
 *
 * @param owners the last known owner of each segment, so that none is reused while its owner may still write
 * @param voters the registry locations in their order; a majority of them counts
 * @param more what a newer release keeps here: carried along by one that does not know it
 */
record Snapshot(
        RegistryContent content, SortedMap<Integer, Owner> owners, List<Voter> voters, SortedMap<String, String> more) {
    private static final int LONGEST_PLACE = 4096;

    Snapshot {
        owners = Collections.unmodifiableSortedMap(new TreeMap<>(owners));
        voters = List.copyOf(voters);
        more = Collections.unmodifiableSortedMap(new TreeMap<>(more));
    }

    List<String> places() {
        return voters.stream().map(Voter::place).toList();
    }

    /** How many voters must hold a record for it to count. */
    int majority() {
        return voters.size() / 2 + 1;
    }

    /**
     * How many of the voters must be read to meet every majority that was written: whatever counts is on more than half
     * of all places, and only on voters that had been seen.
     */
    int enoughToRead() {
        int seen = (int) voters.stream().filter(Voter::seen).count();
        return Math.max(1, seen - majority() + 1);
    }

    byte[] encode() {
        var out = new BytesOut().number(content.version()).number(voters.size());
        voters.forEach(voter -> out.uuid(voter.identity()).text(voter.place()));
        out.number(owners.size());
        owners.values().forEach(owner -> owner.encode(out));
        out.number(more.size());
        more.forEach((key, value) -> out.text(key).text(value));
        out.number(content.entries().size());
        content.entries().forEach((key, value) -> out.text(key).text(value));
        return out.bytes();
    }

    static Snapshot decode(byte[] payload) throws Malformed {
        return decode(new BytesIn(payload, 0, payload.length));
    }

    static Snapshot decode(BytesIn in) throws Malformed {
        long version = in.longNumber();
        var voters = new ArrayList<Voter>();
        for (int left = in.count(20); left > 0; left--) {
            voters.add(new Voter(in.uuid(), in.text(LONGEST_PLACE)));
        }
        if (version < 0 || voters.isEmpty()) {
            throw new Malformed("version " + version + ", " + voters.size() + " locations");
        }
        var owners = new TreeMap<Integer, Owner>();
        for (int left = in.count(Owner.BYTES); left > 0; left--) {
            Owner owner = Owner.decode(in);
            owners.put(owner.segment(), owner);
        }
        SortedMap<String, String> more = texts(in);
        SortedMap<String, String> entries = texts(in);
        in.end();
        return new Snapshot(new RegistryContent(version, entries), owners, voters, more);
    }

    private static SortedMap<String, String> texts(BytesIn in) throws Malformed {
        var texts = new TreeMap<String, String>();
        for (int left = in.count(8); left > 0; left--) {
            texts.put(in.text(Batch.MAX_KEY_BYTES), in.text(Batch.MAX_VALUE_BYTES));
        }
        return texts;
    }
}
