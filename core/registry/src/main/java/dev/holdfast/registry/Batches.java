package dev.holdfast.registry;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** The payload of a record that changes the content: batches in the order in which they are applied. */
record Batches(List<Batch> batches) {
    Batches {
        batches = List.copyOf(batches);
    }

    byte[] encode() {
        var out = new BytesOut().number(batches.size());
        for (Batch batch : batches) {
            out.number(batch.puts().size());
            batch.puts().forEach((key, value) -> out.text(key).text(value));
            out.number(batch.deletes().size());
            batch.deletes().forEach(out::text);
        }
        return out.bytes();
    }

    static Batches decode(byte[] payload) throws Malformed {
        return decode(new BytesIn(payload, 0, payload.length));
    }

    static Batches decode(BytesIn in) throws Malformed {
        int count = in.count(8);
        List<Batch> batches = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            batches.add(batch(in));
        }
        in.end();
        return new Batches(batches);
    }

    /** Makes all changes of {@code in} to {@code draft}, as if the batches were decoded and applied: a new master does that with all of the log. */
    static void apply(BytesIn in, Draft draft) throws Malformed {
        for (int batches = in.count(8); batches > 0; batches--) {
            var put = new HashSet<String>();
            for (int left = in.count(8); left > 0; left--) {
                int before = in.left();
                String key = key(in);
                String value = in.text(Batch.MAX_VALUE_BYTES);
                draft.put(key, value, before - in.left());
                put.add(key);
            }
            for (int left = in.count(4); left > 0; left--) {
                String key = key(in);
                if (put.contains(key)) {
                    throw new Malformed("a batch that cannot be: '" + key + "' is both put and deleted in one batch");
                }
                draft.delete(key);
            }
            draft.endBatch();
        }
        in.end();
    }

    private static String key(BytesIn in) throws Malformed {
        String key = in.text(Batch.MAX_KEY_BYTES);
        if (key.isEmpty()) {
            throw new Malformed("a batch that cannot be: an empty key");
        }
        return key;
    }

    private static Batch batch(BytesIn in) throws Malformed {
        var puts = new TreeMap<String, String>();
        for (int left = in.count(8); left > 0; left--) {
            puts.put(in.text(Batch.MAX_KEY_BYTES), in.text(Batch.MAX_VALUE_BYTES));
        }
        var deletes = new TreeSet<String>();
        for (int left = in.count(4); left > 0; left--) {
            deletes.add(in.text(Batch.MAX_KEY_BYTES));
        }
        try {
            return new Batch(puts, deletes);
        } catch (IllegalArgumentException e) {
            throw new Malformed("a batch that cannot be: " + e.getMessage());
        }
    }
}
