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
    private static final short ETHERNET = 1;
    private static final short ETHERTYPE_IPV4 = 0x0800;

    byte[] frame() {
        return ByteBuffer.allocate(FRAME_SIZE) // Network byte order.
                .put(frameTarget.bytes())
                .put(frameSource.bytes())
                .putShort(ETHERTYPE_ARP)
                .putShort(ETHERNET)
                .putShort(ETHERTYPE_IPV4)
                .put((byte) 6)
                .put((byte) 4)
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
        boolean ours = in.getShort() == ETHERTYPE_ARP
                & in.getShort() == ETHERNET
                & in.getShort() == ETHERTYPE_IPV4
                & in.get() == 6
                & in.get() == 4;
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
