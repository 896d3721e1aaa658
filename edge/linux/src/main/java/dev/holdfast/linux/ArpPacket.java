package dev.holdfast.linux;

import java.net.Inet4Address;

/**
 * An ARP packet for IPv4 on Ethernet.
 *
 * @param frameSource who really sent the frame, from the Ethernet header (proxies answer with another {@code senderMac})
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
}
