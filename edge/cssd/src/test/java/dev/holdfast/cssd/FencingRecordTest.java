package dev.holdfast.cssd;

import static dev.holdfast.cssd.BlockCodecTest.N1;
import static dev.holdfast.cssd.BlockCodecTest.N2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cssd.FencingRecord.Entry;
import dev.holdfast.cssd.FencingRecord.Kind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FencingRecordTest {
    private static final int FUZZ_INPUTS = 20_000;

    private final RecordCodec codec = new RecordCodec(new BlockSeal(new UUID(1, 2), ClusterKey.of(new byte[32])));

    static FencingRecord aRecord(long epoch, Entry... story) {
        return new FencingRecord(
                N2, new Incarnation(3), new Epoch(epoch), N1, 1000 * epoch, false, "silent: ümläut", List.of(story));
    }

    @Test
    void what_is_written_is_read_back() {
        RecordCodec.Memory memory = new RecordCodec.Memory(
                7,
                List.of(
                        aRecord(4, new Entry(Kind.REQUESTED, N1, 5, ""), new Entry(Kind.FENCED, N1, 6, "off")),
                        aRecord(5)));
        assertThat(codec.decode(codec.encode(N1, memory), 0, N1)).contains(memory);
        assertThat(codec.decode(codec.encode(N1, memory), 0, N2)).isEmpty();
    }

    @Test
    void every_kind_has_a_code_of_its_own() {
        for (Kind kind : Kind.values()) {
            assertThat(Kind.of(kind.code)).isEqualTo(kind);
        }
    }

    @Test
    void what_does_not_fit_any_more_is_the_oldest() {
        List<FencingRecord> many = new ArrayList<>();
        for (int epoch = 1; epoch <= 40; epoch++) {
            FencingRecord record = aRecord(epoch);
            for (int i = 0; i < 20; i++) {
                record = record.with(new Entry(Kind.FAILED, N1, i, "x".repeat(300)));
            }
            many.add(record);
        }
        List<FencingRecord> kept = codec.decode(codec.encode(N1, new RecordCodec.Memory(1, many)), 0, N1)
                .orElseThrow()
                .records();
        assertThat(kept).extracting(record -> record.evictedIn().number()).containsExactly(39L, 40L);
        assertThat(kept.getLast().story())
                .hasSize(RecordCodec.ENTRIES_MAX)
                .allMatch(entry -> entry.text().equals("x".repeat(200)));
        assertThat(kept.getLast().story().getFirst().wallMillis()).isZero();
        assertThat(kept.getLast().story().getLast().wallMillis()).isEqualTo(19);
    }

    @Test
    void a_text_is_cut_between_characters() {
        FencingRecord long_ =
                new FencingRecord(N2, new Incarnation(1), new Epoch(1), N1, 1, true, "ü".repeat(150), List.of());
        FencingRecord read = codec.decode(codec.encode(N1, new RecordCodec.Memory(1, List.of(long_))), 0, N1)
                .orElseThrow()
                .records()
                .getFirst();
        assertThat(read.reason()).isEqualTo("ü".repeat(100));
        assertThat(read.byItsOwnWord()).isTrue();
    }

    @Test
    void any_bytes_give_a_memory_or_nothing() {
        Random random = new Random(7);
        byte[] good =
                codec.encode(N1, new RecordCodec.Memory(1, List.of(aRecord(4, new Entry(Kind.TIMER, N2, 1, "t")))));
        // Sealed by whoever has the key, and yet nonsense: the payload itself must be decoded with care.
        BlockSeal seal = new BlockSeal(new UUID(1, 2), ClusterKey.of(new byte[32]));
        int accepted = 0;
        for (int i = 0; i < FUZZ_INPUTS; i++) {
            byte[] payload = new byte[1 + random.nextInt(BlockSeal.PAYLOAD_MAX)];
            random.nextBytes(payload);
            payload[0] = 1;
            if (i % 2 == 0) { // A real one with a few bytes changed gets further.
                int length = Math.min(payload.length, 200);
                System.arraycopy(good, BlockSeal.PAYLOAD, payload, 0, length);
                payload[random.nextInt(length)] = (byte) random.nextInt();
            }
            byte[] block = seal.seal(RecordCodec.MAGIC, payload, payload.length);
            accepted += codec.decode(block, 0, N1).isPresent() ? 1 : 0;
            block[random.nextInt(BlockSeal.BLOCK - 4)] ^= (byte) (1 + random.nextInt(255));
            assertThat(codec.decode(block, 0, N1)).isEmpty();
        }
        assertThat(accepted).isPositive();
    }

    @Test
    void what_several_nodes_remember_of_a_life_becomes_one_story_in_whatever_order_it_is_read() {
        FencingRecord proposers =
                aRecord(4, new Entry(Kind.REQUESTED, N1, 10, ""), new Entry(Kind.FENCED, N1, 30, "off"));
        FencingRecord masters = new FencingRecord(
                N2,
                new Incarnation(3),
                new Epoch(4),
                N1,
                4700,
                true,
                "other words",
                List.of(new Entry(Kind.FAILED, N2, 20, "no answer"), new Entry(Kind.FENCED, N1, 30, "off")));
        FencingRecord later = aRecord(9);
        List<FencingRecord> merged = FencingRecord.merge(List.of(List.of(later, proposers), List.of(masters)));
        assertThat(merged)
                .isEqualTo(FencingRecord.merge(List.of(List.of(masters), List.of(proposers), List.of(later))))
                .containsExactly(
                        aRecord(
                                4,
                                new Entry(Kind.REQUESTED, N1, 10, ""),
                                new Entry(Kind.FAILED, N2, 20, "no answer"),
                                new Entry(Kind.FENCED, N1, 30, "off")),
                        later);
        assertThat(merged.getFirst().proof()).contains(new Entry(Kind.FENCED, N1, 30, "off"));
        assertThat(merged.getLast().proof()).isEmpty();
    }
}
