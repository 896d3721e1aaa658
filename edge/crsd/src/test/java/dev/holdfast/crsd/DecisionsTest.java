package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.CrsEffect;
import dev.holdfast.policy.Maintenance;
import dev.holdfast.policy.Plan;
import dev.holdfast.policy.Policy;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecisionsTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final ResourceName WEB = new ResourceName("web");
    private static final Instant NOON = Instant.parse("2027-03-01T12:00:00Z");

    @TempDir
    Path directory;

    private static Situation at(int seconds, Maintenance maintenance, Map<NodeId, Observed> seen) {
        try {
            TypeDefinition type =
                    Objects.requireNonNull(TypeDefinition.builtIns().get(TypeDefinition.CLUSTER_RESOURCE));
            ResourceDefinition web = ResourceDefinition.read(WEB, type, Map.of("ACTION_SCRIPT", "/web.scr"));
            Situation situation = new Situation(
                    new TreeMap<>(Map.of(WEB, web)),
                    TypeDefinition.builtIns(),
                    new TreeMap<>(Map.of(WEB, Wanted.NEW.with(1, WantedInstance.NEW.withTarget(Target.ONLINE)))),
                    new TreeMap<>(Map.of(N1, server(N1), N2, server(N2))),
                    new TreeMap<>(Map.of(N1, new Incarnation(1), N2, new Incarnation(1))),
                    new TreeMap<>(),
                    maintenance,
                    NOON.plusSeconds(seconds));
            TreeMap<InstanceKey, Observed> observed = new TreeMap<>();
            seen.forEach((node, state) -> observed.put(new InstanceKey(WEB, node), state));
            return new Situation(
                    situation.resources(),
                    situation.types(),
                    situation.wanted(),
                    situation.servers(),
                    situation.greeted(),
                    observed,
                    maintenance,
                    situation.now());
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Server server(NodeId node) {
        return new Server(node, "node" + node.number(), Server.State.ONLINE, new Incarnation(1));
    }

    private static long millis(int seconds) {
        return NOON.plusSeconds(seconds).toEpochMilli();
    }

    private Decisions open() {
        return new Decisions(directory, TypeDefinition.builtIns());
    }

    private static void note(Decisions decisions, Situation situation) {
        Plan plan = Policy.plan(situation);
        decisions.note(new CrsEffect.Decided(
                new Epoch(7), situation, plan, plan.changes().isEmpty() ? plan.ready() : List.of()));
    }

    private static final Maintenance DRAINED = new Maintenance(NodeSet.of(N1), NodeSet.EMPTY, false, new TreeSet<>());

    @Test
    void every_moment_of_the_past_is_found_as_it_was() {
        Situation idle = at(0, Maintenance.NONE, Map.of(N1, Observed.OFFLINE, N2, Observed.OFFLINE));
        Situation up = at(10, Maintenance.NONE, Map.of(N1, Observed.ONLINE, N2, Observed.OFFLINE));
        Situation drained = at(20, DRAINED, Map.of(N1, Observed.OFFLINE));
        try (Decisions decisions = open()) {
            note(decisions, idle);
            note(decisions, up);
            note(decisions, drained);

            assertThat(decisions.recollect(WEB, millis(5)).join().situation()).isEqualTo(idle);
            assertThat(decisions.recollect(WEB, millis(10)).join().situation()).isEqualTo(up);
            assertThat(decisions.recollect(WEB, millis(19)).join().situation()).isEqualTo(up);
            assertThat(decisions.recollect(WEB, millis(99)).join().situation()).isEqualTo(drained);
            assertThat(decisions.recollect(WEB, millis(99)).join().asOfMillis()).isEqualTo(millis(20));
        }
    }

    @Test
    void it_survives_a_restart_and_a_line_that_was_cut_off() throws IOException {
        Situation idle = at(0, Maintenance.NONE, Map.of(N1, Observed.OFFLINE, N2, Observed.OFFLINE));
        Situation up = at(10, Maintenance.NONE, Map.of(N1, Observed.ONLINE, N2, Observed.OFFLINE));
        try (Decisions decisions = open()) {
            note(decisions, idle);
            decisions.recollect(WEB, millis(0)).join(); // It has been written.
        }
        try (Stream<Path> files = Files.list(directory)) {
            Files.writeString(files.findFirst().orElseThrow(), "{\"at\":17", StandardOpenOption.APPEND);
        }
        try (Decisions decisions = open()) {
            note(decisions, up);

            assertThat(decisions.recollect(WEB, millis(5)).join().situation()).isEqualTo(idle);
            assertThat(decisions.recollect(WEB, millis(10)).join().situation()).isEqualTo(up);
        }
    }

    @Test
    void nothing_is_known_of_the_time_before_the_first() {
        try (Decisions decisions = open()) {
            note(decisions, at(10, Maintenance.NONE, Map.of(N1, Observed.ONLINE, N2, Observed.OFFLINE)));

            assertThat(decisions.recollect(WEB, millis(9)).join().situation()).isNull();
            assertThat(decisions.recollect(WEB, millis(9)).join().asOfMillis()).isZero();
        }
    }

    @Test
    void what_was_done_about_a_resource_is_told_with_its_reason() {
        Situation idle = at(0, Maintenance.NONE, Map.of(N1, Observed.OFFLINE, N2, Observed.OFFLINE));
        Situation ready = idle.with(Policy.plan(idle).changes());
        try (Decisions decisions = open()) {
            note(decisions, ready);

            List<Decisions.Past> lately =
                    decisions.recollect(WEB, millis(1)).join().lately();
            assertThat(lately).containsExactly(new Decisions.Past(millis(0), "start on node1: its TARGET is ONLINE"));
            assertThat(decisions
                            .recollect(new ResourceName("other"), millis(1))
                            .join()
                            .lately())
                    .isEmpty();
        }
    }

    @Test
    void what_has_not_changed_is_not_written_again() throws IOException {
        try (Decisions decisions = open()) {
            for (int i = 0; i < 100; i++) {
                note(decisions, at(i, Maintenance.NONE, Map.of(N1, Observed.ONLINE, N2, Observed.OFFLINE)));
            }
            decisions.recollect(WEB, millis(0)).join();
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(Files.readAllLines(files.findFirst().orElseThrow()).size())
                    .isLessThan(5);
        }
    }
}
