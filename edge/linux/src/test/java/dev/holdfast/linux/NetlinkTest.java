package dev.holdfast.linux;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.linux.NetlinkWatch.Event;
import dev.holdfast.linux.NetlinkWatch.Event.AddressGone;
import dev.holdfast.linux.NetlinkWatch.Event.AddressIs;
import dev.holdfast.linux.NetlinkWatch.Event.Everything;
import dev.holdfast.linux.NetlinkWatch.Event.LinkGone;
import dev.holdfast.linux.NetlinkWatch.Event.LinkIs;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against the kernel, in a network namespace with a veth pair pub0 - far0, both ends inside. */
class NetlinkTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private Sandbox sandbox;
    private Netlink netlink;
    private Link pub0;

    @BeforeEach
    void createLinks() throws Exception {
        sandbox = Sandbox.create("--net");
        sandbox.run("ip link add pub0 address 52:54:00:ab:10:02 type veth peer name far0");
        sandbox.run("ip link set pub0 up; ip link set far0 up");
        sandbox.run("ip addr add 10.1.0.11/24 dev pub0");
        netlink = sandbox.netlink();
        pub0 = netlink.link("pub0").orElseThrow();
    }

    @AfterEach
    void removeLinks() throws Exception {
        if (netlink != null) {
            netlink.close();
        }
        if (sandbox != null) {
            sandbox.close();
        }
    }

    @Test
    void links_are_listed_with_their_state() throws Exception {
        assertEquals(
                List.of("lo", "far0", "pub0"),
                netlink.links().stream().map(Link::name).toList());
        assertEquals(MacAddress.parse("52:54:00:ab:10:02"), pub0.mac());
        assertEquals(1500, pub0.mtu());
        assertTrue(pub0.up());
        assertTrue(pub0.carrier());
        assertFalse(pub0.loopback());
        assertTrue(netlink.link("lo").orElseThrow().loopback());
        assertTrue(netlink.link("eth7").isEmpty());
    }

    @Test
    void a_link_whose_other_end_is_off_has_no_carrier() throws Exception {
        netlink.setUp(netlink.link("far0").orElseThrow(), false);

        Link now = netlink.link("pub0").orElseThrow();
        assertTrue(now.up());
        assertFalse(now.carrier());
    }

    @Test
    void an_address_is_added_with_label_lifetime_and_flags_as_the_ip_command_sees_it() throws Exception {
        netlink.add(vip("10.1.0.101").validFor(MINUTE));

        String shown = sandbox.run("ip -4 addr show dev pub0 to 10.1.0.101");
        assertTrue(shown.contains("inet 10.1.0.101/24 scope global secondary dynamic noprefixroute pub0:hf"), shown);
        assertTrue(shown.matches("(?s).*valid_lft (60|59)sec preferred_lft (60|59)sec.*"), shown);

        InterfaceAddress listed = listed("10.1.0.101");
        assertEquals("pub0:hf", listed.label());
        assertEquals(24, listed.prefixLength());
        assertEquals(pub0.index(), listed.link());
        assertEquals(InterfaceAddress.NO_PREFIX_ROUTE | InterfaceAddress.SECONDARY, listed.flags());
        assertTrue(listed.valid().compareTo(MINUTE) <= 0 && listed.valid().toSeconds() > 50, listed.toString());
    }

    @Test
    void an_address_without_lifetime_is_permanent() throws Exception {
        netlink.add(vip("10.1.0.101"));

        InterfaceAddress listed = listed("10.1.0.101");
        assertEquals(InterfaceAddress.FOREVER, listed.valid());
        assertTrue((listed.flags() & InterfaceAddress.PERMANENT) != 0);
    }

    @Test
    void adding_what_is_there_is_refused_and_putting_it_sets_the_lifetime() throws Exception {
        netlink.add(vip("10.1.0.101").validFor(MINUTE));

        SystemCallFailed refused = assertThrows(
                SystemCallFailed.class, () -> netlink.add(vip("10.1.0.101").validFor(MINUTE)));
        assertEquals(SystemCallFailed.EEXIST, refused.errno());
        netlink.put(vip("10.1.0.101").validFor(Duration.ofHours(1)));

        assertTrue(listed("10.1.0.101").valid().compareTo(Duration.ofMinutes(50)) > 0);
        netlink.put(vip("10.1.0.102").validFor(MINUTE));
        assertEquals("pub0:hf", listed("10.1.0.102").label());
    }

    @Test
    void an_address_is_extended_only_if_it_is_there() throws Exception {
        netlink.add(vip("10.1.0.101").validFor(MINUTE));

        assertTrue(netlink.extend(vip("10.1.0.101").validFor(Duration.ofHours(1))));
        assertTrue(listed("10.1.0.101").valid().compareTo(Duration.ofMinutes(50)) > 0);
        assertFalse(netlink.extend(vip("10.1.0.102").validFor(MINUTE)));
        // The administrator's own address is none of ours, though all but the label is the same.
        assertFalse(netlink.extend(new InterfaceAddress(pub0.index(), address("10.1.0.11"), 24, "pub0:hf", 0, MINUTE)));
        assertEquals(InterfaceAddress.FOREVER, listed("10.1.0.11").valid());
        assertEquals(2, addresses(4).size());
    }

    @Test
    void the_kernel_drops_an_address_at_the_end_of_its_lifetime_and_not_before() throws Exception {
        try (NetlinkWatch _ = watch(1 << 20)) {
            long added = System.nanoTime();
            netlink.add(vip("10.1.0.101").validFor(Duration.ofSeconds(1)));

            var gone = assertInstanceOf(AddressGone.class, await(event -> event instanceof AddressGone));
            long livedMillis = (System.nanoTime() - added) / 1_000_000;

            assertEquals(address("10.1.0.101"), gone.address().address());
            assertEquals("pub0:hf", gone.address().label());
            assertTrue(livedMillis >= 990, livedMillis + " ms");
            assertEquals(1, addresses(4).size());
        }
    }

    @Test
    void an_address_is_deleted_once_and_only_under_its_label() throws Exception {
        netlink.add(vip("10.1.0.101"));
        var otherLabel =
                new InterfaceAddress(pub0.index(), address("10.1.0.101"), 24, "pub0:x", 0, InterfaceAddress.FOREVER);

        assertFalse(netlink.delete(otherLabel));
        assertTrue(netlink.delete(vip("10.1.0.101")));
        assertFalse(netlink.delete(vip("10.1.0.101")));
        assertFalse(
                netlink.delete(new InterfaceAddress(4711, address("10.1.0.101"), 24, "", 0, InterfaceAddress.FOREVER)));
    }

    @Test
    void letting_go_deletes_what_carries_the_label_and_nothing_else() throws Exception {
        netlink.add(vip("10.1.0.101"));
        netlink.add(vip("10.1.0.102").validFor(MINUTE));
        sandbox.run("ip addr add 10.1.0.103/24 dev pub0 label pub0:mine");

        assertEquals(
                List.of(address("10.1.0.101"), address("10.1.0.102")),
                netlink.deleteLabelled(":hf").stream()
                        .map(InterfaceAddress::address)
                        .toList());

        assertEquals(List.of(address("10.1.0.11"), address("10.1.0.103")), addresses(4));
        assertThrows(IllegalArgumentException.class, () -> netlink.deleteLabelled(""));
    }

    @Test
    void ipv6_addresses_come_and_go_too() throws Exception {
        var vip = new InterfaceAddress(
                pub0.index(),
                address("fd00::101"),
                64,
                "",
                InterfaceAddress.NO_DUPLICATE_DETECTION | InterfaceAddress.NO_PREFIX_ROUTE,
                MINUTE);
        netlink.add(vip);
        assertTrue(addresses(16).contains(address("fd00::101")));
        assertTrue(netlink.extend(vip.validFor(Duration.ofHours(1))));
        assertTrue(listed("fd00::101").valid().compareTo(Duration.ofMinutes(50)) > 0);
        assertTrue(netlink.delete(vip));
        assertFalse(addresses(16).contains(address("fd00::101")));
        assertFalse(netlink.delete(vip));
    }

    @Test
    void an_ipv6_address_of_ours_is_usable_at_once_no_source_of_connections_and_known_by_its_label() throws Exception {
        netlink.add(ours("fd00::101").validFor(MINUTE));

        String shown = sandbox.run("ip -6 -o addr show dev pub0 to fd00::101");
        assertTrue(shown.contains("nodad deprecated dynamic noprefixroute"), shown);
        assertFalse(shown.contains("tentative"), shown);
        assertTrue(shown.matches("(?s).*valid_lft (60|59)sec preferred_lft 0sec.*"), shown);
        assertEquals(":hf", listed("fd00::101").label());

        // What is extended keeps all of that.
        assertTrue(netlink.extend(ours("fd00::101").validFor(Duration.ofHours(1))));
        InterfaceAddress extended = listed("fd00::101");
        assertEquals(":hf", extended.label());
        assertTrue(extended.valid().compareTo(Duration.ofMinutes(50)) > 0);
        assertTrue(sandbox.run("ip -6 -o addr show dev pub0 to fd00::101").contains("nodad deprecated dynamic"));
    }

    @Test
    void letting_go_deletes_the_ipv6_addresses_of_ours_and_none_of_the_administrators() throws Exception {
        sandbox.run("ip -6 addr add fd00::11/64 dev pub0 nodad");
        netlink.put(ours("fd00::101").validFor(MINUTE));
        netlink.put(vip("10.1.0.101"));

        assertFalse(netlink.extend(ours("fd00::11").validFor(MINUTE)));
        assertEquals(
                List.of(address("10.1.0.101"), address("fd00::101")),
                netlink.deleteLabelled(":hf").stream()
                        .map(InterfaceAddress::address)
                        .toList());
        assertTrue(addresses(16).contains(address("fd00::11")));
        assertEquals(InterfaceAddress.FOREVER, listed("fd00::11").valid());
        assertFalse(addresses(16).contains(address("fd00::101")));
    }

    @Test
    void the_kernel_drops_an_ipv6_address_at_the_end_of_its_lifetime_and_tells_whose_it_was() throws Exception {
        try (NetlinkWatch _ = watch(1 << 20)) {
            long added = System.nanoTime();
            netlink.add(ours("fd00::101").validFor(Duration.ofSeconds(1)));

            var gone = assertInstanceOf(AddressGone.class, await(event -> event instanceof AddressGone));
            long livedMillis = (System.nanoTime() - added) / 1_000_000;

            assertEquals(address("fd00::101"), gone.address().address());
            assertEquals(":hf", gone.address().label());
            assertTrue(livedMillis >= 970, livedMillis + " ms"); // The kernel counts up to a fiftieth of a second more.
        }
    }

    @Test
    void ipv6_has_one_label() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new InterfaceAddress(pub0.index(), address("fd00::1"), 64, "pub0:hf", 0, MINUTE));
    }

    @Test
    void a_link_that_does_not_exist_is_an_error_with_words() {
        var nowhere = new InterfaceAddress(4711, vip("10.1.0.101").address(), 24, "", 0, MINUTE);

        SystemCallFailed failure = assertThrows(SystemCallFailed.class, () -> netlink.add(nowhere));

        assertEquals("add address 10.1.0.101/24 on link 4711: ENODEV (no such device)", failure.getMessage());
    }

    @Test
    void many_addresses_take_several_answers() throws Exception {
        sandbox.run("for i in $(seq 1 12); do for j in $(seq 1 100); do"
                + " echo addr add 10.2.$i.$j/32 dev pub0; done; done | ip -batch -");

        assertEquals(1201, addresses(4).size());
    }

    @Test
    void a_closed_socket_says_so() {
        netlink.close();
        netlink.close();

        assertThrows(java.io.IOException.class, () -> netlink.links());
    }

    @Test
    void a_watch_tells_everything_first_and_then_what_changes() throws Exception {
        try (NetlinkWatch _ = watch(1 << 20)) {
            Everything everything = assertInstanceOf(Everything.class, await(event -> true));
            assertEquals(netlink.links(), everything.links());
            assertEquals(netlink.addresses(), everything.addresses());

            netlink.add(vip("10.1.0.101"));
            assertEquals(
                    "pub0:hf",
                    assertInstanceOf(AddressIs.class, await(event -> event instanceof AddressIs))
                            .address()
                            .label());
            netlink.delete(vip("10.1.0.101"));
            assertEquals(
                    address("10.1.0.101"),
                    assertInstanceOf(AddressGone.class, await(event -> event instanceof AddressGone))
                            .address()
                            .address());
        }
    }

    @Test
    void a_watch_tells_that_the_cable_was_pulled_and_that_the_link_is_gone() throws Exception {
        try (NetlinkWatch _ = watch(1 << 20)) {
            await(event -> event instanceof Everything);
            netlink.setUp(netlink.link("far0").orElseThrow(), false);
            await(event ->
                    event instanceof LinkIs(Link link) && link.name().equals("pub0") && link.up() && !link.carrier());
            netlink.setUp(netlink.link("far0").orElseThrow(), true);
            await(event -> event instanceof LinkIs(Link link) && link.name().equals("pub0") && link.carrier());

            sandbox.run("ip link del far0");
            await(event -> event instanceof LinkGone(Link link) && link.name().equals("pub0"));
        }
    }

    @Test
    void a_port_that_leaves_its_bridge_is_not_a_link_that_is_gone() throws Exception {
        sandbox.run("ip link add br0 type bridge; ip link set pub0 master br0");
        try (NetlinkWatch _ = watch(1 << 20)) {
            await(event -> event instanceof Everything);
            sandbox.run("ip link set pub0 nomaster; ip link del br0");

            var gone = assertInstanceOf(LinkGone.class, await(event -> event instanceof LinkGone));
            assertEquals("br0", gone.link().name());
        }
    }

    @Test
    void a_watch_that_lost_events_tells_everything_again() throws Exception {
        var goOn = new Semaphore(0);
        var reached = new Semaphore(0);
        NetlinkWatch slow = sandbox.network()
                .call(() -> NetlinkWatch.start(
                        event -> {
                            events.add(event);
                            reached.release();
                            goOn.acquireUninterruptibly();
                        },
                        4096));
        try (slow) {
            assertTrue(reached.tryAcquire(Sandbox.PATIENCE_SECONDS, SECONDS)); // In the listener, deaf to the kernel.
            for (int i = 1; i <= 200; i++) {
                netlink.add(vip("10.1.0.101"));
                netlink.delete(vip("10.1.0.101"));
            }
            netlink.add(vip("10.1.0.102"));
            assertInstanceOf(Everything.class, events.take());
            goOn.release(1000);

            var again = assertInstanceOf(Everything.class, await(event -> event instanceof Everything));
            assertTrue(again.addresses().stream()
                    .anyMatch(known -> known.address().equals(vip("10.1.0.102").address())));
            assertFalse(again.addresses().stream()
                    .anyMatch(known -> known.address().equals(vip("10.1.0.101").address())));
        }
    }

    private NetlinkWatch watch(int receiveBuffer) throws Exception {
        return sandbox.network().call(() -> NetlinkWatch.start(events::add, receiveBuffer));
    }

    private Event await(Predicate<Event> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + SECONDS.toNanos(Sandbox.PATIENCE_SECONDS);
        while (true) {
            Event event = events.poll(deadline - System.nanoTime(), java.util.concurrent.TimeUnit.NANOSECONDS);
            if (event == null) {
                throw new AssertionError("the event did not come");
            }
            if (wanted.test(event)) {
                return event;
            }
        }
    }

    private InterfaceAddress vip(String address) {
        return new InterfaceAddress(
                pub0.index(),
                address(address),
                24,
                "pub0:hf",
                InterfaceAddress.NO_PREFIX_ROUTE,
                InterfaceAddress.FOREVER);
    }

    private InterfaceAddress ours(String address) {
        return new InterfaceAddress(
                pub0.index(),
                address(address),
                64,
                InterfaceAddress.IPV6_LABEL,
                InterfaceAddress.NO_PREFIX_ROUTE,
                InterfaceAddress.FOREVER);
    }

    private InterfaceAddress listed(String address) throws Exception {
        return netlink.addresses().stream()
                .filter(known -> known.address().equals(address(address)))
                .findFirst()
                .orElseThrow();
    }

    private List<InetAddress> addresses(int length) throws Exception {
        return netlink.addresses().stream()
                .filter(known -> known.link() == pub0.index())
                .map(InterfaceAddress::address)
                .filter(address -> address.getAddress().length == length)
                .toList();
    }

    static InetAddress address(String text) {
        return InetAddress.ofLiteral(text);
    }
}
