package dev.holdfast.acceptance;

import static dev.holdfast.acceptance.Cluster.EVERYTHING;
import static dev.holdfast.acceptance.Cluster.NODE1;
import static dev.holdfast.acceptance.Cluster.NODE2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.holdfast.bench.Event;
import dev.holdfast.bench.LabConsole.Answer;
import dev.holdfast.bench.LabConsole.ResourceStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The walk-through of the manual, typed on a lab with real daemons, HAProxy and httpd, and its expected results. The order is that of the
 * manual; every test begins from the same place and could stand alone.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WalkThroughTest {
    private Cluster cluster;
    private final List<Answer> created = new ArrayList<>();
    private SortedMap<String, ResourceStatus> afterCreation;
    private Answer startOfHttpd1;
    private Answer startOfAll;

    @BeforeAll
    void type() throws Exception {
        cluster = Cluster.up("acceptance", "default", "power");
        for (List<String> command : cluster.walk.createCommands()) {
            created.add(cluster.lab.exec(NODE1, command));
        }
        afterCreation = cluster.resources();
        startOfHttpd1 = cluster.on(NODE1, "crsctl", "start", "resource", "httpd1");
        startOfAll = cluster.on(NODE1, "crsctl", "start", "resource", "httpd2", "haproxy");
    }

    @AfterAll
    void down() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @BeforeEach
    void home() throws Exception {
        cluster.home();
    }

    @AfterEach
    void never_twice() throws Exception {
        cluster.mustNeverHaveHeldTwice();
    }

    @Test
    @Order(1)
    void adding_resources_says_nothing_and_leaves_them_offline() {
        assertThat(created).allSatisfy(answer -> {
            assertEquals("", answer.output());
            assertEquals(0, answer.exit());
        });
        for (String name : EVERYTHING) {
            ResourceStatus status = afterCreation.get(name);
            assertThat(status).as(name).isNotNull();
            assertEquals("OFFLINE", status.target(), name);
            assertEquals("OFFLINE", status.state(), name);
        }
        assertEquals("cluster_resource", afterCreation.get("httpd1").type());
        assertEquals("app.appvip_net1.type", afterCreation.get("httpd1vip").type());
    }

    @Test
    @Order(2)
    void starting_httpd1_starts_its_address_first() {
        assertEquals(0, startOfHttpd1.exit(), startOfHttpd1.output());
        assertThat(startOfHttpd1.output())
                .containsSubsequence(
                        "CRS-2672: Attempting to start 'httpd1vip' on 'node1'",
                        "CRS-2676: Start of 'httpd1vip' on 'node1' succeeded",
                        "CRS-2672: Attempting to start 'httpd1' on 'node1'",
                        "CRS-2676: Start of 'httpd1' on 'node1' succeeded");
    }

    @Test
    @Order(3)
    void everything_starts_on_its_favourite_node_and_the_table_shows_it() throws Exception {
        assertEquals(0, startOfAll.exit(), startOfAll.output());
        Answer table = cluster.crsctl("status", "resource", "-t");
        assertEquals(0, table.exit(), table.output());
        assertThat(table.output())
                .containsPattern("haproxy\n +1 +ONLINE +ONLINE +node1 +STABLE")
                .containsPattern("httpd1\n +1 +ONLINE +ONLINE +node1 +STABLE")
                .containsPattern("httpd2\n +1 +ONLINE +ONLINE +node2 +STABLE");
        assertThat(cluster.request().orFail("a request")).contains("This is");
    }

    @Test
    @Order(4)
    void httpd_that_dies_is_restarted_where_it_is_twice_and_then_moves_with_its_address() throws Exception {
        for (int failure = 1; failure <= 2; failure++) {
            String pid = cluster.pidOf("httpd1", NODE1);
            cluster.on(NODE1, "kill", "-9", pid).orFail("killing httpd1");
            String count = "RESTART_COUNT=" + failure;
            cluster.await("httpd1 runs again on node1, " + count, () -> {
                String verbose =
                        cluster.crsctl("status", "resource", "httpd1", "-v").output();
                return verbose.contains(count) && cluster.resource("httpd1").onlineOn(NODE1);
            });
            assertNotEquals(pid, cluster.pidOf("httpd1", NODE1));
        }
        cluster.on(NODE1, "kill", "-9", cluster.pidOf("httpd1", NODE1)).orFail("killing httpd1");
        cluster.awaitOn(NODE2, "httpd1", "httpd1vip");
        assertThat(cluster.resource("haproxy").onlineOn(NODE1)).isTrue();
    }

    @Test
    @Order(5)
    void an_address_is_not_moved_away_from_under_httpd_unless_forced() throws Exception {
        String pid = cluster.pidOf("httpd1", NODE1);
        Answer refused = cluster.crsctl("relocate", "resource", "httpd1vip", "-n", NODE2);
        assertNotEquals(0, refused.exit());
        assertThat(refused.output()).contains("CRS-2529", "CRS-4000");
        assertEquals(pid, cluster.pidOf("httpd1", NODE1), "nothing was changed");

        Answer forced = cluster.crsctl("relocate", "resource", "httpd1vip", "-n", NODE2, "-f");
        assertEquals(0, forced.exit(), forced.output());
        assertThat(forced.output())
                .containsSubsequence(
                        "CRS-2677: Stop of 'httpd1' on 'node1' succeeded",
                        "CRS-2677: Stop of 'httpd1vip' on 'node1' succeeded",
                        "CRS-2676: Start of 'httpd1vip' on 'node2' succeeded",
                        "CRS-2676: Start of 'httpd1' on 'node2' succeeded");
        cluster.awaitOn(NODE2, "httpd1", "httpd1vip");
    }

    @Test
    @Order(6)
    void what_ran_on_a_node_without_power_runs_elsewhere_after_a_proof_and_stays_there_when_the_node_returns()
            throws Exception {
        String untouched = cluster.pidOf("httpd2", NODE2);
        long before = System.nanoTime();
        cluster.lab.fault("power-off", NODE1);
        cluster.awaitOn(NODE2, "haproxy", "haproxyvip", "httpd1", "httpd1vip");

        assertEquals(untouched, cluster.pidOf("httpd2", NODE2), "httpd2 had nothing to do with it");
        assertThat(cluster.request().orFail("a request")).contains("This is");
        List<Event> events = cluster.eventsSince(before);
        Event proof = first(events, event -> event.name().equals("settled"));
        assertEquals("FENCED", proof.detail("proof"));
        assertThat(first(events, event -> event.is("vip-up", "haproxyvip")).nanos())
                .as("the address after the proof")
                .isGreaterThan(proof.nanos());

        cluster.lab.fault("power-on", NODE1);
        cluster.lab.awaitFullView(Cluster.PATIENCE);
        cluster.await(
                "the network is online on both nodes",
                () -> cluster.resource("ora.net1.network").state().contains(NODE1));
        for (String name : EVERYTHING) {
            assertThat(cluster.resource(name).onlineOn(NODE2))
                    .as(name + " stays")
                    .isTrue();
        }
    }

    @Test
    @Order(7)
    void of_two_nodes_that_do_not_hear_each_other_one_goes_on_and_the_other_lets_go_before() throws Exception {
        long before = System.nanoTime();
        cluster.lab.fault("cut", NODE1, "private");
        // cssd's word, which is verified.
        cluster.await(
                "one of the nodes has let go",
                () -> cluster.eventsSince(before).stream().anyMatch(WalkThroughTest::isVerifiedLetGo));
        Event letGo = first(cluster.eventsSince(before), WalkThroughTest::isVerifiedLetGo);
        String loser = letGo.node();
        String winner = loser.equals(NODE1) ? NODE2 : NODE1;
        cluster.awaitOn(winner, EVERYTHING.toArray(String[]::new));

        List<Event> events = cluster.eventsSince(before);
        assertThat(events)
                .noneMatch(
                        event -> event.name().equals("let-go") && event.node().equals(winner));
        assertThat(first(
                                events,
                                event -> event.name().equals("vip-up")
                                        && event.node().equals(winner))
                        .nanos())
                .as("the winner took over after the loser had let go")
                .isGreaterThan(letGo.nanos());
        assertThat(cluster.lab.nodes().get(loser).vips()).isEmpty();
        assertThat(cluster.request().orFail("a request")).contains("This is");
    }

    private static boolean isVerifiedLetGo(Event event) {
        return event.name().equals("let-go") && event.daemon().equals("cssd");
    }

    @Test
    @Order(8)
    void one_of_three_voting_disks_may_hang_and_nothing_happens_but_a_warning() throws Exception {
        long before = System.nanoTime();
        List<String> pids = List.of(cluster.pidOf("haproxy", NODE1), cluster.pidOf("httpd1", NODE1));
        long epoch = cluster.lab.nodes().get(NODE1).epoch();
        cluster.lab.fault("hang", NODE1, "disk2");
        cluster.await(
                "crsctl query css votedisk warns",
                () -> cluster.on(NODE1, "crsctl", "query", "css", "votedisk")
                        .output()
                        .lines()
                        .anyMatch(line -> line.contains("disk2") && !line.contains("ONLINE")));

        assertEquals(epoch, cluster.lab.nodes().get(NODE1).epoch());
        assertEquals(pids, List.of(cluster.pidOf("haproxy", NODE1), cluster.pidOf("httpd1", NODE1)));
        assertThat(cluster.eventsSince(before)).noneMatch(event -> event.name().equals("letting-go"));
    }

    @Test
    @Order(9)
    void a_node_without_most_of_its_voting_disks_lets_go_and_the_other_takes_over() throws Exception {
        long before = System.nanoTime();
        cluster.lab.fault("hang", NODE1, "storage");
        cluster.awaitOn(NODE2, EVERYTHING.toArray(String[]::new));

        List<Event> events = cluster.eventsSince(before);
        Event proof = first(events, event -> event.name().equals("settled"));
        assertThat(first(
                                events,
                                event -> event.is("vip-up", "haproxyvip")
                                        && event.node().equals(NODE2))
                        .nanos())
                .isGreaterThan(proof.nanos());
        assertThat(cluster.request().orFail("a request")).contains("This is");
    }

    @Test
    @Order(10)
    void a_node_whose_public_link_is_down_loses_its_addresses_to_the_other() throws Exception {
        cluster.lab.fault("cut", NODE1, "public");
        cluster.awaitOn(NODE2, EVERYTHING.toArray(String[]::new));

        assertThat(cluster.resource("ora.net1.network").state())
                .contains("OFFLINE")
                .contains("ONLINE on node2");
        assertThat(cluster.lab.nodes().get(NODE1).vips()).isEmpty();
        assertThat(cluster.lab.nodes().get(NODE1).inView()).isTrue();
        assertThat(cluster.request().orFail("a request")).contains("This is");
    }

    @Test
    @Order(11)
    void an_address_in_use_is_not_stopped_unless_forced_and_pulls_up_only_what_is_wanted() throws Exception {
        Answer refused = cluster.crsctl("stop", "resource", "haproxyvip");
        assertNotEquals(0, refused.exit());
        assertThat(refused.output()).contains("haproxy", "CRS-4000");
        assertThat(cluster.resource("haproxyvip").online()).isTrue();

        Answer forced = cluster.crsctl("stop", "resource", "haproxyvip", "-f");
        assertEquals(0, forced.exit(), forced.output());
        assertThat(forced.output())
                .containsSubsequence(
                        "CRS-2677: Stop of 'haproxy' on 'node1' succeeded",
                        "CRS-2677: Stop of 'haproxyvip' on 'node1' succeeded");
        // Stopped because of its address only: it is still wanted, so it follows its address up.
        assertEquals("ONLINE", cluster.resource("haproxy").target());
        cluster.crsctl("start", "resource", "haproxyvip").orFail("starting haproxyvip");
        cluster.awaitOn(NODE1, "haproxyvip", "haproxy");

        // Stopped for its own sake: not wanted, so it stays down.
        cluster.crsctl("stop", "resource", "haproxy").orFail("stopping haproxy");
        cluster.crsctl("stop", "resource", "haproxyvip").orFail("stopping haproxyvip");
        cluster.crsctl("start", "resource", "haproxyvip").orFail("starting haproxyvip");
        cluster.awaitOn(NODE1, "haproxyvip");
        assertEquals("OFFLINE", cluster.resource("haproxy").target());
        assertThat(cluster.resource("haproxy").online()).isFalse();
    }

    @Test
    @Order(12)
    void wrong_input_gets_a_message_and_changes_nothing() throws Exception {
        Answer before = cluster.crsctl("status", "resource", "-p");
        List<List<String>> wrong = List.of(
                List.of("crsctl", "start", "resource", "nosuch"),
                List.of("crsctl", "add", "resource", "web", "-type", "nosuch_type"),
                List.of("crsctl", "add", "resource", "httpd1", "-type", "cluster_resource"),
                List.of(
                        "crsctl",
                        "add",
                        "resource",
                        "web",
                        "-type",
                        "cluster_resource",
                        "-attr",
                        "PLACEMENT=somewhere"),
                List.of("crsctl", "modify", "resource", "httpd1", "-attr", "CHECK_INTERVALL=5"),
                List.of("crsctl", "delete", "resource", "httpd1"),
                List.of("crsctl", "relocate", "resource", "httpd1", "-n", "node9"),
                List.of("crsctl", "frobnicate"),
                List.of("appvipcfg", "create", "-network=1", "-ip=300.1.1.1", "-vipname=bad", "-user=root"),
                List.of("appvipcfg", "delete", "-vipname=nosuch"));
        for (List<String> command : wrong) {
            Answer answer = cluster.lab.exec(NODE1, command);
            assertNotEquals(0, answer.exit(), command + ": " + answer.output());
            assertThat(answer.output().strip()).as(command.toString()).isNotEmpty();
        }
        assertEquals(before.output(), cluster.crsctl("status", "resource", "-p").output());
    }

    private static Event first(List<Event> events, Predicate<Event> wanted) {
        return events.stream()
                .filter(wanted)
                .min(Comparator.comparingLong(Event::nanos))
                .orElseThrow(() -> new AssertionError("no such event in:\n"
                        + String.join("\n", events.stream().map(Event::toString).toList())));
    }
}
