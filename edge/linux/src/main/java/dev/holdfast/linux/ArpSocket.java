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
    private ArpSocket() {}

    /** @param link an Ethernet-like interface of the calling thread's network namespace, for example from {@link Netlink#link} */
    public static ArpSocket open(Link link) throws IOException {
        return Linux.later();
    }

    /**
     * Tells the whole network that {@code address} is here now (gratuitous ARP: a request with sender = target = address, to everyone).
     * Neighbours that knew the address follow within milliseconds. Networks lose packets: repeat it, for example after 100 ms and 1 s.
     */
    public void announce(Inet4Address address) throws IOException {
        Linux.later();
    }

    /** Sends one question "who has this address?" with sender 0.0.0.0, which changes no neighbour's cache. Does not wait for answers. */
    public void probe(Inet4Address address) throws IOException {
        Linux.later();
    }

    /**
     * Looks for another holder of {@code address}: probes now and every {@code interval}, {@code probes} times in all, and listens until an
     * interval after the last. Two probes at 100 ms suffice on a LAN (replies took 8 ms at worst). Drops what was received before.
     *
     * @return the first that answers or announces the address, other than this interface; empty if there was silence, which is no proof of absence
     */
    public Optional<MacAddress> findHolder(Inet4Address address, int probes, Duration interval) throws IOException {
        return Linux.later();
    }

    /** Sends any packet as it is, frame header included. */
    public void send(ArpPacket packet) throws IOException {
        Linux.later();
    }

    /** The next ARP packet seen on the interface (own ones excluded), or empty if there was none within {@code patience}. */
    public Optional<ArpPacket> receive(Duration patience) throws IOException {
        return Linux.later();
    }

    public Link link() {
        return Linux.later();
    }

    /** Not while another thread receives. */
    @Override
    public void close() {
        Linux.later();
    }
}
