package dev.holdfast.linux;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three machines on one switch, each a network namespace: node1 and node2 with eth0, and a client; as {@link ArpTest}, in IPv6. */
class NeighbourTest {
    private static final MacAddress NODE1 = MacAddress.parse("52:54:00:00:00:01");
    private static final MacAddress NODE2 = MacAddress.parse("52:54:00:00:00:02");
    private static final Inet6Address VIP = (Inet6Address) InetAddress.ofLiteral("2001:db8::101");
    private static final Duration PATIENCE = Duration.ofSeconds(Sandbox.PATIENCE_SECONDS);

    private Sandbox bridge;
    private Sandbox node1;
    private Sandbox node2;
    private Sandbox client;

    @BeforeEach
    void createNetwork() throws Exception {
        bridge = Sandbox.create("--net");
        bridge.run("ip link add br0 type bridge mcast_snooping 0; ip link set br0 up");
        node1 = machine("n1", NODE1, "2001:db8::11");
        node2 = machine("n2", NODE2, "2001:db8::12");
        client = machine("c", MacAddress.parse("52:54:00:00:00:0c"), "2001:db8::250");
    }

    private Sandbox machine(String port, MacAddress mac, String address) throws Exception {
        Sandbox machine = Sandbox.create("--net");
        bridge.run("ip link add %s type veth peer name eth0 address %s netns %d".formatted(port, mac, machine.pid()));
        bridge.run("ip link set %s master br0 up".formatted(port));
        machine.run("ip link set eth0 up; ip -6 addr add %s/64 dev eth0 nodad".formatted(address));
        return machine;
    }

    @AfterEach
    void removeNetwork() throws Exception {
        for (Sandbox machine : new Sandbox[] {node1, node2, client, bridge}) {
            if (machine != null) {
                machine.close();
            }
        }
    }

    @Test
    void the_holder_of_an_address_is_found() throws Exception {
        put(node1);
        try (NeighbourSocket socket = open(node2)) {
            // The first answer ends the search, so patience costs nothing. The first question may come too early: the
            // kernel begins to listen for
            // it a moment after the address is there.
            assertEquals(Optional.of(NODE1), socket.findHolder(VIP, 300, Duration.ofMillis(100)));
        }
        // Who asked without an address is in nobody's cache.
        assertFalse(node1.run("ip -6 neigh show dev eth0 nud all").contains(NODE2.toString()));
    }

    @Test
    void a_free_address_is_answered_by_silence_and_a_node_does_not_find_itself() throws Exception {
        try (NeighbourSocket socket = open(node2)) {
            assertEquals(Optional.empty(), socket.findHolder(VIP, 2, Duration.ofMillis(100)));
            put(node2);
            assertEquals(Optional.empty(), socket.findHolder(VIP, 2, Duration.ofMillis(100)));
        }
    }

    @Test
    void an_announcement_moves_the_address_in_the_caches_of_others_at_once() throws Exception {
        try (NeighbourSocket first = open(node1);
                NeighbourSocket second = open(node2)) {
            put(node1);
            first.announce(VIP);
            client.run("bash -c 'echo hello >/dev/udp/2001:db8::101/9'"); // The kernel must look for the holder.
            awaitNeighbour(NODE1);

            node1.run("ip -6 addr del 2001:db8::101/64 dev eth0");
            put(node2);
            second.announce(VIP);
            awaitNeighbour(NODE2);
        }
    }

