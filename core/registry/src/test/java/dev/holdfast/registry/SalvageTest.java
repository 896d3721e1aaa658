package dev.holdfast.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What locations still hold when the registry cannot be opened any more. */
final class SalvageTest {
    private static final Duration A_WHILE = Duration.ofSeconds(6);

    @Test
    void without_any_header_all_that_was_acknowledged_is_found() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.newMaster().submit(2, Batch.put("b", "2")).submit(3, Batch.delete("a"));
        run.locations.forEach(location -> location.write(0, new byte[RegistryFormat.HEADER_AREA]));

        for (FalseLocation location : run.locations) {
            Salvage.Found found = salvage(location).orElseThrow();
            assertThat(found.content().entries()).containsOnlyKeys("b");
            assertThat(found.content().version()).isEqualTo(3);
            assertThat(found.places()).isEqualTo(run.places);
            assertThat(found.epoch()).isEqualTo(2);
            assertThat(found.damage()).isEmpty();
        }
    }

    @Test
    void of_a_location_that_was_away_the_older_state_is_told_from_the_newer_one_of_the_others() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.away(0).newMaster().pass(A_WHILE).submit(2, Batch.put("b", "2"));

        Salvage.Found older = salvage(run.locations.get(0)).orElseThrow();
        Salvage.Found newer = salvage(run.locations.get(1)).orElseThrow();
        assertThat(older.content().entries()).containsOnlyKeys("a");
        assertThat(newer.content().entries()).containsOnlyKeys("a", "b");
        assertThat(Salvage.Found.byAge().compare(older, newer)).isNegative();
    }

    @Test
    void a_base_that_is_not_whole_is_passed_over_for_the_one_before() {
        var run = new DirectRun(1).newMaster().submit(1, Batch.put("a", "1"));
        run.newMaster();
        FalseLocation location = run.locations.get(0);
        long base = RegistryFormat.position(Owner.segmentOf(run.root.segment()), 0);
        byte[] block = location.read(base, RegistryFormat.BLOCK);
        block[LogRecord.HEADER_BYTES + 3] ^= 1;
        location.write(base, block);

        assertThat(salvage(location).orElseThrow().content().entries()).containsOnlyKeys("a");
        assertThat(salvage(location).orElseThrow().epoch()).isEqualTo(1);
    }

    @Test
    void what_is_of_another_cluster_is_nothing() {
        var run = new DirectRun(1).newMaster().submit(1, Batch.put("a", "1"));
        var forger = new Salvage(DirectRun.CLUSTER, RegistrySeal.of(new byte[] {1}));
        assertThat(read(forger, run.locations.get(0))).isEmpty();
        assertThat(salvage(new FalseLocation(DirectRun.CLUSTER, DirectRun.CLUSTER)))
                .isEmpty();
    }

    @Test
    void any_bytes_come_to_an_end() {
        var random = new SplittableRandom(5);
        var run = new DirectRun(1).newMaster().submit(1, Batch.put("a", "1")).newMaster();
        for (int i = 0; i < 500; i++) {
            FalseLocation location = run.locations.get(0);
            int segment = List.of(Owner.segmentOf(run.root.segment()), random.nextInt(RegistryFormat.SEGMENTS))
                    .get(random.nextInt(2));
            long at = RegistryFormat.position(segment, 0);
            byte[] block = location.read(at, RegistryFormat.BLOCK);
            block[random.nextInt(300)] = (byte) random.nextInt();
            location.write(at, block);
            salvage(location);
        }
    }

    private static Optional<Salvage.Found> salvage(FalseLocation location) {
        return read(new Salvage(DirectRun.CLUSTER, FalseLocation.SEAL), location);
    }

    private static Optional<Salvage.Found> read(Salvage salvage, FalseLocation location) {
        int pieces = 0;
        for (Optional<Salvage.Piece> next = salvage.wanted(); next.isPresent(); next = salvage.wanted()) {
            Salvage.Piece piece = next.get();
            salvage.accept(location.read(RegistryFormat.position(piece.segment(), piece.offset()), piece.length()));
            assertThat(++pieces).isLessThan(1000);
        }
        return salvage.found();
    }
}
