package dev.holdfast.cssd;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A node's block in the area of fencing records, as bytes; see docs/protocol/voting-disk.md. Decoding is total. */
final class RecordCodec {
    /** "HFFENC01" as a little-endian word: kind and version of the block. */
    static final long MAGIC = 0x3130434e45464648L;

    static final int RECORDS_MAX = 16;
    static final int ENTRIES_MAX = 8;
    private static final int FLAG_OWN_WORD = 1;

    private final BlockSeal seal;

    RecordCodec(BlockSeal seal) {
        this.seal = seal;
    }

    /** What one node remembers, oldest first; of two copies the one with the higher sequence is the newer. */
    record Memory(long sequence, List<FencingRecord> records) {
        Memory {
            records = List.copyOf(records);
        }
    }

    /** The block; what does not fit any more is the oldest, and is forgotten. */
    byte[] encode(NodeId node, Memory memory) {
        List<byte[]> parts = new ArrayList<>();
        int room = BlockSeal.PAYLOAD_MAX - 1 - 8 - 1;
        List<FencingRecord> records = memory.records();
        for (int i = records.size() - 1; i >= 0 && parts.size() < RECORDS_MAX; i--) {
            byte[] part = bytes(records.get(i));
            if (part.length > room) {
                break;
            }
            room -= part.length;
            parts.addFirst(part);
        }
        byte[] payload = new byte[BlockSeal.PAYLOAD_MAX];
        ByteBuffer out = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) node.number());
        out.putLong(memory.sequence());
        out.put((byte) parts.size());
        parts.forEach(out::put);
        return seal.seal(MAGIC, payload, out.position());
    }

    /** What {@code node} remembers, or nothing if these bytes are not its block. */
    Optional<Memory> decode(byte[] area, int offset, NodeId node) {
        return seal.open(MAGIC, area, offset).flatMap(in -> {
            try {
                if (in.get() != node.number()) {
                    return Optional.empty();
                }
                long sequence = in.getLong();
                int count = in.get() & 0xff;
                if (count > RECORDS_MAX) {
                    return Optional.empty();
                }
                List<FencingRecord> records = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    records.add(record(in));
                }
                return Optional.of(new Memory(sequence, records));
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                return Optional.empty();
            }
        });
    }

    private static byte[] bytes(FencingRecord record) {
        ByteBuffer out = ByteBuffer.allocate(BlockSeal.BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) record.victim().number());
        out.putLong(record.incarnation().number());
        out.putLong(record.evictedIn().number());
        out.put((byte) record.by().number());
        out.putLong(record.wallMillis());
        out.put((byte) (record.byItsOwnWord() ? FLAG_OWN_WORD : 0));
        BlockText.put(out, record.reason());
        List<FencingRecord.Entry> kept = shortened(record.story());
        out.put((byte) kept.size());
        for (FencingRecord.Entry entry : kept) {
            out.put(entry.kind().code);
            out.put((byte) entry.witness().number());
            out.putLong(entry.wallMillis());
            BlockText.put(out, entry.text());
        }
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /** How it began and how it ended is worth more than the tenth failure in between. */
    static List<FencingRecord.Entry> shortened(List<FencingRecord.Entry> story) {
        if (story.size() <= ENTRIES_MAX) {
            return story;
        }
        List<FencingRecord.Entry> kept = new ArrayList<>(story.subList(0, ENTRIES_MAX / 2));
        kept.addAll(story.subList(story.size() - ENTRIES_MAX / 2, story.size()));
        return kept;
    }

    private static FencingRecord record(ByteBuffer in) {
        NodeId victim = new NodeId(in.get());
        Incarnation incarnation = new Incarnation(in.getLong());
        Epoch evictedIn = new Epoch(in.getLong());
        NodeId by = new NodeId(in.get());
        long wallMillis = in.getLong();
        boolean ownWord = (in.get() & FLAG_OWN_WORD) != 0;
        String reason = BlockText.get(in);
        int count = in.get() & 0xff;
        if (count > ENTRIES_MAX) {
            throw new IllegalArgumentException("a story of " + count + " entries");
        }
        List<FencingRecord.Entry> story = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            story.add(new FencingRecord.Entry(
                    FencingRecord.Kind.of(in.get()), new NodeId(in.get()), in.getLong(), BlockText.get(in)));
        }
        return new FencingRecord(victim, incarnation, evictedIn, by, wallMillis, ownWord, reason, story);
    }
}
