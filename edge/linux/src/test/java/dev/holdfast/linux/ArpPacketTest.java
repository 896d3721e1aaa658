package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.Inet4Address;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ArpPacketTest {
    private static final ArpPacket PROBE = new ArpPacket(
            ArpPacket.Operation.REQUEST,
            MacAddress.parse("52:54:00:ab:10:02"),
            MacAddress.BROADCAST,
            MacAddress.parse("52:54:00:ab:10:02"),
            Inet4Address.ofLiteral("0.0.0.0"),
            MacAddress.ZERO,
            Inet4Address.ofLiteral("10.1.0.101"));
    private static final byte[] PROBE_ON_THE_WIRE = HexFormat.of()
            .parseHex("ffffffffffff" + "525400ab1002" + "0806" // Ethernet
                    + "0001" + "0800" + "06" + "04" + "0001" // Ethernet, IPv4, lengths, request
                    + "525400ab1002" + "00000000" + "000000000000" + "0a010065");

    @Test
    void a_packet_is_written_as_the_rfc_says() {
        assertArrayEquals(PROBE_ON_THE_WIRE, PROBE.frame());
    }

    @Test
    void a_packet_is_read_with_or_without_padding() {
        assertEquals(Optional.of(PROBE), ArpPacket.read(PROBE_ON_THE_WIRE, PROBE_ON_THE_WIRE.length));
        assertEquals(Optional.of(PROBE), ArpPacket.read(Arrays.copyOf(PROBE_ON_THE_WIRE, 60), 60));
    }

    @Test
    void what_is_cut_short_or_of_another_kind_is_no_packet() {
        for (int length = 0; length < PROBE_ON_THE_WIRE.length; length++) {
            assertEquals(Optional.empty(), ArpPacket.read(PROBE_ON_THE_WIRE, length));
        }
        for (int at : new int[] {12, 14, 16, 18, 19, 20}) { // The first byte of every field that must have one value.
            byte[] other = PROBE_ON_THE_WIRE.clone();
            other[at] ^= (byte) 0x80;
            assertEquals(Optional.empty(), ArpPacket.read(other, other.length), "byte " + at);
        }
    }

    @Test
    void any_bytes_give_a_packet_that_writes_itself_back_or_none() {
        Random random = new Random(20261122);
        int packets = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = PROBE_ON_THE_WIRE.clone();
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Optional<ArpPacket> packet = ArpPacket.read(bytes, bytes.length);
            if (packet.isPresent()) {
                packets++;
                assertArrayEquals(bytes, packet.get().frame());
            }
        }
        assertEquals(true, packets > 1000 && packets < 20_000, packets + " packets");
    }

    @Test
    void an_ethernet_address_is_printed_as_it_is_read() {
        assertEquals("52:54:00:ab:10:02", MacAddress.parse("52:54:00:ab:10:02").toString());
        assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("52:54:00:ab:10"));
        assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("not an address"));
        assertThrows(IllegalArgumentException.class, () -> new MacAddress(1L << 48));
    }
}
