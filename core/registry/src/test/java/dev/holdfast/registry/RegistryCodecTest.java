package dev.holdfast.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.RegistryRoot;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class RegistryCodecTest {
    private static final UUID CLUSTER = new UUID(3, 4);
    private static final Owner OWNER = new Owner(69, 9, 2, 1);
    private static final RegistrySeal SEAL = FalseLocation.SEAL;
    private static final RegistryRoot ROOT = new RegistryRoot(9, 2, 69, 70);

    @Test
    void a_header_comes_back_as_it_was() {
        UUID location = new UUID(5, 6);
        byte[] area = RegistryFormat.header(CLUSTER, location, SEAL);
        var good = new RegistryFormat.Header(CLUSTER, location);
        assertThat(RegistryFormat.readHeader(area, SEAL))
                .isEqualTo(new RegistryFormat.Reading(Optional.of(good), "", -1, false));

        area[20] ^= 1;
        assertThat(RegistryFormat.readHeader(area, SEAL))
                .isEqualTo(new RegistryFormat.Reading(Optional.of(good), "", 0, false));
        area[RegistryFormat.BLOCK + 50] ^= 1;
        assertThat(RegistryFormat.readHeader(area, SEAL).objection()).isEqualTo("its header is damaged");
    }

    @Test
    void batches_and_snapshots_come_back_as_they_were() throws Malformed {
        var batches = new Batches(List.of(aBatch(), Batch.delete("gone")));
        assertThat(Batches.decode(batches.encode())).isEqualTo(batches);
        assertThat(Snapshot.decode(aSnapshot().encode())).isEqualTo(aSnapshot());
    }

    @Test
    void a_chain_ends_where_the_owner_has_not_written() {
        Chain chain = read(aSegment());
        assertThat(chain.finished()).isTrue();
        assertThat(chain.lastLsn()).isEqualTo(43);
        assertThat(chain.damage()).isEmpty();
    }

    @Test
    void a_record_of_an_earlier_use_of_the_segment_does_not_continue_the_chain() {
        OpenSegment earlier = segment(new Owner(69 - RegistryFormat.SEGMENTS, 9, 2, 1), 2);
        byte[] area = area(aSegment());
        byte[] left = earlier.bytes(earlier.baseEnd(), earlier.tail());
        System.arraycopy(left, 0, area, aSegment().tail(), left.length);
        Chain chain = new Chain(CLUSTER, SEAL, ROOT);
        feed(chain, area);
        assertThat(chain.lastLsn()).isEqualTo(43);
    }

    @Test
    void a_wrong_bit_anywhere_shortens_the_chain_and_never_changes_what_it_says() {
        var random = new SplittableRandom(1);
        OpenSegment segment = aSegment();
        Chain good = read(segment);
        for (int i = 0; i < 3000; i++) {
            byte[] area = area(segment);
            int at = random.nextInt(segment.tail());
            area[at] ^= (byte) (1 << random.nextInt(8));
            Chain chain = new Chain(CLUSTER, SEAL, ROOT);
            feed(chain, area);
            assertThat(chain.finished()).isTrue();
            for (int link = 0; link < chain.links().size(); link++) {
                assertThat(chain.links().get(link).hash())
                        .isEqualTo(good.links().get(link).hash());
            }
        }
    }

    @Test
    void any_bytes_give_a_value_or_a_refusal() {
        var random = new SplittableRandom(2);
        byte[] batches = new Batches(List.of(aBatch())).encode();
        byte[] snapshot = aSnapshot().encode();
        for (int i = 0; i < 20_000; i++) {
            decodeBatches(mutated(batches, random));
            decodeSnapshot(mutated(snapshot, random));
            byte[] noise = new byte[random.nextInt(3) * RegistryFormat.BLOCK];
            random.nextBytes(noise);
            RegistryFormat.readHeader(noise, SEAL);
            RegistryFormat.readHeader(mutated(RegistryFormat.header(CLUSTER, CLUSTER, SEAL), random), SEAL);
        }
    }

    @Test
    void any_header_fields_give_a_chain_that_ends() {
        var random = new SplittableRandom(3);
        OpenSegment segment = aSegment();
        for (int i = 0; i < 3000; i++) {
            byte[] area = area(segment);
            // Noise in the headers: lengths, numbers, kinds that no writer ever wrote.
            for (int hits = 1 + random.nextInt(6); hits > 0; hits--) {
                int block = random.nextInt(segment.tail() / RegistryFormat.BLOCK) * RegistryFormat.BLOCK;
                area[block + 8 + random.nextInt(LogRecord.HEADER_BYTES - 8)] = (byte) random.nextInt();
            }
            Chain chain = new Chain(CLUSTER, SEAL, ROOT);
            feed(chain, area);
            assertThat(chain.finished()).isTrue();
        }
    }

    @Test
    void what_is_good_on_one_location_is_good_on_another_that_holds_the_same_bytes_and_on_no_other() {
        var random = new SplittableRandom(4);
        OpenSegment segment = aSegment();
        Chain good = new Chain(CLUSTER, SEAL, ROOT);
        feed(good, area(segment));
        for (int i = 0; i < 1000; i++) {
            byte[] area = area(segment);
            if (i > 0) {
                area[random.nextInt(segment.tail())] ^= (byte) (1 << random.nextInt(8));
            }
            Chain alone = new Chain(CLUSTER, SEAL, ROOT);
            feed(alone, area);
            Chain beside = new Chain(CLUSTER, SEAL, ROOT);
            feed(beside, area, List.of(beside, new Chain(CLUSTER, SEAL, ROOT), good));
            assertThat(beside.damage()).isEqualTo(alone.damage());
            assertThat(beside.links())
                    .extracting(Chain.Link::lsn)
                    .isEqualTo(alone.links().stream().map(Chain.Link::lsn).toList());
            assertThat(beside.links())
                    .extracting(link -> HexFormat.of().formatHex(link.hash()))
                    .isEqualTo(alone.links().stream()
                            .map(link -> HexFormat.of().formatHex(link.hash()))
                            .toList());
        }
    }

    @Test
    void a_batch_that_could_not_be_read_again_is_not_made() {
        assertThatThrownBy(() -> Batch.put("", "v")).hasMessageContaining("1 to 1024 bytes");
        assertThatThrownBy(() -> Batch.put("k", "v".repeat(Batch.MAX_VALUE_BYTES + 1)))
                .hasMessageContaining("at most");
        assertThatThrownBy(() -> Batch.put("k", "half \ud83d")).hasMessageContaining("half a character");
        assertThatThrownBy(() -> new Batch(new TreeMap<>(Map.of("k", "v")), new TreeSet<>(List.of("k"))))
                .hasMessageContaining("both put and deleted");
    }

    private static void decodeBatches(byte[] bytes) {
        Draft applied = new Draft(RegistryContent.EMPTY);
        boolean good;
        try {
            Batches.apply(new BytesIn(bytes, 0, bytes.length), applied);
            good = true;
        } catch (Malformed e) {
            assertThat(e).hasMessageMatching(".+");
            good = false;
        }
        try {
            Batches decoded = Batches.decode(bytes);
            assertThat(Batches.decode(decoded.encode())).isEqualTo(decoded);
            // What a new master applies at once is what was decoded first and then applied.
            Draft draft = new Draft(RegistryContent.EMPTY);
            decoded.batches().forEach(draft::apply);
            assertThat(good).isTrue();
            assertThat(applied.content()).isEqualTo(draft.content());
            assertThat(applied.bytes()).isEqualTo(draft.bytes());
        } catch (Malformed e) {
            assertThat(good).isFalse();
        }
    }

    @Test
    void batches_are_applied_from_their_bytes_as_if_they_were_decoded_first() throws Malformed {
        var puts = new TreeMap<>(Map.of("a", "1", "\u00e4\ufffd", "\ud83d\ude00", "gone", "x"));
        var batches = new Batches(List.of(
                new Batch(puts, new TreeSet<>(Set.of("never"))),
                Batch.put("a", "a longer value than before"),
                Batch.delete("gone")));
        decodeBatches(batches.encode());
        Draft draft = new Draft(RegistryContent.EMPTY);
        byte[] bytes = batches.encode();
        Batches.apply(new BytesIn(bytes, 0, bytes.length), draft);
        assertThat(draft.version()).isEqualTo(3);
        assertThat(draft.content().entries()).containsOnlyKeys("a", "\u00e4\ufffd");
    }

    private static void decodeSnapshot(byte[] bytes) {
        try {
            Snapshot decoded = Snapshot.decode(bytes);
            assertThat(Snapshot.decode(decoded.encode())).isEqualTo(decoded);
        } catch (Malformed e) {
            assertThat(e).hasMessageMatching(".+");
        }
    }

    private static byte[] mutated(byte[] bytes, SplittableRandom random) {
        byte[] result = random.nextInt(4) == 0
                ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 8))
                : bytes.clone();
        for (int hits = random.nextInt(4); hits > 0 && result.length > 0; hits--) {
            result[random.nextInt(result.length)] = (byte) random.nextInt();
        }
        return result;
    }

    private static Batch aBatch() {
        return new Batch(new TreeMap<>(Map.of("resource.web", "Ü ☂ 😀", "b", "")), new TreeSet<>(List.of("c", "d")));
    }

    private static Snapshot aSnapshot() {
        var owners = new TreeMap<Integer, Owner>();
        owners.put(OWNER.segment(), OWNER);
        owners.put(7, Owner.unknown(7));
        return new Snapshot(
                new RegistryContent(41, new TreeMap<>(Map.of("x", "y", "z", ""))),
                owners,
                List.of(
                        new Voter(new UUID(1, 1), "/dev/a"),
                        new Voter(Voter.UNSEEN, "/dev/b"),
                        new Voter(new UUID(1, 3), "/dev/c")),
                new TreeMap<>(Map.of("of", "a later release")));
    }

    private static OpenSegment aSegment() {
        return segment(OWNER, 2);
    }

    private static OpenSegment segment(Owner owner, int records) {
        var segment = new OpenSegment(
                CLUSTER, SEAL, owner, aSnapshot(), 40, LogRecord.NOTHING_BEFORE, RegistryFormat.SEGMENT_BYTES);
        for (int i = 0; i < records; i++) {
            segment.append(
                    LogRecord.Kind.BATCHES, new Batches(List.of(Batch.put("k" + i, "v".repeat(3000 * i)))).encode());
        }
        return segment;
    }

    private static byte[] area(OpenSegment segment) {
        byte[] area = new byte[64 << 10];
        byte[] written = segment.bytes(0, segment.tail());
        System.arraycopy(written, 0, area, 0, written.length);
        return area;
    }

    private static Chain read(OpenSegment segment) {
        var chain = new Chain(CLUSTER, SEAL, ROOT);
        feed(chain, area(segment));
        return chain;
    }

    private static void feed(Chain chain, byte[] area) {
        feed(chain, area, List.of());
    }

    private static void feed(Chain chain, byte[] area, List<Chain> others) {
        while (!chain.finished()) {
            byte[] piece = new byte[chain.wanted()];
            int there = Math.clamp(area.length - chain.offset(), 0, piece.length);
            System.arraycopy(area, Math.min(chain.offset(), area.length), piece, 0, there);
            chain.accept(piece, others);
        }
    }
}
