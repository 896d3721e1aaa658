package dev.holdfast.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

/**
 * Speaks ARP on one interface (AF_PACKET). Belongs to the network namespace of the thread that opened it. One thread may send while
 * another receives.
 */
public final class ArpSocket implements AutoCloseable {
    private static final Inet4Address NOBODY = ArpPacket.ipv4(new byte[4]);
    private static final ValueLayout.OfShort NETWORK_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int RECEIVE_SIZE = 256;

    private final Link link;
    private final int descriptor;
    private final MemorySegment received = Arena.ofAuto().allocate(RECEIVE_SIZE);
    private boolean closed;

    private ArpSocket(Link link, int descriptor) {
        this.link = link;
        this.descriptor = descriptor;
    }

    /**
     * @param link an Ethernet-like interface of the calling thread's network namespace, for example from {@link Netlink#link}
     * @throws SystemCallFailed EPERM without CAP_NET_RAW, ENODEV if the link is gone, ENETDOWN if it is off
     */
    public static ArpSocket open(Link link) throws IOException {
        if (link.loopback()) {
            throw new IllegalArgumentException(link.name() + " is a loopback interface and speaks no ARP");
        }
        String attempt = "open an ARP socket on " + link.name();
        // Without a protocol, so that nothing is received from other interfaces before the socket is bound to this one.
        int descriptor = Libc.check(attempt, Libc.socket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(20, 4); // sockaddr_ll
            address.set(ValueLayout.JAVA_SHORT, 0, (short) Libc.AF_PACKET);
            address.set(NETWORK_SHORT, 2, ArpPacket.ETHERTYPE_ARP);
            address.set(ValueLayout.JAVA_INT, 4, link.index());
            int result = Libc.bind(descriptor, address);
            if (result < 0) {
                int _ = Libc.close(descriptor);
                throw new SystemCallFailed(attempt, -result);
            }
        }
        return new ArpSocket(link, descriptor);
    }

    /**
     * Tells the whole network that {@code address} is here now (gratuitous ARP: a request with sender = target = address, to everyone).
     * Neighbours that knew the address follow within milliseconds. Networks lose packets: repeat it, for example after 100 ms and 1 s.
     */
    public void announce(Inet4Address address) throws IOException {
        send(new ArpPacket(
                ArpPacket.Operation.REQUEST,
                link.mac(),
                MacAddress.BROADCAST,
                link.mac(),
                address,
                MacAddress.ZERO,
                address));
    }

    /** Sends one question "who has this address?" with sender 0.0.0.0, which changes no neighbour's cache. Does not wait for answers. */
    public void probe(Inet4Address address) throws IOException {
        send(new ArpPacket(
                ArpPacket.Operation.REQUEST,
                link.mac(),
                MacAddress.BROADCAST,
                link.mac(),
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
        if (probes < 1) {
            throw new IllegalArgumentException("at least one probe, got " + probes);
        }
        while (Libc.recv(descriptor, received, Libc.MSG_DONTWAIT) > 0) {
            // From before the question.
        }
        for (int i = 0; i < probes; i++) {
            probe(address);
            long deadline = System.nanoTime() + interval.toNanos();
            Optional<ArpPacket> packet = receive(deadline);
            while (packet.isPresent()) {
                MacAddress holder = packet.get().senderMac();
                if (packet.get().sender().equals(address) && !holder.equals(link.mac())) {
                    return Optional.of(holder);
                }
                packet = receive(deadline);
            }
        }
        return Optional.empty();
    }

    /** Sends any packet as it is, frame header included. @throws SystemCallFailed ENETDOWN if the link is off */
    public void send(ArpPacket packet) throws IOException {
        String attempt = "send ARP for " + packet.target().getHostAddress() + " on " + link.name();
        if (closed) {
            throw new IOException(attempt + ": the socket was closed");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment frame = arena.allocateFrom(ValueLayout.JAVA_BYTE, packet.frame());
            Libc.check(attempt, Libc.sendto(descriptor, frame, 0, MemorySegment.NULL));
        }
    }

    /** The next ARP packet seen on the interface (those sent by this machine excluded), or empty if there was none within {@code patience}. */
    public Optional<ArpPacket> receive(Duration patience) throws IOException {
        return receive(System.nanoTime() + patience.toNanos());
    }

    private Optional<ArpPacket> receive(long deadlineNanos) throws IOException {
        String attempt = "receive ARP on " + link.name();
        if (closed) {
            throw new IOException(attempt + ": the socket was closed");
        }
        while (Libc.awaitReady(descriptor, Libc.POLLIN, deadlineNanos)) {
            long length = Libc.recv(descriptor, received, Libc.MSG_DONTWAIT);
            if (length == -SystemCallFailed.EAGAIN || length == -SystemCallFailed.EINTR) {
                continue;
            }
            Libc.check(attempt, length);
            Optional<ArpPacket> packet =
                    ArpPacket.read(received.toArray(ValueLayout.JAVA_BYTE), (int) Math.min(length, RECEIVE_SIZE));
            if (packet.isPresent()) {
                return packet;
            }
        }
        return Optional.empty();
    }

    public Link link() {
        return link;
    }

    /** Not while another thread sends or receives. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            int _ = Libc.close(descriptor);
        }
    }
}
