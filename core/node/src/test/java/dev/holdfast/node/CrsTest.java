package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.policy.Command;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node 1 as member of a cluster of two, with everything around it played by the test. */
class CrsTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final ResourceName WEB = new ResourceName("web");
    private static final long FIRST_INCIDENT = 1000;
    /** The first time that a crsd is the master. */
    private static final long MASTERSHIP = FIRST_INCIDENT + 1;

    private static final Duration LEASE = Duration.ofSeconds(4);

    private final TreeMap<ResourceName, CrsSettings.Evidence> evidence = new TreeMap<>();
    private Crs crs;
    private Moment now = new Moment(0);
    private Epoch epoch = new Epoch(1);
    private long version;
    private final List<CrsEffect> effects = new ArrayList<>();

    @BeforeEach
    void aNodeWithoutAView() throws InvalidSettings {
        crs = new Crs(new CrsSettings(settings(), N1, FIRST_INCIDENT, Instant.EPOCH, evidence), now);
    }

    private static ClusterSettings settings() throws InvalidSettings {
        return ClusterSettings.read(new HashMap<>(Map.of(
                "cluster.name", "test",
                "cluster.id", "00000000-0000-0000-0000-000000000001",
                "node.1.name", "n1",
                "node.1.private", "127.0.1.1",
                "node.2.name", "n2",
                "node.2.private", "127.0.1.2",
                "votingdisk.1", "/d1",
                "registry.1", "/d1")));
    }

    // What happens around the node. Each clears what was asked for before.

    private void step(CrsInput input) {
        effects.clear();
        crs.step(now, input).stream()
                .filter(effect -> !(effect instanceof CrsEffect.Decided)) // Kept beside everything that is done.
                .forEach(effects::add);
    }

    private void later(Duration span) {
        now = now.plus(span);
    }

    private void view(NodeId master, boolean withLease, Integer... members) {
        SortedMap<NodeId, Incarnation> lives = new TreeMap<>();
        for (int member : members) {
            lives.put(new NodeId(member), new Incarnation(member));
        }
        List<ClusterView.Unsettled> unsettled = new ArrayList<>();
        step(new CrsInput.ViewReceived(
                new ClusterView(N1, new Incarnation(1), epoch, 0, master, lives, unsettled, RegistryRoot.NONE),
                withLease
                        ? Optional.of(new CrsInput.HeldLease(now.plus(LEASE), now.plus(LEASE.dividedBy(2))))
                        : Optional.empty()));
    }

    private void evicted(boolean settled) {
        epoch = epoch.next();
        SortedMap<NodeId, Incarnation> alone = new TreeMap<>(Map.of(N1, new Incarnation(1)));
        List<ClusterView.Unsettled> unsettled =
                List.of(new ClusterView.Unsettled(N2, new Incarnation(2), epoch, settled, settled ? "F1" : "", ""));
        step(new CrsInput.ViewReceived(
                new ClusterView(N1, new Incarnation(1), epoch, 0, N1, alone, unsettled, RegistryRoot.NONE),
                Optional.of(new CrsInput.HeldLease(now.plus(LEASE), now.plus(LEASE.dividedBy(2))))));
    }

    /** Node 1 is master, both nodes are members, the registry is empty, and node 2 has reported. */
    private void bothNodesServe() {
        view(N1, true, 1, 2);
        step(new CrsInput.PeerUp(N2));
        step(new CrsInput.RegistryServing(version, new TreeMap<>(), new TreeMap<>(), new TreeMap<>()));
        peerReports(0, Map.of());
        writeEverything();
    }

    private void peerReports(long orders, Map<ResourceName, Observed> instances) {
        said(new PeerMessage.Report(MASTERSHIP, version, orders, true, true, new TreeMap<>(instances)));
    }

    private void said(PeerMessage message) {
        step(new CrsInput.PeerSaid(N2, new Incarnation(2), epoch, message));
    }

    /** Acknowledges every write until there are no more; keeps what else was asked for. */
    private void writeEverything() {
        List<CrsEffect> all = new ArrayList<>(effects);
        for (Optional<CrsEffect.Write> write = first(CrsEffect.Write.class);
                write.isPresent();
                write = first(CrsEffect.Write.class)) {
            step(new CrsInput.RegistryWritten(write.get().id(), ++version));
            all.addAll(effects);
        }
        effects.clear();
        all.removeIf(effect -> effect instanceof CrsEffect.Write);
        effects.addAll(all);
    }

    private <T extends CrsEffect> Optional<T> first(Class<T> kind) {
        return effects.stream().filter(kind::isInstance).map(kind::cast).findFirst();
    }

    private <T extends PeerMessage> List<T> sentToPeer(Class<T> kind) {
        return effects.stream()
                .filter(effect -> effect instanceof CrsEffect.Send)
                .map(effect -> (CrsEffect.Send) effect)
                .filter(send -> send.to().equals(N2) && kind.isInstance(send.message()))
                .map(send -> kind.cast(send.message()))
                .toList();
    }

    private void addWebOn(String members) {
        addWeb(Map.of("HOSTING_MEMBERS", members));
    }

    private void addWeb(Map<String, String> more) {
        Map<String, String> attributes = new TreeMap<>(more);
        attributes.put("ACTION_SCRIPT", "/web.scr");
        attributes.put("PLACEMENT", "restricted");
        step(new CrsInput.CommandGiven(1, new Command.Add("web", "cluster_resource", attributes, false)));
        writeEverything();
    }

    private void webRunsHere() {
        bothNodesServe();
        addWebOn("n1");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        ended(run(ActionKind.START).run(), 0);
        ended(run(ActionKind.CHECK).run(), 0);
    }

    private void startWeb() {
        step(new CrsInput.CommandGiven(
                2, new Command.Start(new Command.Selection.Named(List.of("web")), Optional.empty(), false)));
        writeEverything();
    }

    private void ended(long run, int exit) {
        step(new CrsInput.ActionFinished(WEB, run, exit, false, List.of()));
        writeEverything();
    }

    private CrsEffect.Run run(ActionKind kind) {
        CrsEffect.Run run = first(CrsEffect.Run.class).orElseThrow();
        assertThat(run.kind()).isEqualTo(kind);
        return run;
    }

    @Test
    void a_command_is_written_to_the_registry_before_anything_is_done_about_it() {
        bothNodesServe();
        addWebOn("n1");
        assertThat(first(CrsEffect.CommandDone.class)).isPresent();

        step(new CrsInput.CommandGiven(
                2, new Command.Start(new Command.Selection.Named(List.of("web")), Optional.empty(), false)));
        assertThat(effects).isEmpty(); // Node 2 has not said yet whether it runs there.
        peerReports(0, Map.of(WEB, Observed.OFFLINE));

        assertThat(first(CrsEffect.Write.class)).isPresent();
        assertThat(first(CrsEffect.Run.class)).isEmpty();
        writeEverything();
        assertThat(run(ActionKind.START).epoch()).isEqualTo(epoch);
    }

    @Test
    void what_depends_on_a_resource_does_not_wait_until_it_is_recorded_where_that_came_up() {
        ResourceName app = new ResourceName("app");
        bothNodesServe();
        addWebOn("n1");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        step(new CrsInput.CommandGiven(
                3,
                new Command.Add(
                        "app",
                        "cluster_resource",
                        Map.of(
                                "ACTION_SCRIPT",
                                "/app.scr",
                                "PLACEMENT",
                                "restricted",
                                "HOSTING_MEMBERS",
                                "n1",
                                "START_DEPENDENCIES",
                                "hard(web)"),
                        false)));
        writeEverything();
        peerReports(0, Map.of(WEB, Observed.OFFLINE, app, Observed.OFFLINE));
        step(new CrsInput.CommandGiven(
                4, new Command.Start(new Command.Selection.Named(List.of("app")), Optional.empty(), false)));
        writeEverything();
        assertThat(first(CrsEffect.CommandFailed.class)).isEmpty();
        ended(run(ActionKind.START).run(), 0);

        step(new CrsInput.ActionFinished(WEB, run(ActionKind.CHECK).run(), 0, false, List.of()));

        assertThat(first(CrsEffect.Write.class)).isPresent();
        assertThat(run(ActionKind.START).resource().name()).isEqualTo(app);
        CrsEffect.Write write = first(CrsEffect.Write.class).orElseThrow();
        step(new CrsInput.RegistryWritten(write.id(), ++version));
        assertThat(first(CrsEffect.Run.class)).as("ordered once").isEmpty();
    }

    @Test
    void a_restart_is_counted_in_the_registry_before_it_begins() {
        webRunsHere();
        step(new CrsInput.ProcessesGone(WEB, true));
        ended(run(ActionKind.CHECK).run(), 1);

        step(new CrsInput.ActionFinished(WEB, run(ActionKind.CLEAN).run(), 0, false, List.of()));

        assertThat(first(CrsEffect.Write.class)).isPresent();
        assertThat(first(CrsEffect.Run.class)).isEmpty();
        writeEverything();
        run(ActionKind.START);
    }

    @Test
    void a_start_streams_its_progress_and_is_done_when_the_check_confirms_it() {
        bothNodesServe();
        addWebOn("n1");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        assertThat(effects)
                .contains(
                        new CrsEffect.CommandProgress(2, Message.of("CRS-2672", "Attempting to start 'web' on 'n1'")));

        ended(run(ActionKind.START).run(), 0);
        ended(run(ActionKind.CHECK).run(), 0);

        assertThat(effects)
                .contains(new CrsEffect.CommandProgress(2, Message.of("CRS-2676", "Start of 'web' on 'n1' succeeded")));
        assertThat(first(CrsEffect.CommandDone.class)).contains(new CrsEffect.CommandDone(2, List.of()));
        assertThat(crs.weight()).isEqualTo(1);
    }

    @Test
    void what_does_not_stop_is_left_if_the_command_says_so_and_the_command_fails() {
        webRunsHere();
        step(new CrsInput.CommandGiven(
                3,
                new Command.Stop(
                        new Command.Selection.Named(List.of("web")),
                        Optional.empty(),
                        List.of(),
                        Optional.of(1),
                        false,
                        true)));
        writeEverything();
        ended(run(ActionKind.STOP).run(), 1);

        ended(run(ActionKind.CHECK).run(), 0);

        assertThat(first(CrsEffect.CommandFailed.class).orElseThrow().reasons())
                .extracting(Message::code)
                .containsExactly("HF-3213");
        assertThat(first(CrsEffect.Run.class)).isEmpty();
    }

    @Test
    void what_may_or_may_not_run_here_is_known_by_name() {
        webRunsHere();
        assertThat(crs.unmanageable()).isEmpty();
        step(new CrsInput.CommandGiven(
                3, new Command.Stop(new Command.Selection.Named(List.of("web")), Optional.empty(), false)));
        writeEverything();
        ended(run(ActionKind.STOP).run(), 1);
        assertThat(crs.unmanageable()).as("it is being cleaned").isEmpty();

        ended(run(ActionKind.CLEAN).run(), 1);

        assertThat(crs.unmanageable()).containsExactly(WEB);
    }

    @Test
    void nothing_is_started_without_a_lease() {
        bothNodesServe();
        addWebOn("n1");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        epoch = epoch.next();
        view(N1, false, 1, 2); // The new epoch's lease is not there yet.
        startWeb();
        assertThat(first(CrsEffect.Run.class)).isEmpty();

        view(N1, true, 1, 2);
        writeEverything();

        assertThat(run(ActionKind.START).epoch()).isEqualTo(epoch);
    }

    @Test
    void an_order_waits_for_the_lease_of_its_epoch_and_counts_as_starting_meanwhile() {
        view(N2, false, 1, 2);
        step(new CrsInput.PeerUp(N2));
        said(new PeerMessage.Definitions(
                MASTERSHIP,
                1,
                0,
                List.of(new PeerMessage.Definition(
                        "web", "cluster_resource", new TreeMap<>(Map.of("ACTION_SCRIPT", "/web.scr"))))));

        said(new PeerMessage.Order(MASTERSHIP, 1, WEB, ActionKind.START, false));
        assertThat(first(CrsEffect.Run.class)).isEmpty();
        said(new PeerMessage.Definitions(
                MASTERSHIP,
                2,
                1,
                List.of(new PeerMessage.Definition(
                        "web", "cluster_resource", new TreeMap<>(Map.of("ACTION_SCRIPT", "/web.scr"))))));
        assertThat(sentToPeer(PeerMessage.Report.class).getLast().instances())
                .containsEntry(WEB, Observed.OFFLINE.withInternal(dev.holdfast.model.InternalState.STARTING));

        view(N2, true, 1, 2);
        run(ActionKind.START);
    }

    @Test
    void an_order_of_an_earlier_epoch_is_not_carried_out_but_answered() {
        view(N2, true, 1, 2);
        step(new CrsInput.PeerUp(N2));
        said(new PeerMessage.Definitions(
                MASTERSHIP,
                1,
                0,
                List.of(new PeerMessage.Definition(
                        "web", "cluster_resource", new TreeMap<>(Map.of("ACTION_SCRIPT", "/web.scr"))))));
        Epoch before = epoch;
        epoch = epoch.next();
        view(N2, true, 1, 2);

        step(new CrsInput.PeerSaid(
                N2, new Incarnation(2), before, new PeerMessage.Order(MASTERSHIP, 7, WEB, ActionKind.START, false)));

        assertThat(first(CrsEffect.Run.class)).isEmpty();
        assertThat(sentToPeer(PeerMessage.Report.class).getLast().orders()).isEqualTo(7);
    }

    @Test
    void an_order_of_the_crsd_that_the_master_had_before_in_the_same_epoch_is_not_carried_out() {
        view(N2, true, 1, 2);
        step(new CrsInput.PeerUp(N2));
        said(new PeerMessage.Definitions(
                MASTERSHIP + 7,
                1,
                0,
                List.of(new PeerMessage.Definition(
                        "web", "cluster_resource", new TreeMap<>(Map.of("ACTION_SCRIPT", "/web.scr"))))));

        said(new PeerMessage.Order(MASTERSHIP, 1, WEB, ActionKind.START, false));

        assertThat(first(CrsEffect.Run.class)).isEmpty();
        PeerMessage.Report report = sentToPeer(PeerMessage.Report.class).getLast();
        assertThat(report.mastership()).isEqualTo(MASTERSHIP + 7);
        assertThat(report.orders()).isZero();
        assertThat(report.instances()).containsEntry(WEB, Observed.OFFLINE);
    }

    @Test
    void a_report_that_counts_the_orders_of_an_earlier_crsd_of_this_master_counts_none_of_ours() {
        bothNodesServe();
        addWebOn("n2");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        assertThat(sentToPeer(PeerMessage.Order.class)).hasSize(1);

        said(new PeerMessage.Report(
                MASTERSHIP - 1, version, 17, true, true, new TreeMap<>(Map.of(WEB, Observed.OFFLINE))));
        writeEverything();
        assertThat(sentToPeer(PeerMessage.Order.class)).isEmpty();
    }

    @Test
    void what_ran_on_a_lost_node_is_started_only_once_that_node_is_settled() {
        bothNodesServe();
        addWebOn("n2 n1");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        PeerMessage.Order order = sentToPeer(PeerMessage.Order.class).getLast();
        assertThat(order.kind()).isEqualTo(ActionKind.START);
        peerReports(order.number(), Map.of(WEB, Observed.ONLINE));
        writeEverything();

        evicted(false);
        writeEverything();
        assertThat(first(CrsEffect.Run.class)).isEmpty();

        evicted(true);
        writeEverything();
        assertThat(run(ActionKind.START).wasInService()).isTrue();
    }

    @Test
    void a_report_that_does_not_count_an_order_says_nothing_about_it() {
        bothNodesServe();
        addWebOn("n2");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        assertThat(sentToPeer(PeerMessage.Order.class)).hasSize(1);

        peerReports(0, Map.of(WEB, Observed.OFFLINE)); // Said before the order arrived.
        writeEverything();
        assertThat(sentToPeer(PeerMessage.Order.class)).isEmpty();
    }

    @Test
    void a_resource_that_was_never_started_here_is_not_asked_by_its_script() {
        bothNodesServe();
        addWebOn("n1");

        assertThat(first(CrsEffect.Run.class)).isEmpty();
        assertThat(crs.situation().orElseThrow().observed().get(new dev.holdfast.model.InstanceKey(WEB, N1)))
                .isEqualTo(Observed.OFFLINE);
    }

    @Test
    void a_critical_resource_makes_its_node_weigh_more_while_it_runs_there() {
        bothNodesServe();
        addWeb(Map.of("HOSTING_MEMBERS", "n1", "CSS_CRITICAL", "yes"));
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        assertThat(crs.weight()).isEqualTo(0);

        startWeb();
        ended(run(ActionKind.START).run(), 0);
        ended(run(ActionKind.CHECK).run(), 0);

        assertThat(crs.weight()).isEqualTo(1 + Crs.CRITICAL_WEIGHT);
    }

    @Test
    void a_server_that_is_called_critical_weighs_more_and_that_ends_when_it_is_called_so_no_more() {
        bothNodesServe();

        crs.setCritical(true);
        assertThat(crs.weight()).isEqualTo(Crs.CRITICAL_WEIGHT);
        crs.setCritical(false);
        assertThat(crs.weight()).isEqualTo(0);
    }

    @Test
    void a_restarted_crsd_checks_what_an_earlier_one_started_in_this_life() throws InvalidSettings {
        evidence.put(WEB, new CrsSettings.Evidence(new Incarnation(1)));
        aNodeWithoutAView();
        bothNodesServe();
        addWebOn("n1");

        ended(run(ActionKind.CHECK).run(), 0);

        assertThat(crs.weight()).isEqualTo(1);
    }

    @Test
    void what_a_restarted_crsd_finds_down_is_cleaned_before_it_counts_as_offline() throws InvalidSettings {
        evidence.put(WEB, new CrsSettings.Evidence(new Incarnation(1)));
        aNodeWithoutAView();
        bothNodesServe();
        addWebOn("n1");

        CrsEffect.Run check = run(ActionKind.CHECK);
        ended(check.run(), 1); // By its address, which the kernel took away meanwhile; its processes may go on.
        assertThat(observedHere()).isNull();

        ended(run(ActionKind.CLEAN).run(), 0);
        assertThat(observedHere()).isEqualTo(Observed.OFFLINE);
    }

    private @org.jspecify.annotations.Nullable Observed observedHere() {
        return crs.situation().orElseThrow().observed().get(new dev.holdfast.model.InstanceKey(WEB, N1));
    }

    @Test
    void what_an_earlier_life_of_the_node_left_is_cleaned_and_counts_as_offline() throws InvalidSettings {
        evidence.put(WEB, new CrsSettings.Evidence(new Incarnation(99)));
        aNodeWithoutAView();
        bothNodesServe();
        addWebOn("n1");

        ended(run(ActionKind.CLEAN).run(), 1);

        assertThat(crs.situation().orElseThrow().observed().get(new dev.holdfast.model.InstanceKey(WEB, N1)))
                .isEqualTo(Observed.OFFLINE);
    }

    @Test
    void half_a_lease_without_renewal_makes_the_guard_let_go_once() {
        bothNodesServe();
        later(LEASE.dividedBy(2).minusMillis(1));
        step(new CrsInput.Tick());
        assertThat(first(CrsEffect.LetGo.class)).isEmpty();

        later(Duration.ofMillis(1));
        step(new CrsInput.Tick());
        assertThat(first(CrsEffect.LetGo.class).orElseThrow().exit()).isTrue();
        step(new CrsInput.Tick());
        assertThat(effects).isEmpty();
    }

    @Test
    void a_renewal_whose_view_waits_in_the_queue_holds_the_guard_off() {
        bothNodesServe();
        later(LEASE.dividedBy(2));

        crs.leaseRenewed(new Incarnation(1), epoch, now.plus(Duration.ofMillis(1)));
        step(new CrsInput.Tick());
        assertThat(first(CrsEffect.LetGo.class)).isEmpty();

        later(Duration.ofMillis(1));
        step(new CrsInput.Tick());
        assertThat(first(CrsEffect.LetGo.class)).isPresent();
    }

    @Test
    void a_renewal_for_another_life_of_the_node_does_not() {
        bothNodesServe();
        later(LEASE.dividedBy(2));

        crs.leaseRenewed(new Incarnation(2), epoch, now.plus(LEASE));
        step(new CrsInput.Tick());

        assertThat(first(CrsEffect.LetGo.class)).isPresent();
    }

    @Test
    void a_renewed_lease_holds_the_guard_off() {
        bothNodesServe();
        later(Duration.ofSeconds(1));
        view(N1, true, 1, 2);
        later(LEASE.dividedBy(2).minusMillis(1));
        step(new CrsInput.Tick());
        assertThat(first(CrsEffect.LetGo.class)).isEmpty();
    }

    @Test
    void a_stop_that_meets_what_cannot_be_stopped_is_given_up_and_the_node_is_as_before() {
        ResourceName other = new ResourceName("other");
        webRunsHere();
        step(new CrsInput.Leave(false));
        ended(run(ActionKind.STOP).run(), 1);
        assertThat(first(CrsEffect.Stays.class)).as("it is being cleaned").isEmpty();
        ended(run(ActionKind.CLEAN).run(), 1);

        step(new CrsInput.Tick());
        writeEverything();

        assertThat(first(CrsEffect.Stays.class).orElseThrow().because()).containsExactly(WEB);
        assertThat(first(CrsEffect.Left.class)).isEmpty();
        startOther(other);
        assertThat(run(ActionKind.START).resource().name())
                .as("it is given work again")
                .isEqualTo(other);
    }

    private void startOther(ResourceName other) {
        step(new CrsInput.CommandGiven(
                3,
                new Command.Add(
                        "other",
                        "cluster_resource",
                        Map.of("ACTION_SCRIPT", "/o.scr", "PLACEMENT", "restricted", "HOSTING_MEMBERS", "n1"),
                        false)));
        writeEverything();
        peerReports(0, Map.of(WEB, Observed.OFFLINE, other, Observed.OFFLINE));
        step(new CrsInput.CommandGiven(
                4, new Command.Start(new Command.Selection.Named(List.of("other")), Optional.empty(), false)));
        writeEverything();
    }

    @Test
    void a_stop_by_force_stops_what_stops_and_gives_up_the_rest() {
        ResourceName other = new ResourceName("other");
        webRunsHere();
        startOther(other);
        otherEnded(run(ActionKind.START).run(), 0);
        otherEnded(run(ActionKind.CHECK).run(), 0);

        step(new CrsInput.Leave(true));
        List<CrsEffect.Run> stops = effects.stream()
                .filter(CrsEffect.Run.class::isInstance)
                .map(CrsEffect.Run.class::cast)
                .toList();
        assertThat(stops).extracting(CrsEffect.Run::kind).containsExactly(ActionKind.STOP, ActionKind.STOP);
        long stopOfOther = stops.get(0).run();
        ended(stops.get(1).run(), 1);
        ended(run(ActionKind.CLEAN).run(), 1);
        step(new CrsInput.Tick());

        assertThat(first(CrsEffect.LeavingProgress.class)
                        .orElseThrow()
                        .message()
                        .text())
                .contains("Failed to shut down resource 'web' on 'n1'", "killed");
        assertThat(first(CrsEffect.Left.class))
                .as("the other one is being stopped")
                .isEmpty();
        otherEnded(stopOfOther, 0);
        otherEnded(run(ActionKind.CHECK).run(), 1);
        step(new CrsInput.Tick());
        assertThat(first(CrsEffect.Left.class).orElseThrow().givenUp()).containsExactly(WEB);
    }

    private void otherEnded(long run, int exit) {
        step(new CrsInput.ActionFinished(new ResourceName("other"), run, exit, false, List.of()));
        writeEverything();
    }

    @Test
    void who_has_a_node_leave_is_told_what_is_waited_for() {
        bothNodesServe();
        addWeb(Map.of("HOSTING_MEMBERS", "n1", "START_TIMEOUT", "90"));
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        CrsEffect.Run start = run(ActionKind.START);

        step(new CrsInput.Leave(true));

        assertThat(first(CrsEffect.LeavingProgress.class)
                        .orElseThrow()
                        .message()
                        .text())
                .isEqualTo("Waiting for the start of 'web' on 'n1', which is under way and may take 90 s");
        step(new CrsInput.ActionFinished(WEB, start.run(), -1, true, List.of()));
        writeEverything();
        ended(run(ActionKind.CLEAN).run(), 0);
        ended(run(ActionKind.CHECK).run(), 1);
        step(new CrsInput.Tick());
        assertThat(first(CrsEffect.Left.class).orElseThrow().givenUp()).isEmpty();
    }

    @Test
    void a_check_that_takes_too_long_is_no_failure_whatever_exit_code_comes_with_it() {
        bothNodesServe();
        addWeb(Map.of("HOSTING_MEMBERS", "n1", "CHECK_INTERVAL", "1"));
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        ended(run(ActionKind.START).run(), 0);
        ended(run(ActionKind.CHECK).run(), 0);
        later(Duration.ofSeconds(1));
        step(new CrsInput.Tick());

        step(new CrsInput.ActionFinished(WEB, run(ActionKind.CHECK).run(), 1, true, List.of()));
        writeEverything();

        assertThat(first(CrsEffect.Run.class))
                .as("it is neither cleaned nor restarted")
                .isEmpty();
        Observed seen =
                Objects.requireNonNull(crs.situation().orElseThrow().observed().get(new InstanceKey(WEB, N1)));
        assertThat(seen.state()).isEqualTo(ResourceState.INTERMEDIATE);
        assertThat(seen.details()).isEqualTo("CHECK TIMED OUT");
    }

    @Test
    void a_start_is_told_where_it_ran_last_and_what_runs_here_ran_here() {
        bothNodesServe();
        addWebOn("n1");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        CrsEffect.Run first = run(ActionKind.START);
        assertThat(first.environment()).containsEntry("LAST_SERVER", "");
        ended(first.run(), 0);
        ended(run(ActionKind.CHECK).run(), 0);
        step(new CrsInput.CommandGiven(
                3, new Command.Stop(new Command.Selection.Named(List.of("web")), Optional.empty(), false)));
        writeEverything();
        assertThat(run(ActionKind.STOP).environment()).containsEntry("LAST_SERVER", "n1");
        ended(run(ActionKind.STOP).run(), 0);
        ended(run(ActionKind.CHECK).run(), 1);

        startWeb();

        assertThat(run(ActionKind.START).environment()).containsEntry("LAST_SERVER", "n1");
    }

    @Test
    void what_could_not_be_stopped_is_not_deleted_at_the_first_word_and_gone_at_the_second() {
        webRunsHere();
        Command delete = new Command.Delete(List.of("web"), true);
        step(new CrsInput.CommandGiven(3, delete));
        writeEverything();
        ended(run(ActionKind.STOP).run(), 1);
        ended(run(ActionKind.CLEAN).run(), 1);

        assertThat(first(CrsEffect.CommandFailed.class).orElseThrow().reasons())
                .extracting(Message::code)
                .contains("CRS-2678", "HF-3189");
        assertThat(first(CrsEffect.Run.class))
                .as("it is not stopped again and again")
                .isEmpty();
        assertThat(crs.situation().orElseThrow().resources()).containsKey(WEB);

        step(new CrsInput.CommandGiven(4, delete));
        writeEverything();

        assertThat(first(CrsEffect.CommandDone.class).orElseThrow().notes())
                .extracting(Message::code)
                .containsExactly("HF-3190");
        assertThat(first(CrsEffect.UseDefinitions.class).orElseThrow().removed())
                .as("what is left of it is killed")
                .containsExactly(WEB);
    }

    @Test
    void a_report_that_says_nothing_new_is_no_reason_to_plan_again() {
        bothNodesServe();
        addWebOn("n1");
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        PeerMessage report = new PeerMessage.Report(
                MASTERSHIP, version, 0, true, true, new TreeMap<>(Map.of(WEB, Observed.OFFLINE)));

        assertThat(crs.step(now, new CrsInput.PeerSaid(N2, new Incarnation(2), epoch, report)))
                .as("the same once more")
                .noneMatch(CrsEffect.Decided.class::isInstance);
        PeerMessage other =
                new PeerMessage.Report(MASTERSHIP, version, 0, true, true, new TreeMap<>(Map.of(WEB, Observed.ONLINE)));
        assertThat(crs.step(now, new CrsInput.PeerSaid(N2, new Incarnation(2), epoch, other)))
                .anyMatch(CrsEffect.Decided.class::isInstance);
    }

    @Test
    void a_definition_that_comes_again_unchanged_is_not_read_again() {
        view(N2, true, 1, 2);
        step(new CrsInput.PeerUp(N2));
        step(new CrsInput.PeerSaid(N2, new Incarnation(2), epoch, definitions(1, "a", "1")));
        var first = first(CrsEffect.UseDefinitions.class).orElseThrow().definitions();
        step(new CrsInput.PeerSaid(N2, new Incarnation(2), epoch, definitions(2, "b", "1")));
        var second = first(CrsEffect.UseDefinitions.class).orElseThrow().definitions();
        step(new CrsInput.PeerSaid(N2, new Incarnation(2), epoch, definitions(3, "b", "2")));
        var third = first(CrsEffect.UseDefinitions.class).orElseThrow().definitions();

        ResourceName db = new ResourceName("db");
        assertThat(second.get(db)).isSameAs(first.get(db));
        assertThat(second.get(WEB)).isNotEqualTo(first.get(WEB));
        assertThat(third.get(WEB)).isSameAs(second.get(WEB));
        assertThat(third.get(db)).isNotEqualTo(second.get(db));
    }

    private static PeerMessage.Definitions definitions(long version, String web, String db) {
        return new PeerMessage.Definitions(
                MASTERSHIP, version, 0, List.of(definition("web", web), definition("db", db)));
    }

    private static PeerMessage.Definition definition(String name, String description) {
        return new PeerMessage.Definition(
                name,
                "cluster_resource",
                new TreeMap<>(Map.of("ACTION_SCRIPT", "/" + name + ".scr", "DESCRIPTION", description)));
    }

    @Test
    void a_member_that_leaves_is_known_to_and_one_that_stays_after_all() {
        bothNodesServe();
        said(new PeerMessage.Leaving());
        assertThat(crs.isLeaving(N2)).isTrue();
        assertThat(crs.isLeaving(N1)).isFalse();

        said(new PeerMessage.Staying());

        assertThat(crs.isLeaving(N2)).isFalse();
    }

    @Test
    void after_a_person_put_it_right_the_node_can_leave() {
        webRunsHere();
        step(new CrsInput.Leave(false));
        ended(run(ActionKind.STOP).run(), 1);
        ended(run(ActionKind.CLEAN).run(), 1);
        step(new CrsInput.Tick());
        writeEverything();
        step(new CrsInput.CommandGiven(
                3, new Command.Stop(new Command.Selection.Named(List.of("web")), Optional.empty(), true)));
        writeEverything();
        CrsEffect.Run again = first(CrsEffect.Run.class).orElseThrow();
        ended(again.run(), 0);
        ended(run(ActionKind.CHECK).run(), 1);

        step(new CrsInput.Leave(false));

        assertThat(first(CrsEffect.Left.class)).isPresent();
    }

    private void definesWebAsInstance(int instance) {
        said(new PeerMessage.Definitions(
                MASTERSHIP,
                1,
                0,
                List.of(new PeerMessage.Definition(
                        "web",
                        "cluster_resource",
                        new TreeMap<>(Map.of("ACTION_SCRIPT", "/web.scr", "CARDINALITY", "2")),
                        false,
                        instance))));
    }

    @Test
    void an_action_knows_which_instance_it_is_about() {
        view(N2, true, 1, 2);
        step(new CrsInput.PeerUp(N2));
        definesWebAsInstance(0);

        said(new PeerMessage.Order(MASTERSHIP, 1, WEB, 2, ActionKind.START, false, new TreeMap<>(), false));
        assertThat(run(ActionKind.START).instance()).isEqualTo(2);
        ended(run(ActionKind.START).run(), 0);
        assertThat(run(ActionKind.CHECK).instance()).isEqualTo(2);
        ended(run(ActionKind.CHECK).run(), 0);
        assertThat(crs.instanceOf(WEB)).isEqualTo(2);

        said(new PeerMessage.Order(MASTERSHIP, 2, WEB, 0, ActionKind.STOP, false, new TreeMap<>(), false));
        assertThat(run(ActionKind.STOP).instance())
                .as("one too many of it is stopped: it bears the number that it was started with")
                .isEqualTo(2);
    }

    @Test
    void what_an_earlier_crsd_started_is_checked_as_the_instance_that_the_master_knows_there() throws InvalidSettings {
        evidence.put(WEB, new CrsSettings.Evidence(new Incarnation(1)));
        aNodeWithoutAView();
        view(N2, true, 1, 2);
        step(new CrsInput.PeerUp(N2));

        definesWebAsInstance(2);

        assertThat(run(ActionKind.CHECK).instance()).isEqualTo(2);
    }

    @Test
    void a_new_master_learns_the_numbers_from_the_registry_and_tells_them() {
        bothNodesServe();
        addWeb(Map.of("CARDINALITY", "2", "HOSTING_MEMBERS", "n1 n2"));
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        startWeb();
        CrsEffect.Run own = run(ActionKind.START);
        int here = own.instance();
        int there = sentToPeer(PeerMessage.Order.class).getLast().instance();
        assertThat(List.of(here, there)).containsExactlyInAnyOrder(1, 2);
        peerReports(1, Map.of(WEB, Observed.ONLINE));
        ended(own.run(), 0);

        step(new CrsInput.PeerUp(N2)); // As for a crsd that has just started there.

        PeerMessage.Definition told = sentToPeer(PeerMessage.Definitions.class).getLast().resources().stream()
                .filter(resource -> resource.name().equals("web"))
                .findFirst()
                .orElseThrow();
        assertThat(told.instance()).isEqualTo(there);
    }

    @Test
    void what_is_found_running_where_nobody_started_it_is_told_its_number() {
        bothNodesServe();
        addWeb(Map.of("CARDINALITY", "2", "HOSTING_MEMBERS", "n1 n2"));
        peerReports(0, Map.of(WEB, Observed.OFFLINE));
        step(new CrsInput.CommandGiven(
                2, new Command.Start(new Command.Selection.Named(List.of("web")), Optional.of("n1"), false)));
        writeEverything();
        ended(run(ActionKind.START).run(), 0);
        ended(run(ActionKind.CHECK).run(), 0);

        peerReports(0, Map.of(WEB, Observed.ONLINE));
        writeEverything();

        assertThat(sentToPeer(PeerMessage.Definitions.class).getLast().resources())
                .filteredOn(resource -> resource.name().equals("web"))
                .extracting(PeerMessage.Definition::instance)
                .containsExactly(2);
    }

    @Test
    void a_node_that_is_no_master_refuses_commands_and_says_what_to_do() {
        view(N2, true, 1, 2);
        step(new CrsInput.CommandGiven(5, new Command.Start(new Command.Selection.All(), Optional.empty(), false)));

        CrsEffect.CommandFailed refused = first(CrsEffect.CommandFailed.class).orElseThrow();
        assertThat(refused.id()).isEqualTo(5);
        assertThat(refused.reasons().getFirst().nextStep()).isNotEmpty();
    }

    @Test
    void a_message_of_a_later_epoch_waits_until_that_view_is_here() {
        view(N2, true, 1, 2);
        step(new CrsInput.PeerUp(N2));
        Epoch next = epoch.next();
        step(new CrsInput.PeerSaid(
                N2,
                new Incarnation(2),
                next,
                new PeerMessage.Definitions(
                        MASTERSHIP,
                        1,
                        0,
                        List.of(new PeerMessage.Definition(
                                "web", "cluster_resource", new TreeMap<>(Map.of("ACTION_SCRIPT", "/web.scr")))))));
        assertThat(first(CrsEffect.UseDefinitions.class)).isEmpty();

        epoch = next;
        view(N2, true, 1, 2);
        assertThat(first(CrsEffect.UseDefinitions.class).orElseThrow().definitions())
                .containsKey(WEB);
    }
}
