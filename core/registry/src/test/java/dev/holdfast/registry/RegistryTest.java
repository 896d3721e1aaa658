package dev.holdfast.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.View;
import dev.holdfast.registry.LocationReport.Condition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class RegistryTest {
    private static final Duration A_WHILE = Duration.ofSeconds(3);

    @Test
    void a_registry_that_was_never_written_opens_empty_and_keeps_what_it_is_given() {
        var run = new DirectRun(3).newMaster();
        assertThat(run.served).isEqualTo(RegistryContent.EMPTY);

        run.submit(1, Batch.put("resource.web", "TYPE=cluster_resource")).submit(2, Batch.put("setting", "on"));
        run.submit(3, Batch.delete("setting"));

        assertThat(run.acknowledged).isEqualTo(Map.of(1L, 1L, 2L, 2L, 3L, 3L));
        run.newMaster();
        assertThat(run.served)
                .isEqualTo(new RegistryContent(3, new TreeMap<>(Map.of("resource.web", "TYPE=cluster_resource"))));
    }

    @Test
    void one_location_is_enough_where_only_one_is_configured() {
        var run = new DirectRun(1).newMaster().submit(1, Batch.put("a", "1")).newMaster();

        assertThat(run.served).isEqualTo(RegistryContent.EMPTY.with(Batch.put("a", "1")));
    }

    @Test
    void a_location_that_hangs_does_not_hold_up_the_majority_and_is_brought_up_to_date_when_it_returns() {
        var run = new DirectRun(3).newMaster();
        run.away(1).submit(1, Batch.put("a", "1"));
        assertThat(run.acknowledged).containsKey(1L);

        run.pass(A_WHILE);
        assertThat(run.locationReports().get(1).condition()).isEqualTo(Condition.HUNG);

        run.submit(2, Batch.put("b", "2")).back();
        assertThat(run.locationReports().get(1).condition()).isEqualTo(Condition.ONLINE);
        run.away(0).newMaster().pass(A_WHILE);
        assertThat(run.served().entries()).containsKeys("a", "b");
    }

    @Test
    void without_a_majority_nothing_is_acknowledged_and_the_reason_is_told() {
        var run = new DirectRun(3).newMaster();
        run.away(0, 1).submit(1, Batch.put("a", "1")).pass(A_WHILE);

        assertThat(run.acknowledged).isEmpty();
        assertThat(run.waits).containsExactly("a majority of the registry locations can not be written");

        run.back();
        assertThat(run.acknowledged).containsKey(1L);
    }

    @Test
    void a_master_that_can_not_read_a_majority_does_not_serve() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));

        run.away(0, 2).newMaster().pass(A_WHILE).pass(A_WHILE);

        assertThat(run.served).isNull();
        assertThat(run.waits)
                .singleElement()
                .asString()
                .startsWith("1 of the registry locations that count can be read, 2 are needed. ");
    }

    @Test
    void a_new_master_never_has_much_more_to_read_than_the_content() {
        var run = new DirectRun(3);
        run.fullAt = RegistryFormat.SEGMENT_BYTES;
        run.newMaster();
        String lump = "z".repeat(200 << 10);
        for (long id = 1; id <= 100; id++) {
            run.submit(id, Batch.put("lump", lump + id));
            assertThat(Objects.requireNonNull(run.registry).segmentBytes()).isLessThan((4 << 20) + (1 << 20));
        }
        assertThat(run.acknowledged).hasSize(100);
        run.newMaster();
        assertThat(run.served().entries()).containsEntry("lump", lump + 100);
    }

    @Test
    void changes_that_arrive_while_a_record_is_being_written_share_the_next_one() {
        var run = new DirectRun(3).newMaster();
        run.away(0, 1, 2);
        for (long id = 1; id <= 20; id++) {
            run.submit(id, Batch.put("k" + id, "v"));
        }
        run.writes.clear();
        run.back();

        assertThat(run.acknowledged).hasSize(20);
        Set<Integer> places =
                run.writes.stream().map(Effect.WriteBlocks::offset).collect(Collectors.toSet());
        assertThat(places).as("the first change alone, the other 19 together").hasSize(2);
    }

    @Test
    void a_deposed_master_acknowledges_nothing_and_says_what_is_unknown() {
        var run = new DirectRun(3).newMaster();
        run.confirms = false;
        run.submit(1, Batch.put("a", "1"));
        run.pass(A_WHILE);
        assertThat(run.acknowledged).isEmpty();

        run.away(0, 1, 2).submit(2, Batch.put("b", "2")).submit(3, Batch.put("c", "3"));
        run.say(new Input.Closed("evicted in epoch 2"));

        assertThat(run.acknowledged).isEmpty();
        assertThat(run.lost).isEqualTo(new Effect.Lost("evicted in epoch 2", List.of(1L, 2L), List.of(3L)));
        run.submit(4, Batch.put("d", "4"));
        assertThat(run.refused).containsOnlyKeys(4L);
    }

    @Test
    void a_root_set_by_somebody_else_ends_this_mastership() {
        var run = new DirectRun(3).newMaster();
        Mastership mine = run.mastership();
        run.newMaster();
        Mastership theirs = run.mastership();

        var old = new Registry(DirectRun.CLUSTER, FalseLocation.SEAL, run.places, 1);
        old.step(run.now, new Input.Opened(mine));
        List<Effect> effects = old.step(
                run.now,
                new Input.Opened(new Mastership(
                        theirs.epoch(), mine.self(), mine.incarnation(), theirs.root(), theirs.unsettled())));

        assertThat(effects).hasSize(1).first().isInstanceOf(Effect.Lost.class);
    }

    @Test
    void a_master_goes_on_in_a_newer_epoch_without_reading_anything_again() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        Mastership before = run.mastership();
        run.epoch++;
        int steps = run.steps;
        run.say(new Input.Opened(
                new Mastership(new Epoch(run.epoch), before.self(), before.incarnation(), run.root, List.of())));
        run.submit(2, Batch.put("b", "2"));

        assertThat(run.acknowledged).containsKeys(1L, 2L);
        assertThat(run.steps - steps).as("three writes and a confirm").isEqualTo(4);
    }

    @Test
    void a_full_segment_is_followed_by_another_and_nothing_is_forgotten() {
        var run = new DirectRun(3).newMaster();
        int before = run.root.segment();
        for (long id = 1; id <= 40; id++) {
            run.submit(id, Batch.put("k" + id % 5, "v".repeat(200_000) + id));
        }

        assertThat(run.acknowledged).hasSize(40);
        assertThat(run.root.segment()).isNotEqualTo(before);
        run.newMaster();
        assertThat(run.served().version()).isEqualTo(40);
        assertThat(run.served().entries().get("k0")).endsWith("40");
    }

    @Test
    void a_location_is_not_online_before_it_has_all_of_the_base_that_counts() {
        var run = new DirectRun(3).newMaster();
        int before = run.root.segment();
        run.away(2);
        for (long id = 1; run.root.segment() == before; id++) {
            run.submit(id, Batch.put("k" + id % 5, "v".repeat(200_000) + id));
        }
        assertThat(run.locationReports().get(2).condition()).isEqualTo(Condition.COPYING);
        assertThat(run.locationReports().get(2).detail()).contains("newest base");
        assertThat(run.locationReports().get(0).condition()).isEqualTo(Condition.ONLINE);
        assertThat(run.locationReports().get(1).condition()).isEqualTo(Condition.ONLINE);

        run.back();
        assertThat(run.locationReports().get(2)).isEqualTo(new LocationReport(2, Condition.ONLINE, ""));
    }

    @Test
    void a_segment_whose_owner_may_still_write_is_not_written_by_another() {
        var run = new DirectRun(3).newMaster(); // Epoch 1, on node 2, incarnation 1.
        int held = Owner.segmentOf(run.root.segment());
        run.unsettled = List.of(new View.Unsettled(new NodeId(2), new Incarnation(1), new Epoch(2), false));
        for (int life = 0; life < 2 * RegistryFormat.SEGMENTS; life++) {
            run.newMaster();
            assertThat(run.writes).isNotEmpty().noneMatch(write -> write.segment() == held);
        }

        run.unsettled = List.of();
        Set<Integer> used = new TreeSet<>();
        for (int life = 0; life < 2 * RegistryFormat.SEGMENTS; life++) {
            run.newMaster();
            run.writes.forEach(write -> used.add(write.segment()));
        }
        assertThat(used).contains(held);
    }

    @Test
    void a_change_that_does_not_fit_is_refused_and_changes_nothing() {
        var run = new DirectRun(3);
        run.fullAt = RegistryFormat.SEGMENT_BYTES;
        run.newMaster();
        var big = new TreeMap<String, String>();
        for (int i = 0; i < 4; i++) {
            big.put("k" + i, "v".repeat(250_000));
        }
        run.submit(1, new Batch(big, new TreeSet<>()));
        assertThat(run.refused.get(1L)).contains("at most " + Registry.MAX_BATCH_BYTES);

        long id = 2;
        while (!run.refused.containsKey(id - 1) || id == 2) {
            run.submit(id, Batch.put("fill" + id, "v".repeat(250_000)));
            id++;
        }
        long refused = id - 1;
        assertThat(run.refused.get(refused)).contains("at most " + Registry.MAX_CONTENT_BYTES);
        run.submit(100, Batch.delete("fill2")).submit(101, Batch.put("fill2", "w".repeat(250_000)));
        assertThat(run.acknowledged).containsKeys(100L, 101L);
        run.newMaster();
        assertThat(run.served().entries()).containsKey("fill2").doesNotContainKey("fill" + refused);
    }

    @Test
    void a_location_of_another_cluster_is_told_and_never_written() {
        var run = new DirectRun(3);
        run.locations.get(2).format(new UUID(8, 8), new UUID(9, 3));
        run.newMaster().pass(A_WHILE).submit(1, Batch.put("a", "1"));

        assertThat(run.acknowledged).containsKey(1L);
        assertThat(run.writes).noneMatch(write -> write.location() == 2);
        LocationReport report = run.locationReports().get(2);
        assertThat(report.condition()).isEqualTo(Condition.FOREIGN);
        assertThat(report.detail()).contains("belongs to cluster");
    }

    @Test
    void a_location_configured_twice_counts_once() {
        var run = new DirectRun(3);
        run.locations.set(2, run.locations.get(0));
        run.away(1).newMaster().pass(A_WHILE);

        assertThat(run.served).isNull();
        assertThat(run.locationReports().get(2).detail()).contains("configured twice");
    }

    @Test
    void a_replaced_location_is_filled_and_then_counts() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.locations.get(2).format(DirectRun.CLUSTER, new UUID(9, 33));
        run.newMaster();
        assertThat(run.reports)
                .contains(new LocationReport(2, Condition.COPYING, "it held nothing of the present segment"));
        assertThat(run.locationReports().get(2).condition()).isEqualTo(Condition.ONLINE);

        run.away(0).newMaster().pass(A_WHILE);
        assertThat(run.served().entries()).containsKey("a");
    }

    @Test
    void what_rots_on_one_location_is_found_by_a_scrub_and_repaired() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1")).submit(2, Batch.put("b", "2"));
        long position = RegistryFormat.position(Owner.segmentOf(run.root.segment()), RegistryFormat.BLOCK);
        byte[] good = run.locations.get(1).read(position, RegistryFormat.BLOCK);
        byte[] bad = good.clone();
        bad[140] ^= 1;
        run.locations.get(1).write(position, bad);

        run.reports.clear();
        run.say(new Input.Scrub());

        assertThat(run.locations.get(1).read(position, RegistryFormat.BLOCK)).isEqualTo(good);
        assertThat(run.reports)
                .extracting(LocationReport::condition)
                .containsExactly(Condition.COPYING, Condition.ONLINE);
    }

    @Test
    void a_damaged_location_is_named_at_recovery_and_repaired() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1")).submit(2, Batch.put("b", "2"));
        long position = RegistryFormat.position(Owner.segmentOf(run.root.segment()), RegistryFormat.BLOCK);
        byte[] bad = run.locations.get(0).read(position, RegistryFormat.BLOCK);
        bad[140] ^= 1;
        run.locations.get(0).write(position, bad);
        run.newMaster();

        assertThat(run.served().entries()).containsKeys("a", "b");
        assertThat(run.reports).anySatisfy(report -> {
            assertThat(report.location()).isZero();
            assertThat(report.detail()).contains("it held records up to 1 of 3").contains("checksum");
        });
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
    }

    @Test
    void a_damaged_copy_of_the_header_is_found_by_a_scrub_and_written_again() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        byte[] good = run.locations.get(1).read(0, RegistryFormat.HEADER_AREA);
        run.locations.get(1).write(0, new byte[RegistryFormat.BLOCK]);

        run.say(new Input.Scrub());

        assertThat(run.locations.get(1).read(0, RegistryFormat.HEADER_AREA)).isEqualTo(good);
        assertThat(run.scrubs).hasSize(3);
        assertThat(run.scrubs).anySatisfy(scrubbed -> {
            assertThat(scrubbed.location()).isEqualTo(1);
            assertThat(scrubbed.finding()).contains("one of the two copies of its header was damaged");
        });
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
    }

    @Test
    void a_location_that_loses_both_copies_of_its_header_is_recognised_formatted_again_filled_and_counts() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        FalseLocation damaged = run.locations.get(1);
        UUID before = damaged.identity();
        damaged.write(0, noise(RegistryFormat.HEADER_AREA));
        run.reports.clear();

        run.say(new Input.Look());
        run.pass(A_WHILE).submit(2, Batch.put("b", "2"));

        assertThat(run.reports)
                .filteredOn(report -> report.location() == 1)
                .extracting(LocationReport::condition)
                .containsSubsequence(Condition.DAMAGED, Condition.COPYING, Condition.ONLINE);
        assertThat(run.reports)
                .anySatisfy(report -> assertThat(report.detail()).contains("both copies of its header are damaged"));
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
        // It may not be all that it was: so it is another one, which counts from the next base on.
        assertThat(identityOf(damaged)).isPresent().get().isNotEqualTo(before);

        run.away(0).newMaster().pass(A_WHILE);
        assertThat(run.served().entries()).containsOnlyKeys("a", "b");
    }

    @Test
    void while_a_location_without_a_header_is_being_recognised_nothing_else_is_written_to_it() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.locations.get(1).write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.confirms = false; // So it comes no further than to be recognised.
        run.writes.clear();
        run.say(new Input.Look());
        run.submit(2, Batch.put("b", "2")).pass(Duration.ofSeconds(3));

        assertThat(run.formats).isEmpty();
        assertThat(run.writes).isNotEmpty().noneMatch(write -> write.location() == 1);
        assertThat(run.locationReports().get(1).condition()).isEqualTo(Condition.DAMAGED);

        run.confirms = true;
        run.pass(A_WHILE).pass(A_WHILE).pass(A_WHILE).pass(A_WHILE);
        assertThat(run.formats).hasSize(1);
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
    }

    @Test
    void a_new_master_formats_a_location_again_that_still_holds_the_rooted_base() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.locations.get(2).write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.newMaster().pass(A_WHILE);

        assertThat(run.served().entries()).containsKey("a");
        assertThat(run.formats).hasSize(1);
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
    }

    @Test
    void a_location_without_a_header_does_not_make_up_a_majority_for_a_new_master() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.locations.get(2).write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.away(1).newMaster().pass(A_WHILE);

        assertThat(run.served).isNull();
        assertThat(run.formats).isEmpty();
        assertThat(run.locationReports().get(2).condition()).isEqualTo(Condition.DAMAGED);
        run.pass(Duration.ofSeconds(3));
        assertThat(run.waits.getLast())
                .contains("1 of the registry locations that count can be read, 2 are needed")
                .contains("without both copies of the header, and not recognised before the registry is open: 2.")
                .contains("A whole cluster on empty storage");

        run.back();
        run.pass(A_WHILE);
        assertThat(run.served().entries()).containsKey("a");
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
    }

    @Test
    void what_holds_nothing_of_ours_behind_its_lost_header_is_never_written() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        int segment = Owner.segmentOf(run.root.segment());
        FalseLocation other = run.locations.get(1);
        other.write(0, new byte[RegistryFormat.HEADER_AREA]);
        other.write(RegistryFormat.position(segment, 0), noise(RegistryFormat.BLOCK));

        demandStrange(run, 1, "nothing that follows tells");
    }

    @Test
    void what_shows_another_use_is_never_written_though_our_records_are_still_there() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        FalseLocation other = run.locations.get(1);
        other.write(0, new byte[RegistryFormat.HEADER_AREA]);
        other.start[1080] = 0x53;
        other.start[1081] = (byte) 0xef;

        demandStrange(run, 1, "its start shows a file system (ext2, ext3 or ext4)");
    }

    @Test
    void a_damaged_header_that_names_another_cluster_is_never_written() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        byte[] header = RegistryFormat.header(new UUID(8, 8), new UUID(9, 3), FalseLocation.SEAL);
        header[100] ^= 1;
        header[RegistryFormat.BLOCK + 100] ^= 1;
        run.locations.get(1).write(0, header);

        demandStrange(run, 1, "names another cluster");
    }

    @Test
    void a_location_that_missed_the_present_base_and_lost_its_header_is_recognised_by_an_older_one_that_names_it() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.away(1).newMaster().pass(A_WHILE).submit(2, Batch.put("b", "2"));
        run.locations.get(1).write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.newMaster().pass(A_WHILE);
        run.back();
        run.pass(A_WHILE).pass(A_WHILE);

        assertThat(run.formats).hasSize(1);
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
        run.away(0).newMaster().pass(A_WHILE);
        assertThat(run.served().entries()).containsOnlyKeys("a", "b");
    }

    @Test
    void an_older_base_that_names_another_medium_in_this_place_does_not_tell_that_a_location_is_ours() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        FalseLocation former = run.locations.get(1);
        run.locations.set(
                1, new FalseLocation(DirectRun.CLUSTER, new UUID(9, 77))); // Exchanged; it gets a base of its own.
        run.newMaster().pass(A_WHILE).pass(A_WHILE).submit(2, Batch.put("b", "2"));
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);

        former.write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.locations.set(1, former);
        demandStrange(run, 1, "nothing that follows tells");
    }

    @Test
    void an_older_base_that_names_a_location_taken_out_since_does_not_tell_that_a_location_is_ours() {
        var run = new DirectRun(3);
        run.addLocation();
        run.newMaster().submit(1, Batch.put("a", "1"));
        run.away(1).newMaster().pass(A_WHILE);
        run.say(new Input.SetLocations(2, List.of("0", "1", "2")));
        assertThat(run.acknowledged).containsKey(2L);
        run.places.remove("3");
        run.locations.get(1).write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.newMaster().pass(A_WHILE);
        run.back();
        run.pass(A_WHILE).pass(A_WHILE);

        assertThat(run.formats).isEmpty();
        assertThat(run.locationReports().get(1).condition()).isEqualTo(Condition.FOREIGN);
        run.locations.get(1).format(DirectRun.CLUSTER, new UUID(9, 44)); // The command that was told.
        run.pass(A_WHILE).pass(A_WHILE);
        assertThat(run.locationReports()).allMatch(report -> report.condition() == Condition.ONLINE);
    }

    @Test
    void one_medium_under_two_names_does_not_become_two_locations_when_it_loses_its_header() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1"));
        run.locations.get(1).write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.locations.set(2, run.locations.get(1));
        run.newMaster().pass(A_WHILE).pass(A_WHILE);
        assertThat(run.served).isNull(); // One of three is too few.

        run = new DirectRun(5).newMaster().submit(1, Batch.put("a", "1"));
        run.locations.get(3).write(0, new byte[RegistryFormat.HEADER_AREA]);
        run.locations.set(4, run.locations.get(3));
        run.newMaster();
        for (int i = 0; i < 10; i++) {
            run.pass(A_WHILE);
        }
        assertThat(run.formats).hasSize(1);
        assertThat(run.locationReports())
                .filteredOn(report -> report.condition() == Condition.ONLINE)
                .hasSize(4);
        assertThat(run.locationReports())
                .anySatisfy(report -> assertThat(report.detail()).contains("configured twice"));
    }

    private static void demandStrange(DirectRun run, int location, String why) {
        run.writes.clear();
        run.say(new Input.Look());
        run.pass(A_WHILE).submit(2, Batch.put("b", "2")).pass(A_WHILE);
        assertThat(run.acknowledged).containsKey(2L);
        run.newMaster().pass(A_WHILE).submit(3, Batch.put("c", "3")).pass(A_WHILE);

        assertThat(run.formats).isEmpty();
        assertThat(run.writes).noneMatch(write -> write.location() == location);
        LocationReport report = run.locationReports().get(location);
        assertThat(report.condition()).isEqualTo(Condition.FOREIGN);
        assertThat(report.detail())
                .contains(why)
                .contains("ocrconfig -replace " + location + " -replacement " + location + " -f");
    }

    private static Optional<UUID> identityOf(FalseLocation location) {
        return RegistryFormat.readHeader(location.read(0, RegistryFormat.HEADER_AREA), FalseLocation.SEAL)
                .header()
                .map(RegistryFormat.Header::location);
    }

    private static byte[] noise(int length) {
        byte[] noise = new byte[length];
        new Random(1).nextBytes(noise);
        return noise;
    }

    @Test
    void a_record_that_another_key_sealed_is_no_record() {
        var run = new DirectRun(1).newMaster().submit(1, Batch.put("a", "1"));
        var forger = RegistrySeal.of(new byte[] {1});
        int segment = Owner.segmentOf(run.root.segment());
        var chain = new Chain(DirectRun.CLUSTER, forger, run.root);
        chain.accept(run.locations.get(0).read(RegistryFormat.position(segment, 0), 64 << 10));

        assertThat(chain.links()).isEmpty();
        assertThat(chain.damage()).contains("it was not written by this cluster");
    }

    @Test
    void what_a_later_release_wrote_is_not_taken_for_the_end_of_the_log() throws Malformed {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1")).submit(2, Batch.put("b", "2"));
        // As a later release will: the same header, another format, checksum and seal that fit.
        for (FalseLocation location : run.locations) {
            long position = RegistryFormat.position(Owner.segmentOf(run.root.segment()), 2 * RegistryFormat.BLOCK);
            location.write(
                    position, LogRecord.ofFormat(3, location.read(position, RegistryFormat.BLOCK), FalseLocation.SEAL));
        }
        run.newMaster();

        assertThat(run.served).isNull();
        assertThat(run.lost).isNotNull();
        assertThat(run.lost == null ? "" : run.lost.reason()).contains("written by a later release");
    }

    @Test
    void a_content_is_replaced_as_a_whole() {
        var run = new DirectRun(3).newMaster().submit(1, Batch.put("a", "1")).submit(2, Batch.put("b", "2"));
        run.say(new Input.Replace(3, new TreeMap<>(Map.of("b", "3", "c", "4"))));
        assertThat(run.acknowledged).containsEntry(3L, 3L);
        run.submit(4, Batch.put("d", "5"));

        run.newMaster();
        assertThat(run.served()).isEqualTo(new RegistryContent(4, new TreeMap<>(Map.of("b", "3", "c", "4", "d", "5"))));
    }

    @Test
    void locations_are_added_replaced_and_taken_away_while_changes_go_on() {
        var run = new DirectRun(1).newMaster().submit(1, Batch.put("a", "1"));
        for (int i = 0; i < 2; i++) {
            List<String> more = new java.util.ArrayList<>(run.places);
            run.addLocation();
            more.add(run.places.removeLast());
            run.say(new Input.SetLocations(10 + i, more));
            assertThat(run.acknowledged).containsKey(10L + i);
        }
        assertThat(run.places).containsExactly("0", "1", "2");
        run.submit(2, Batch.put("b", "2"));

        run.away(0).newMaster().pass(A_WHILE);
        assertThat(run.served().entries()).containsKeys("a", "b");
        run.say(new Input.SetLocations(20, List.of("1", "2")));
        assertThat(run.acknowledged).containsKey(20L);
        run.submit(3, Batch.put("c", "3"));

        // A node that knows only the first set learns the present one from any location that both have.
        run.back();
        run.places.clear();
        run.places.addAll(List.of("0", "1"));
        run.newMaster().pass(A_WHILE);
        assertThat(run.served().entries()).containsKeys("a", "b", "c");
        assertThat(run.places).containsExactly("1", "2");
    }

    @Test
    void who_knows_no_location_of_the_present_set_does_not_serve() {
        var run = new DirectRun(1).newMaster().submit(1, Batch.put("a", "1"));
        run.addLocation();
        run.places.removeLast();
        run.say(new Input.SetLocations(10, List.of("1")));
        run.submit(2, Batch.put("b", "2"));
        for (int life = 0; life < 3 * RegistryFormat.SEGMENTS; life++) { // Many bases later, also in the same segment.
            run.say(new Input.Replace(100 + life, new TreeMap<>(Map.of("c" + life, ""))));
        }
        run.places.clear();
        run.places.add("0");
        run.newMaster().pass(A_WHILE);

        assertThat(run.served).isNull();
        assertThat(run.waits.getLast()).contains("no location holds the base");
    }

    @Test
    void a_location_that_cannot_be_used_is_not_added() {
        var run = new DirectRun(3).newMaster();
        run.addLocation();
        run.places.removeLast();
        run.locations.get(3).format(new UUID(8, 8), new UUID(9, 4));
        run.say(new Input.SetLocations(10, List.of("0", "1", "2", "3")));
        assertThat(run.refused.get(10L)).contains("3 cannot be used: it belongs to cluster");

        run.submit(1, Batch.put("a", "1"));
        assertThat(run.acknowledged).containsKey(1L);
        run.away(4);
        run.addLocation();
        run.places.removeLast();
        run.say(new Input.SetLocations(11, List.of("0", "1", "2", "4")));
        run.pass(Duration.ofSeconds(11));
        assertThat(run.refused.get(11L)).contains("do not answer");
        assertThat(run.locationReports()).hasSize(3);
    }
}
