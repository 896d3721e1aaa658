package dev.holdfast.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class IpAddressTest {
    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static Subnet subnet(String text) {
        return Subnet.parse(text).orElseThrow();
    }

    @Test
    void one_address_has_one_text_however_it_is_written() {
        for (String spelling : List.of(
                "2001:db8::5", "2001:DB8:0:0:0:0:0:5", "2001:0db8::0005", "2001:db8:0::5", "2001:db8::0.0.0.5")) {
            assertEquals("2001:db8::5", address(spelling).toString(), spelling);
            assertEquals(address("2001:db8::5"), address(spelling));
        }
    }

    @Test
    void the_longest_run_of_zeros_is_left_out_the_first_of_two_and_never_a_single_one() {
        for (String canonical : List.of(
                "::",
                "::1",
                "fe80::",
                "2001:db8:0:1:1:1:1:1",
                "2001:0:0:1::1",
                "2001:db8::1:0:0:1",
                "1:2:3:4:5:6:7:8",
                "1::8",
                "::ffff:c000:20a",
                "192.0.2.10",
                "0.0.0.0",
                "255.255.255.255")) {
            assertEquals(canonical, address(canonical).toString());
        }
        assertEquals("::ffff:c000:20a", address("::ffff:192.0.2.10").toString());
        assertEquals("2001:db8:0:1:1:1:1:1", address("2001:db8::1:1:1:1:1").toString());
    }

    @Test
    void what_is_no_address_is_none() {
        for (String text : List.of(
                "",
                ":",
                ":::",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4::5:6:7:8",
                "12345::",
                "g::",
                "1:",
                ":1",
                "fe80::1%eth0",
                "2001:db8::/64",
                "[::1]",
                "::1.2.3",
                "::1.2.3.256",
                "1.2.3.4::",
                " ::1",
                "192.0.2",
                "192.0.2.256",
                "192.0.2.1.1",
                "192.0.2.",
                "a.b.c.d",
                "2001:db8::-1",
                "+1::",
                "١٢٣::")) {
            assertEquals(Optional.empty(), IpAddress.parse(text), text);
        }
    }

    @Test
    void an_address_is_its_bytes() {
        for (String text : List.of("192.0.2.10", "2001:db8:1:2:3:4:5:6", "ffff::ffff", "255.0.0.1")) {
            assertEquals(address(text), IpAddress.of(address(text).bytes()));
        }
        assertArrayEquals(
                new byte[] {(byte) 192, 0, 2, 10}, address("192.0.2.10").bytes());
        assertEquals(16, address("::5").bytes().length);
        assertNotEquals(address("0.0.0.5"), address("::5"));
    }

    @Test
    void some_addresses_can_be_nobodys() {
        assertEquals(Optional.of("a loopback address"), address("::1").whyNoHost());
        assertEquals(Optional.of("no host's address"), address("::").whyNoHost());
        assertEquals(Optional.of("a multicast address"), address("ff02::1").whyNoHost());
        assertTrue(address("fe80::1").whyNoHost().orElseThrow().startsWith("a link-local address"));
        assertTrue(address("febf::1").whyNoHost().isPresent());
        assertTrue(address("::ffff:192.0.2.1").whyNoHost().isPresent());
        assertEquals(Optional.of("a loopback address"), address("127.0.0.1").whyNoHost());
        assertEquals(
                Optional.of("a multicast or reserved address"),
                address("224.0.0.1").whyNoHost());
        for (String good : List.of("2001:db8::5", "fd00::1", "fec0::1", "192.0.2.1", "223.255.255.254")) {
            assertEquals(Optional.empty(), address(good).whyNoHost(), good);
        }
    }

    @Test
    void a_subnet_contains_what_begins_as_it_does() {
        assertEquals("2001:db8:0:1::/64", subnet("2001:db8:0:1:2:3:4:5/64").toString());
        assertEquals("192.0.2.0/24", subnet("192.0.2.77/24").toString());
        assertTrue(subnet("2001:db8::/64").contains(address("2001:db8::ffff:ffff:ffff:ffff")));
        assertFalse(subnet("2001:db8::/64").contains(address("2001:db8:0:1::")));
        assertTrue(subnet("2001:db8::8000:0:0:0/65").contains(address("2001:db8::8000:0:0:1")));
        assertFalse(subnet("2001:db8::8000:0:0:0/65").contains(address("2001:db8::1")));
        assertTrue(subnet("2001:db8::1/128").contains(address("2001:db8::1")));
        assertFalse(subnet("2001:db8::1/128").contains(address("2001:db8::2")));
        assertTrue(subnet("::/0").contains(address("2001:db8::1")));
        assertFalse(subnet("::/0").contains(address("192.0.2.1")));
        assertFalse(subnet("0.0.0.0/0").contains(address("::1")));
        assertTrue(subnet("192.0.2.128/25").contains(address("192.0.2.255")));
        assertFalse(subnet("192.0.2.128/25").contains(address("192.0.2.127")));
    }

    @Test
    void a_subnet_has_a_length_that_fits() {
        for (String text : List.of(
                "192.0.2.0/33",
                "2001:db8::/129",
                "2001:db8::",
                "2001:db8::/",
                "/64",
                "2001:db8::/-1",
                "2001:db8::/64/1",
                "2001:db8::/9999")) {
            assertEquals(Optional.empty(), Subnet.parse(text), text);
        }
    }

    @Test
    void an_ipv4_subnet_is_told_by_its_netmask_too() {
        assertEquals(Optional.of(subnet("192.0.2.0/24")), Subnet.of(address("192.0.2.1"), address("255.255.255.0")));
        assertEquals(Optional.empty(), Subnet.of(address("192.0.2.1"), address("255.0.255.0")));
        assertEquals(Optional.empty(), Subnet.of(address("2001:db8::1"), address("255.255.255.0")));
        for (int length : List.of(0, 1, 24, 31, 32)) {
            assertEquals(
                    Optional.of(new Subnet(address("192.0.2.1"), length)),
                    Subnet.of(
                            address("192.0.2.1"), subnet("192.0.2.1/" + length).netmask()));
        }
    }
}
