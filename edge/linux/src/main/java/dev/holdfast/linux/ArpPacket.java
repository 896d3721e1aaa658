package dev.holdfast.linux;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An ARP packet for IPv4 on Ethernet, with the header of its frame.
 *
 * @param frameSource who really sent the frame (a proxy answers with another {@code senderMac})
 */
public record ArpPacket(
        Operation operation,
        MacAddress frameSource,
        MacAddress frameTarget,
        MacAddress senderMac,
        Inet4Address sender,
        MacAddress targetMac,
        Inet4Address target) {
    /** What a packet is. */
    public enum Operation {
        REQUEST,
        REPLY
    }

    /** The Ethernet header and the packet; what follows in a received frame is padding. */
    static final int FRAME_SIZE = 42;

    static final short ETHERTYPE_ARP = 0x0806;
    /** How every packet of ours begins: Ethernet (2 bytes), IPv4 (2), addresses of 6 and of 4 bytes (1 each). */
    private static final long ETHERNET_IPV4_6_4 = 0x0001_0800_06_04L;

    byte[] frame() {
        return ByteBuffer.allocate(FRAME_SIZE) // Network byte order.
                .put(frameTarget.bytes())
                .put(frameSource.bytes())
                .putShort(ETHERTYPE_ARP)
                .putShort((short) (ETHERNET_IPV4_6_4 >>> 32))
                .putInt((int) ETHERNET_IPV4_6_4)
                .putShort((short) (operation == Operation.REQUEST ? 1 : 2))
                .put(senderMac.bytes())
                .put(sender.getAddress())
                .put(targetMac.bytes())
                .put(target.getAddress())
                .array();
    }

    /** Reads any bytes; empty if they are not an ARP request or reply for IPv4 on Ethernet. */
    static Optional<ArpPacket> read(byte[] frame, int length) {
        if (length < FRAME_SIZE) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(frame);
        MacAddress frameTarget = mac(in);
        MacAddress frameSource = mac(in);
        boolean ours = in.getShort() == ETHERTYPE_ARP && in.getLong(in.position()) >>> 16 == ETHERNET_IPV4_6_4;
        in.position(in.position() + 6);
        short operation = in.getShort();
        if (!ours || operation < 1 || operation > 2) {
            return Optional.empty();
        }
        return Optional.of(new ArpPacket(
                operation == 1 ? Operation.REQUEST : Operation.REPLY,
                frameSource,
                frameTarget,
                mac(in),
                ipv4(in),
                mac(in),
                ipv4(in)));
    }

    private static MacAddress mac(ByteBuffer in) {
        byte[] six = new byte[6];
        in.get(six);
        return MacAddress.of(six);
    }

    private static Inet4Address ipv4(ByteBuffer in) {
        byte[] four = new byte[4];
        in.get(four);
        return ipv4(four);
    }

    static Inet4Address ipv4(byte[] four) {
        try {
            return (Inet4Address) InetAddress.getByAddress(four);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of 4 bytes", e);
        }
    }
}
