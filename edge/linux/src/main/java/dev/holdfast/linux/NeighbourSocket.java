package dev.holdfast.linux;

import java.io.IOException;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.Optional;

/**
 * Speaks neighbour discovery on one interface: for IPv6 what {@link ArpSocket} is for IPv4. Belongs to the network namespace of the thread that
 * opened it. One thread may send while another receives.
 */
public final class NeighbourSocket implements AutoCloseable {
    private final PacketSocket socket;

    private NeighbourSocket(PacketSocket socket) {
        this.socket = socket;
    }

    /**
     * @param link an Ethernet-like interface of the calling thread's network namespace, for example from {@link Netlink#link}
     * @throws SystemCallFailed EPERM without CAP_NET_RAW, ENODEV if the link is gone, ENETDOWN if it is off
     */
    public static NeighbourSocket open(Link link) throws IOException {
        return new NeighbourSocket(
                PacketSocket.open(link, "neighbour discovery", NeighbourPacket.ETHERTYPE_IPV6, NeighbourPacket.FILTER));
    }

    /**
     * Tells the whole link that {@code address} is here now (an unsolicited advertisement that overrides what neighbours know). Those that knew
     * the address follow within milliseconds. Networks lose packets: repeat it, for example after 100 ms and 1 s.
     */
    public void announce(Inet6Address address) throws IOException {
        socket.send(
                "send an advertisement of " + address.getHostAddress(),
                NeighbourPacket.announcement(link().mac(), address));
    }

    /** Sends one question "who has this address?", from no address, which changes no neighbour's cache. Does not wait for answers. */
    public void probe(Inet6Address address) throws IOException {
        socket.send(
                "send a solicitation for " + address.getHostAddress(), NeighbourPacket.question(link().mac(), address));
    }

    /**
     * Asks who has {@code address} as one who has an address: the answer goes to {@code answerTo} alone, and the holder remembers {@code asker}
     * there. Does not wait for answers.
     */
    public void probe(Inet6Address address, Inet6Address asker, MacAddress answerTo) throws IOException {
        socket.send(
                "send a solicitation for " + address.getHostAddress(),
                NeighbourPacket.question(link().mac(), address, asker, answerTo));
    }

    /**
     * Looks for another holder of {@code address}: probes now and every {@code interval}, {@code probes} times in all, and listens until an
     * interval after the last. Drops what was received before.
     *
     * @return the first that answers for the address, speaks from it or is about to take it, other than this interface; empty if there was
     *     silence, which is no proof of absence
     */
    public Optional<MacAddress> findHolder(Inet6Address address, int probes, Duration interval) throws IOException {
        return socket.findHolder(
                probes,
                interval,
                () -> probe(address),
                frame -> NeighbourPacket.read(frame)
                        .filter(packet ->
                                packet.claims(address) && !packet.frameSource().equals(link().mac()))
                        .map(NeighbourPacket::holder));
    }

    /** The next packet seen on the interface (those sent by this machine excluded), or empty if there was none within {@code patience}. */
    public Optional<NeighbourPacket> receive(Duration patience) throws IOException {
        return socket.receive(System.nanoTime() + patience.toNanos(), frame -> NeighbourPacket.read(frame));
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
