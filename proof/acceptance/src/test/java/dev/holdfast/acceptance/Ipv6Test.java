package dev.holdfast.acceptance;

import static dev.holdfast.acceptance.Cluster.NODE1;
import static dev.holdfast.acceptance.Cluster.NODE2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.bench.Event;
import dev.holdfast.bench.Feed;
import dev.holdfast.bench.LabConsole.Answer;
import dev.holdfast.bench.Sighting;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A virtual address of IPv6, with HAProxy behind it, as a client on the network sees it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Ipv6Test {
    private Cluster cluster;
    private String address;
    private Feed<Sighting> observer;

    @BeforeAll
    void up() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/net/if_inet6")), "needs a kernel with IPv6");
        cluster = Cluster.up("ipv6", "fast", "power");
        String subnet = cluster.on(NODE1, "sh", "-c", "ip -6 -o addr show dev pub0 scope global | awk '{ print $4 }'")
                .orFail("reading an address")
                .strip()
                .replaceFirst("::.*", "");
        address = subnet + "::110";
        observer = Feed.observer(cluster.lab, List.of(address));
        script();
        cluster.on(NODE1, "appvipcfg", "create", "-network=1", "-ip=" + address, "-vipname=web6vip", "-user=root")
                .orFail("creating the address");
        cluster.crsctl(
                        "add",
                        "resource",
                        "web6",
                        "-type",
                        "cluster_resource",
                        "-attr",
                        "ACTION_SCRIPT=/shared/web6/web6.scr,CHECK_INTERVAL=5,START_DEPENDENCIES='hard(web6vip)"
                                + " pullup(web6vip)',STOP_DEPENDENCIES='hard(web6vip)'")
                .orFail("adding HAProxy");
        cluster.crsctl("start", "resource", "web6", "-n", NODE1).orFail("starting it");
        cluster.awaitOn(NODE1, "web6", "web6vip");
    }

    @AfterAll
    void down() throws Exception {
        if (observer != null) {
            observer.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    /** HAProxy on the address, which says on which node it runs. */
    private void script() throws Exception {
        Path directory = Files.createDirectories(cluster.lab.shared().resolve("web6"));
        Files.writeString(directory.resolve("haproxy.cfg"), """
                global
                    pidfile /run/web6.pid
                defaults
                    mode http
                    timeout connect 1s
                    timeout client 5s
                    timeout server 5s
                frontend web6
                    bind [%s]:80
                    http-request return status 200 content-type text/plain lf-string "%%[hostname]"
                """.formatted(address));
        Path script = directory.resolve("web6.scr");
        Files.writeString(script, """
                #!/bin/sh
                case $1 in
                    start) exec haproxy -D -f /shared/web6/haproxy.cfg ;;
                    stop | clean) [ ! -e /run/web6.pid ] || { kill -9 $(cat /run/web6.pid); rm /run/web6.pid; }; exit 0 ;;
                    check) kill -0 $(cat /run/web6.pid) || exit 1 ;;
                esac
                """);
        assertThat(script.toFile().setExecutable(true)).isTrue();
    }

    private Answer request() throws Exception {
        return cluster.lab.lab(
                List.of("client", "--", "curl", "-6", "-fsS", "--max-time", "2", "http://[" + address + "]/"));
    }

    private void answersFrom(String node) throws Exception {
        cluster.await("the client is answered by " + node, () -> {
            Answer answer = request();
            return answer.ok() && answer.output().strip().equals(node);
        });
    }

    private String holders() throws Exception {
        StringBuilder holders = new StringBuilder();
        for (String node : List.of(NODE1, NODE2)) {
            if (cluster.lab.nodes().get(node).power().equals("on")
                    && cluster.on(node, "ip", "-6", "-o", "addr", "show", "dev", "pub0")
                            .orFail("looking at addresses")
                            .contains(" " + address + "/64 ")) {
                holders.append(node);
            }
        }
        return holders.toString();
    }

    @Test
    void it_is_taken_over_when_its_node_dies_moves_when_asked_and_is_never_held_twice() throws Exception {
        answersFrom(NODE1);
        assertThat(holders()).isEqualTo(NODE1);
        // Usable at once, with an end, and no source of connections of the node itself.
        assertThat(cluster.on(NODE1, "ip", "-6", "-o", "addr", "show", "dev", "pub0", "to", address)
                        .orFail("looking at the address"))
                .contains("nodad", "deprecated", "dynamic", "noprefixroute")
                .doesNotContain("tentative", "valid_lft forever");

        long killed = System.nanoTime();
        cluster.lab.fault("power-off", NODE1);
        cluster.awaitOn(NODE2, "web6", "web6vip");
        answersFrom(NODE2);
        assertThat(holders()).isEqualTo(NODE2);
        List<Event> events = cluster.eventsSince(killed);
        long proof = nanos(events, "settled");
        assertThat(events.stream()
                        .filter(event -> event.is("vip-up", "web6vip"))
                        .findFirst()
                        .orElseThrow()
                        .nanos())
                .as("the address is up after the proof that its node is harmless")
                .isGreaterThan(proof);

        cluster.lab.fault("power-on", NODE1);
        cluster.lab.awaitFullView(Cluster.PATIENCE);
        cluster.crsctl("relocate", "resource", "web6vip", "-n", NODE1, "-f").orFail("moving it back");
        cluster.awaitOn(NODE1, "web6", "web6vip");
        answersFrom(NODE1);
        assertThat(holders()).isEqualTo(NODE1);

        observer.mustBeAlive();
        assertThat(observer.told(
                        sighting -> InetAddress.ofLiteral(sighting.address()).equals(InetAddress.ofLiteral(address))))
                .as("answers to the observer")
                .hasSizeGreaterThan(100);
        assertThat(Sighting.doubles(observer.told(_ -> true)))
                .as("addresses held by two nodes")
                .isEmpty();
    }

    private static long nanos(List<Event> events, String name) {
        return events.stream()
                .filter(event -> event.name().equals(name))
                .findFirst()
                .orElseThrow()
                .nanos();
    }

    /** The side that runs more goes on: so the address and HAProxy are on one node, and more than these on the other. */
    @Test
    void of_two_sides_of_a_partition_the_one_that_loses_lets_go_of_it_before_the_other_takes_it() throws Exception {
        runMoreOn(NODE2);
        if (!cluster.resource("web6vip").onlineOn(NODE1)) {
            cluster.crsctl("relocate", "resource", "web6vip", "-n", NODE1, "-f").orFail("moving it to " + NODE1);
        }
        cluster.awaitOn(NODE1, "web6", "web6vip");
        answersFrom(NODE1);

        long cut = System.nanoTime();
        cluster.lab.fault("cut", NODE1, "private");
        cluster.awaitOn(NODE2, "web6", "web6vip");
        answersFrom(NODE2);
        assertThat(holders()).isEqualTo(NODE2);

        List<Event> events = cluster.eventsSince(cut);
        Event letGo = first(
                events, event -> event.name().equals("let-go") && event.daemon().equals("cssd"));
        Event up = first(
                events, event -> event.is("vip-up", "web6vip") && event.node().equals(NODE2));
        assertThat(letGo.node()).as("who lets go").isEqualTo(NODE1);
        assertThat(up.nanos()).as("the address is up after that").isGreaterThan(letGo.nanos());

        observer.mustBeAlive();
        List<Sighting> seen = observer.told(sighting -> sighting.nanos() > cut
                && InetAddress.ofLiteral(sighting.address()).equals(InetAddress.ofLiteral(address)));
        long lastOfLoser = answers(seen, NODE1).max().orElse(cut);
        long firstOfWinner = answers(seen, NODE2).min().orElseThrow();
        assertThat(firstOfWinner)
                .as("on the network the loser has fallen silent before the winner answers")
                .isGreaterThan(lastOfLoser);
        assertThat(Sighting.doubles(observer.told(_ -> true)))
                .as("addresses held by two nodes")
                .isEmpty();

        cluster.lab.fault("mend", NODE1, "private");
        cluster.lab.awaitFullView(Cluster.PATIENCE);
        cluster.crsctl("delete", "resource", "more1", "more2", "more3", "-f").orFail("deleting what ran more");
        cluster.crsctl("relocate", "resource", "web6vip", "-n", NODE1, "-f").orFail("moving it back");
        cluster.awaitOn(NODE1, "web6", "web6vip");
    }

    private void runMoreOn(String node) throws Exception {
        Path script = cluster.lab.shared().resolve("more.scr");
        Files.writeString(script, """
                #!/bin/sh
                case $1 in
                    start) touch /run/$_CRS_NAME ;;
                    stop | clean) rm -f /run/$_CRS_NAME ;;
                    check) [ -e /run/$_CRS_NAME ] ;;
                esac
                """);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        for (String name : List.of("more1", "more2", "more3")) {
            cluster.crsctl(
                            "add",
                            "resource",
                            name,
                            "-type",
                            "cluster_resource",
                            "-attr",
                            "ACTION_SCRIPT=/shared/more.scr")
                    .orFail("adding " + name);
            cluster.crsctl("start", "resource", name, "-n", node).orFail("starting " + name);
        }
    }

    private static Event first(List<Event> events, Predicate<Event> which) {
        return events.stream().filter(which).findFirst().orElseThrow();
    }

    /** When {@code node} answered. */
    private LongStream answers(List<Sighting> seen, String node) throws Exception {
        String mac = cluster.on(node, "cat", "/sys/class/net/pub0/address")
                .orFail("reading the hardware address of " + node)
                .strip();
        return seen.stream().filter(sighting -> sighting.mac().equals(mac)).mapToLong(Sighting::nanos);
    }

    /** cssd extends it meanwhile. The successor is stopped by the freezer the moment it begins, until the lifetime is long over. */
    @Test
    void it_outlives_a_resource_engine_that_is_away_for_longer_than_its_lifetime() throws Exception {
        String node = cluster.resource("web6vip").node();
        long began = System.nanoTime();
        String seen = cluster.keepCrsdAway(node, "ip -6 -o address show dev pub0");
        assertThat(seen).contains(" " + address + "/64 ");

        cluster.awaitCrsd(node, began);
        cluster.awaitOn(node, "web6", "web6vip");
        cluster.nothingWasStartedOrStoppedSince(began);
    }

    @Test
    void an_address_that_another_machine_has_is_not_taken() throws Exception {
        String taken = address.replaceFirst("::.*", "::120");
        cluster.lab
                .lab(List.of("client", "--", "ip", "-6", "addr", "add", taken + "/64", "dev", "pub0", "nodad"))
                .orFail("giving the address to the client");
        cluster.on(NODE1, "appvipcfg", "create", "-network=1", "-ip=" + taken, "-vipname=takenvip", "-user=root")
                .orFail("creating the address");

        Answer refused = cluster.crsctl("start", "resource", "takenvip");
        assertThat(refused.ok()).as(refused.output()).isFalse();
        assertThat(refused.output()).contains("CRS-5005", taken);

        cluster.lab
                .lab(List.of("client", "--", "ip", "-6", "addr", "del", taken + "/64", "dev", "pub0"))
                .orFail("taking the address from the client");
        cluster.crsctl("start", "resource", "takenvip").orFail("starting it now");
        cluster.crsctl("stop", "resource", "takenvip").orFail("stopping it");
        assertThat(cluster.on(NODE1, "ip", "-6", "addr", "show").orFail("addresses")
                        + cluster.on(NODE2, "ip", "-6", "addr", "show").orFail("addresses"))
                .doesNotContain(taken);
    }

    @Test
    void an_address_of_another_subnet_or_of_no_host_is_refused() throws Exception {
        Answer outside = cluster.on(
                NODE1, "appvipcfg", "create", "-network=1", "-ip=2001:db8::5", "-vipname=outside", "-user=root");
        assertThat(outside.ok()).isFalse();
        assertThat(outside.output()).contains("CRS-5008", "2001:db8::5", "is outside of public network 1");
        Answer modified = cluster.crsctl("modify", "resource", "web6vip", "-attr", "USR_ORA_VIP=fe80::1");
        assertThat(modified.ok()).isFalse();
        assertThat(modified.output()).contains("CRS-5008", "link-local");
    }
}
