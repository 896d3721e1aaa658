package dev.holdfast.linux;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * What IPv6 has in place of ARP (RFC 4861): a question who has an address, or the word of who has it, with the header of its frame.
 *
 * @param frameSource who really sent the frame
 * @param frameTarget to whom it was sent: a group, or who asked
 * @param sender where it comes from; {@link #NOBODY} of one who has no address yet
 * @param target the address that is asked for or told of
 * @param holder whose hardware address an advertisement tells; that of the frame if it tells none
 */
public record NeighbourPacket(
        Kind kind,
        MacAddress frameSource,
        MacAddress frameTarget,
        Inet6Address sender,
        Inet6Address target,
        MacAddress holder) {
    /** What a packet is. */
    public enum Kind {
        SOLICITATION,
        ADVERTISEMENT
    }

    /** The address {@code ::}. */
    public static final Inet6Address NOBODY = ipv6(new byte[16]);

    static final short ETHERTYPE_IPV6 = (short) 0x86DD;
    static final int ICMPV6 = 58;
    static final int SOLICITATION = 135;
    static final int ADVERTISEMENT = 136;

    private static final int FRAME_HEADER = 14;
    private static final int HEADER = 40;
    /** Type (1), code (1), checksum (2), flags (4), target (16). */
    private static final int BODY = 24;

    private static final int NEXT_HEADER = FRAME_HEADER + 6;
    private static final int TYPE = FRAME_HEADER + HEADER;

    private static final byte VERSION = 0x60;
    /** Routers lower it, so a packet that has it comes from this link. */
    private static final byte HOP_LIMIT = (byte) 255;
    /** Neighbours that know another hardware address forget it. */
    private static final int OVERRIDE = 0x2000_0000;

    private static final byte SOURCE_LINK_LAYER_ADDRESS = 1;
    private static final byte TARGET_LINK_LAYER_ADDRESS = 2;

    /** Keeps solicitations and advertisements, and none of the other traffic, of which there may be much. */
    static final PacketSocket.Instruction[] FILTER = {
        new PacketSocket.Instruction(0x30, 0, 0, NEXT_HEADER), // load a byte
        new PacketSocket.Instruction(0x15, 0, 4, ICMPV6), // if equal, else to "nothing"
        new PacketSocket.Instruction(0x30, 0, 0, TYPE),
        new PacketSocket.Instruction(0x35, 0, 2, SOLICITATION), // if greater or equal
        new PacketSocket.Instruction(0x25, 1, 0, ADVERTISEMENT), // if greater
        new PacketSocket.Instruction(0x06, 0, 0, 256), // return: this many bytes
        new PacketSocket.Instruction(0x06, 0, 0, 0),
    };

    /** The question who has {@code target}, from one who has no address: it changes nobody's cache. */
    static byte[] question(MacAddress asker, Inet6Address target) {
        return question(asker, target, NOBODY, new byte[0]);
    }

    /** The question who has {@code target}, whose answer goes to {@code asker} at {@code answerTo}. */
    static byte[] question(MacAddress from, Inet6Address target, Inet6Address asker, MacAddress answerTo) {
        return question(from, target, asker, option(SOURCE_LINK_LAYER_ADDRESS, answerTo));
    }

    private static byte[] question(MacAddress from, Inet6Address target, Inet6Address asker, byte[] option) {
        byte[] bits = target.getAddress();
        byte[] group = ipv6(0xFF02_0000_0000_0000L, 0x1_FF00_0000L);
        System.arraycopy(bits, 13, group, 13, 3);
        return frame(from, asker.getAddress(), group, SOLICITATION, 0, bits, option);
    }

    /** Tells all nodes of the link that {@code target} is at {@code holder} now. */
    static byte[] announcement(MacAddress holder, Inet6Address target) {
        byte[] bits = target.getAddress();
        return frame(
                holder,
                bits,
                ipv6(0xFF02_0000_0000_0000L, 1),
                ADVERTISEMENT,
                OVERRIDE,
                bits,
                option(TARGET_LINK_LAYER_ADDRESS, holder));
    }

    private static byte[] option(byte kind, MacAddress mac) {
        return ByteBuffer.allocate(8)
                .put(kind)
                .put((byte) 1) // Its length, in units of 8 bytes.
                .put(mac.bytes())
                .array();
    }

    private static byte[] frame(
            MacAddress from, byte[] source, byte[] group, int type, int flags, byte[] target, byte[] option) {
        int length = BODY + option.length;
        ByteBuffer out = ByteBuffer.allocate(FRAME_HEADER + HEADER + length); // Network byte order.
        out.putShort((short) 0x3333).put(group, 12, 4); // Every multicast group has an Ethernet address.
        out.put(from.bytes()).putShort(ETHERTYPE_IPV6);
        out.put(VERSION)
                .put(new byte[3])
                .putShort((short) length)
                .put((byte) ICMPV6)
                .put(HOP_LIMIT);
        out.put(source).put(group);
        out.put((byte) type).put(new byte[3]).putInt(flags).put(target).put(option);
        out.putShort(TYPE + 2, checksum(out.array(), length));
        return out.array();
    }

    /** The ones' complement sum over both addresses, the length, the kind of body, and the body. */
    private static short checksum(byte[] frame, int length) {
        int sum = length + ICMPV6;
        for (int i = FRAME_HEADER + 8; i < TYPE + length; i += 2) { // Lengths are even here.
            sum += (frame[i] & 0xFF) << 8 | (frame[i + 1] & 0xFF);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (short) ~sum;
    }

    /** Reads any bytes; empty if they are neither. The checksum is not looked at: who is heard by mistake raises an alarm, no more. */
    static Optional<NeighbourPacket> read(byte[] frame) {
        if (frame.length < TYPE + BODY) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(frame);
        int type = frame[TYPE] & 0xFF;
        if (in.getShort(12) != ETHERTYPE_IPV6
                || (frame[FRAME_HEADER] & 0xF0) != VERSION
                || frame[NEXT_HEADER] != ICMPV6
                || frame[NEXT_HEADER + 1] != HOP_LIMIT
                || (type != SOLICITATION && type != ADVERTISEMENT)
                || frame[TYPE + 1] != 0) {
            return Optional.empty();
        }
        MacAddress source = MacAddress.of(Arrays.copyOfRange(frame, 6, 12));
        int end = Math.min(frame.length, TYPE + (in.getShort(FRAME_HEADER + 4) & 0xFFFF));
        return Optional.of(new NeighbourPacket(
                type == SOLICITATION ? Kind.SOLICITATION : Kind.ADVERTISEMENT,
                source,
                MacAddress.of(Arrays.copyOf(frame, 6)),
                ipv6(Arrays.copyOfRange(frame, FRAME_HEADER + 8, FRAME_HEADER + 24)),
                ipv6(Arrays.copyOfRange(frame, TYPE + 8, TYPE + BODY)),
                type == SOLICITATION ? source : holder(frame, end).orElse(source)));
    }

    private static Optional<MacAddress> holder(byte[] frame, int end) {
        int at = TYPE + BODY;
        while (at + 8 <= end) {
            int length = (frame[at + 1] & 0xFF) * 8;
            if (length == 0) {
                return Optional.empty(); // No option is empty; what follows can't be read.
            }
            if (frame[at] == TARGET_LINK_LAYER_ADDRESS && length == 8) {
                return Optional.of(MacAddress.of(Arrays.copyOfRange(frame, at + 2, at + 8)));
            }
            at += length;
        }
        return Optional.empty();
    }

    private static byte[] ipv6(long high, long low) {
        return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    static Inet6Address ipv6(byte[] sixteen) {
        try {
            return Inet6Address.getByAddress(null, sixteen, -1); // Stays IPv6, whatever the bytes are.
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of 16 bytes", e);
        }
    }

    /** True if the sender of this packet has {@code address}, or is about to take it. */
    boolean claims(InetAddress address) {
        return switch (kind) {
            case ADVERTISEMENT -> target.equals(address);
            case SOLICITATION -> sender.equals(address) || (sender.equals(NOBODY) && target.equals(address));
        };
    }
}
