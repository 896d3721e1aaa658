package dev.holdfast.linux;

import java.io.IOException;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.Optional;

/**
 * Speaks ARP on one interface (AF_PACKET). Belongs to the network namespace of the thread that opened it. One thread may send while
 * another receives.
 */
public final class ArpSocket implements AutoCloseable {
    private static final Inet4Address NOBODY = ArpPacket.ipv4(new byte[4]);
    private final PacketSocket socket;

    private ArpSocket(PacketSocket socket) {
        this.socket = socket;
    }

    /**
     * @param link an Ethernet-like interface of the calling thread's network namespace, for example from {@link Netlink#link}
     * @throws SystemCallFailed EPERM without CAP_NET_RAW, ENODEV if the link is gone, ENETDOWN if it is off
     */
    public static ArpSocket open(Link link) throws IOException {
        return new ArpSocket(PacketSocket.open(link, "ARP", ArpPacket.ETHERTYPE_ARP));
    }

    /**
     * Tells the whole network that {@code address} is here now (gratuitous ARP: a request with sender = target = address, to everyone).
     * Neighbours that knew the address follow within milliseconds. Networks lose packets: repeat it, for example after 100 ms and 1 s.
     */
    public void announce(Inet4Address address) throws IOException {
        send(new ArpPacket(
                ArpPacket.Operation.REQUEST,
                link().mac(),
                MacAddress.BROADCAST,
                link().mac(),
                address,
                MacAddress.ZERO,
                address));
    }

    /** Sends one question "who has this address?" with sender 0.0.0.0, which changes no neighbour's cache. Does not wait for answers. */
    public void probe(Inet4Address address) throws IOException {
        send(new ArpPacket(
                ArpPacket.Operation.REQUEST,
                link().mac(),
                MacAddress.BROADCAST,
                link().mac(),
                NOBODY,
                MacAddress.ZERO,
                address));
    }

    /**
     * Looks for another holder of {@code address}: probes now and every {@code interval}, {@code probes} times in all, and listens until an
     * interval after the last. Two probes at 100 ms suffice on a LAN (replies took 8 ms at worst). Drops what was received before.
     *
     * @return the first that answers or announces the address, other than this interface; empty if there was silence, which is no proof of absence
     */
    public Optional<MacAddress> findHolder(Inet4Address address, int probes, Duration interval) throws IOException {
        return socket.findHolder(
                probes,
                interval,
                () -> probe(address),
                frame -> ArpPacket.read(frame, frame.length)
                        .filter(packet -> packet.sender().equals(address))
                        .map(ArpPacket::senderMac)
                        .filter(holder -> !holder.equals(link().mac())));
    }

    /** Sends any packet as it is, frame header included. @throws SystemCallFailed ENETDOWN if the link is off */
    public void send(ArpPacket packet) throws IOException {
        socket.send("send ARP for " + packet.target().getHostAddress(), packet.frame());
    }

    /** The next ARP packet seen on the interface (those sent by this machine excluded), or empty if there was none within {@code patience}. */
    public Optional<ArpPacket> receive(Duration patience) throws IOException {
        return socket.receive(System.nanoTime() + patience.toNanos(), frame -> ArpPacket.read(frame, frame.length));
    }

    public Link link() {
        return socket.link();
    }

    /** Not while another thread sends or receives. */
    @Override
    public void close() {
        socket.close();
    }
}
