package dev.holdfast.linux;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three machines on one switch, each a network namespace: node1 and node2 with eth0, and a client. */
class ArpTest {
    private static final MacAddress NODE1 = MacAddress.parse("52:54:00:00:00:01");
    private static final MacAddress NODE2 = MacAddress.parse("52:54:00:00:00:02");
    private static final MacAddress CLIENT = MacAddress.parse("52:54:00:00:00:0c");
    private static final Inet4Address VIP = Inet4Address.ofLiteral("10.1.0.101");
    private static final Duration PATIENCE = Duration.ofSeconds(Sandbox.PATIENCE_SECONDS);

    private Sandbox bridge;
    private Sandbox node1;
    private Sandbox node2;
    private Sandbox client;

    @BeforeEach
    void createNetwork() throws Exception {
        bridge = Sandbox.create("--net");
        bridge.run("ip link add br0 type bridge; ip link set br0 up");
        node1 = machine("n1", NODE1, "10.1.0.11");
        node2 = machine("n2", NODE2, "10.1.0.12");
        client = machine("c", CLIENT, "10.1.0.250");
    }

    private Sandbox machine(String port, MacAddress mac, String address) throws Exception {
        Sandbox machine = Sandbox.create("--net");
        bridge.run("ip link add %s type veth peer name eth0 address %s netns %d".formatted(port, mac, machine.pid()));
        bridge.run("ip link set %s master br0 up".formatted(port));
        machine.run("ip link set eth0 up; ip addr add %s/24 dev eth0".formatted(address));
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
        node1.run("ip addr add 10.1.0.101/24 dev eth0");
        try (ArpSocket arp = node2.arp("eth0")) {
            // The first answer ends the search, so patience costs nothing.
            assertEquals(Optional.of(NODE1), arp.findHolder(VIP, 1, PATIENCE));
        }
    }

    @Test
    void a_free_address_is_answered_by_silence() throws Exception {
        try (ArpSocket arp = node2.arp("eth0")) {
            assertEquals(Optional.empty(), arp.findHolder(VIP, 2, Duration.ofMillis(100)));
        }
    }

    @Test
    void a_node_does_not_find_itself() throws Exception {
        node2.run("ip addr add 10.1.0.101/24 dev eth0");
        try (ArpSocket arp = node2.arp("eth0")) {
            assertEquals(Optional.empty(), arp.findHolder(VIP, 2, Duration.ofMillis(100)));
        }
    }

    @Test
    void a_probe_leaves_the_holders_neighbour_cache_alone() throws Exception {
        node1.run("ip addr add 10.1.0.101/24 dev eth0");
        try (ArpSocket arp = node2.arp("eth0")) {
            assertEquals(Optional.of(NODE1), arp.findHolder(VIP, 1, PATIENCE));
        }
        assertEquals("", node1.run("ip neigh show dev eth0 nud all | grep -v NOARP || true"));
    }

    @Test
    void an_announcement_moves_the_address_in_the_caches_of_others_at_once() throws Exception {
        try (ArpSocket first = node1.arp("eth0");
                ArpSocket second = node2.arp("eth0")) {
            node1.run("ip addr add 10.1.0.101/24 dev eth0");
            first.announce(VIP);
            client.run(
                    "bash -c 'echo hello >/dev/udp/10.1.0.101/9'"); // To send it, the kernel must look for the holder.
            awaitNeighbour(NODE1);

            node1.run("ip addr del 10.1.0.101/24 dev eth0");
            node2.run("ip addr add 10.1.0.101/24 dev eth0");
            try (ArpSocket witness = client.arp("eth0")) {
                second.announce(VIP);
                // The witness hears the announcement in the same run through the kernel that updates the cache.
                ArpPacket heard = receiveFrom(witness, NODE2);
                assertEquals(ArpPacket.Operation.REQUEST, heard.operation());
                assertEquals(VIP, heard.sender());
                assertEquals(VIP, heard.target());
                assertEquals(MacAddress.BROADCAST, heard.frameTarget());
            }
            awaitNeighbour(NODE2);
        }
    }

    @Test
    void an_observer_sees_by_the_mac_who_answers_and_also_if_two_do() throws Exception {
        node1.run("ip addr add 10.1.0.101/24 dev eth0");
        node2.run("ip addr add 10.1.0.101/24 dev eth0");
        try (ArpSocket observer = client.arp("eth0")) {
            observer.probe(VIP);
            ArpPacket one = receiveReply(observer);
            ArpPacket other = receiveReply(observer);

            assertEquals(java.util.Set.of(NODE1, NODE2), java.util.Set.of(one.senderMac(), other.senderMac()));
            assertEquals(VIP, one.sender());
            assertEquals(one.senderMac(), one.frameSource());
            assertEquals(CLIENT, one.frameTarget());
        }
    }

    @Test
    void a_link_that_is_off_says_so() throws Exception {
        try (ArpSocket arp = node2.arp("eth0")) {
            node2.run("ip link set eth0 down");

            SystemCallFailed failure = assertThrows(SystemCallFailed.class, () -> arp.announce(VIP));
            assertEquals(SystemCallFailed.ENETDOWN, failure.errno());
        }
    }

    @Test
    void a_loopback_interface_speaks_no_arp() {
        assertThrows(IllegalArgumentException.class, () -> node1.arp("lo"));
    }

    private void awaitNeighbour(MacAddress mac) throws Exception {
        long deadline = System.nanoTime() + SECONDS.toNanos(Sandbox.PATIENCE_SECONDS);
        while (!neighbour().contains("lladdr " + mac)) {
            assertTrue(System.nanoTime() < deadline, neighbour());
        }
    }

    private String neighbour() throws Exception {
        return client.run("ip neigh show 10.1.0.101");
    }

    private static ArpPacket receiveFrom(ArpSocket socket, MacAddress sender) throws Exception {
        while (true) {
            ArpPacket packet = socket.receive(PATIENCE).orElseThrow();
            if (packet.senderMac().equals(sender)) {
                return packet;
            }
        }
    }

    private static ArpPacket receiveReply(ArpSocket socket) throws Exception {
        while (true) {
            ArpPacket packet = socket.receive(PATIENCE).orElseThrow();
            if (packet.operation() == ArpPacket.Operation.REPLY) {
                return packet;
            }
        }
    }
}