    @Test
    void an_observer_sees_by_the_mac_who_answers_and_also_if_two_do() throws Exception {
        put(node1);
        put(node2);
        try (NeighbourSocket observer = open(client)) {
            await(observer, NODE1);
            await(observer, NODE2);
            observer.probe(VIP);
            NeighbourPacket one = answer(observer);
            NeighbourPacket other = answer(observer);
            assertEquals(java.util.Set.of(NODE1, NODE2), java.util.Set.of(one.holder(), other.holder()));

            // The number of a question comes back with its answer.
            var number = MacAddress.parse("02:00:00:00:00:2a");
            observer.probe(VIP, (Inet6Address) InetAddress.ofLiteral("fe80::2a"), number);
            NeighbourPacket third = answer(observer);
            NeighbourPacket fourth = answer(observer);
            assertEquals(java.util.Set.of(NODE1, NODE2), java.util.Set.of(third.holder(), fourth.holder()));
            assertEquals(number, third.frameTarget());
            assertEquals(number, fourth.frameTarget());
        }
    }

    @Test
    void other_traffic_is_not_heard() throws Exception {
        try (NeighbourSocket socket = open(node2)) {
            // Each is answered by "port unreachable", which is ICMPv6, too.
            node1.run("for i in 1 2 3; do bash -c 'echo hello >/dev/udp/2001:db8::12/9'; done");
            // It made neighbour discovery necessary; nothing but that is there.
            Optional<NeighbourPacket> heard = socket.receive(Duration.ofMillis(1));
            assertTrue(heard.isPresent());
            while (heard.isPresent()) {
                assertTrue(
                        heard.get().target().getHostAddress().endsWith(":11")
                                || heard.get().target().getHostAddress().endsWith(":12")
                                || heard.get().target().isLinkLocalAddress(),
                        heard.toString());
                heard = socket.receive(Duration.ofMillis(1));
            }
        }
    }

    @Test
    void a_loopback_interface_has_no_neighbours() {
        assertThrows(IllegalArgumentException.class, () -> openOn(node1, "lo"));
    }

    /** As the agent does: usable at once, so that the announcement is not the word of one who does not answer. */
    private static void put(Sandbox node) throws Exception {
        try (Netlink netlink = node.netlink()) {
            netlink.put(new InterfaceAddress(
                    netlink.link("eth0").orElseThrow().index(),
                    VIP,
                    64,
                    InterfaceAddress.IPV6_LABEL,
                    InterfaceAddress.NO_PREFIX_ROUTE,
                    Duration.ofMinutes(1)));
        }
    }

    private static NeighbourSocket open(Sandbox machine) throws Exception {
        return openOn(machine, "eth0");
    }

    private static NeighbourSocket openOn(Sandbox machine, String link) throws Exception {
        return machine.network().call(() -> {
            try (Netlink netlink = Netlink.open()) {
                return NeighbourSocket.open(netlink.link(link).orElseThrow());
            }
        });
    }

    /** Asks until this node answers, and waits until no answer is left. */
    private static void await(NeighbourSocket observer, MacAddress node) throws Exception {
        long deadline = System.nanoTime() + SECONDS.toNanos(Sandbox.PATIENCE_SECONDS);
        boolean answered = false;
        while (!answered) {
            assertTrue(System.nanoTime() < deadline, node + " does not answer");
            observer.probe(VIP);
            for (Optional<NeighbourPacket> heard = observer.receive(Duration.ofMillis(100));
                    heard.isPresent();
                    heard = observer.receive(Duration.ofMillis(100))) {
                answered |= heard.get().holder().equals(node) && heard.get().claims(VIP);
            }
        }
    }

    private static NeighbourPacket answer(NeighbourSocket socket) throws Exception {
        while (true) {
            NeighbourPacket packet = socket.receive(PATIENCE).orElseThrow();
            if (packet.kind() == NeighbourPacket.Kind.ADVERTISEMENT && packet.claims(VIP)) {
                return packet;
            }
        }
    }

    private void awaitNeighbour(MacAddress mac) throws Exception {
        long deadline = System.nanoTime() + SECONDS.toNanos(Sandbox.PATIENCE_SECONDS);
        while (!neighbour().contains("lladdr " + mac)) {
            assertTrue(System.nanoTime() < deadline, neighbour());
        }
    }

    private String neighbour() throws Exception {
        return client.run("ip -6 neigh show 2001:db8::101");
    }
}
