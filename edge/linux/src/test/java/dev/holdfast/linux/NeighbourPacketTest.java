package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NeighbourPacketTest {
    private static final MacAddress NODE = MacAddress.parse("52:54:00:ab:10:02");
    private static final Inet6Address VIP = (Inet6Address) InetAddress.ofLiteral("2001:db8::5:1234");

    @Test
    void a_question_is_what_the_kernel_sends_when_it_looks_for_a_duplicate() {
        assertEquals(
                "3333ff051234" + "525400ab1002" + "86dd" // To the group of all addresses that end so.
                        + "60000000" + "0018" + "3a" + "ff"
                        + "00000000000000000000000000000000" + "ff0200000000000000000001ff051234"
                        + "87" + "00" + "287d" + "00000000" + "20010db8000000000000000000051234",
                HexFormat.of().formatHex(NeighbourPacket.question(NODE, VIP)));
    }

    @Test
    void an_announcement_overrides_what_all_nodes_know() {
        byte[] frame = NeighbourPacket.announcement(NODE, VIP);
        assertEquals(
                "333300000001" + "525400ab1002" + "86dd"
                        + "60000000" + "0020" + "3a" + "ff"
                        + "20010db8000000000000000000051234" + "ff020000000000000000000000000001"
                        + "88" + "00",
                HexFormat.of().formatHex(frame, 0, 56));
        assertEquals(
                "20000000" + "20010db8000000000000000000051234" + "0201" + "525400ab1002",
                HexFormat.of().formatHex(frame, 58, frame.length));
        assertEquals(0xFFFF, sum(frame), "sum over all with the checksum is all ones");
        assertEquals(0xFFFF, sum(NeighbourPacket.question(NODE, VIP)));
    }

    @Test
    void both_are_read_as_they_were_written() {
        assertEquals(
                Optional.of(new NeighbourPacket(
                        NeighbourPacket.Kind.SOLICITATION,
                        NODE,
                        MacAddress.parse("33:33:ff:05:12:34"),
                        NeighbourPacket.NOBODY,
                        VIP,
                        NODE)),
                NeighbourPacket.read(NeighbourPacket.question(NODE, VIP)));
        NeighbourPacket told =
                NeighbourPacket.read(NeighbourPacket.announcement(NODE, VIP)).orElseThrow();
        assertEquals(
                new NeighbourPacket(
                        NeighbourPacket.Kind.ADVERTISEMENT,
                        NODE,
                        MacAddress.parse("33:33:00:00:00:01"),
                        VIP,
                        VIP,
                        NODE),
                told);
        assertTrue(told.claims(VIP));
        assertFalse(told.claims(InetAddress.ofLiteral("2001:db8::5:1235")));
    }

    @Test
    void who_answers_for_another_is_told_by_the_option() {
        byte[] frame = NeighbourPacket.announcement(NODE, VIP);
        frame[frame.length - 1] = 7;
        NeighbourPacket told = NeighbourPacket.read(frame).orElseThrow();
        assertEquals(MacAddress.parse("52:54:00:ab:10:07"), told.holder());
        assertEquals(NODE, told.frameSource());
    }

    @Test
    void what_a_router_let_through_counts_for_nothing() {
        byte[] frame = NeighbourPacket.announcement(NODE, VIP);
        frame[21] = (byte) 254;
        assertEquals(Optional.empty(), NeighbourPacket.read(frame));
    }

    @Test
    void any_bytes_are_read_or_refused() {
        var random = new Random(1);
        byte[] good = NeighbourPacket.announcement(NODE, VIP);
        int read = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] frame = Arrays.copyOf(good, random.nextInt(good.length + 64));
            for (int changes = random.nextInt(4); changes > 0 && frame.length > 0; changes--) {
                frame[random.nextInt(frame.length)] = (byte) random.nextInt();
            }
            read += NeighbourPacket.read(frame).isPresent() ? 1 : 0;
        }
        assertTrue(read > 1000 && read < 99_000, read + " of them were read");
    }

    /** Of the addresses, the length, the next header and the body. */
    private static int sum(byte[] frame) {
        int sum = frame.length - 54 + 58;
        for (int i = 22; i < frame.length; i += 2) {
            sum += (frame[i] & 0xFF) << 8 | (frame[i + 1] & 0xFF);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }
}
