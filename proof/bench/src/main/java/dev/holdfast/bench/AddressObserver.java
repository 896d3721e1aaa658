package dev.holdfast.bench;

import dev.holdfast.linux.ArpPacket;
import dev.holdfast.linux.ArpSocket;
import dev.holdfast.linux.Link;
import dev.holdfast.linux.MacAddress;
import dev.holdfast.linux.NeighbourPacket;
import dev.holdfast.linux.NeighbourSocket;
import dev.holdfast.linux.Netlink;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks the public network every 20 ms who has each virtual address, and tells every answer. Two answers to one question mean that two nodes
 * held the address at once, whatever anybody's log says.
 *
 * <pre>
 * java … dev.holdfast.bench.AddressObserver INTERFACE ADDRESS…
 * </pre>
 *
 * The questions are ARP probes (sender 0.0.0.0): they change no neighbour's cache. The number of the question is written into the hardware
 * address of the asker, which an answer repeats: a late answer is counted to its own question. Answers go to that made-up address, so not
 * even the cache of the host on which this runs is touched. In IPv6, where an answer to a question from no address goes to everybody and
 * tells no number, they come from a made-up address, which the holder remembers. Prints one line per answer ({@link Sighting#line}) until its standard input is
 * closed, then exits.
 */
public final class AddressObserver {
    static final Duration INTERVAL = Duration.ofMillis(20);

    /**
     * A locally administered prefix and this process; the lower 24 bits are the number of the question. Two observers on one
     * host hear the answers to each other's questions, and their numbers must not be taken for the same.
     */
    private static final long ASKER = (0x02_00_00L | (ProcessHandle.current().pid() & 0xFF_FFL)) << 24;

    private static final long NUMBER = 0xFF_FFFFL;

    /** Who asks in IPv6: nobody has this address, which means nothing beyond the link. */
    private static final Inet6Address IPV6_ASKER = (Inet6Address) InetAddress.ofLiteral(
            "fe80::4846:%x".formatted(ProcessHandle.current().pid() & 0xFFFF));

    private AddressObserver() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 2) {
            System.err.println("usage: AddressObserver INTERFACE ADDRESS...");
            System.exit(2);
        }
        List<Inet4Address> addresses = new ArrayList<>();
        List<Inet6Address> ipv6Addresses = new ArrayList<>();
        for (String address : List.of(args).subList(1, args.length)) {
            switch (InetAddress.ofLiteral(address)) {
                case Inet4Address ipv4 -> addresses.add(ipv4);
                case Inet6Address ipv6 -> ipv6Addresses.add(ipv6);
                case InetAddress other -> throw new IllegalArgumentException("of neither kind: " + other);
            }
        }
        try (var netlink = Netlink.open()) {
            Link link = netlink.link(args[0]).orElseThrow(() -> new IOException("no interface " + args[0]));
            if (!addresses.isEmpty()) {
                ArpSocket arp = ArpSocket.open(link);
                Thread.ofPlatform().daemon().start(() -> listen(arp, addresses));
                Thread.ofPlatform().daemon().start(() -> ask(arp, link.mac(), addresses));
            }
            if (!ipv6Addresses.isEmpty()) {
                NeighbourSocket neighbours = NeighbourSocket.open(link);
                Thread.ofPlatform().daemon().start(() -> listen(neighbours, ipv6Addresses));
                Thread.ofPlatform().daemon().start(() -> ask(neighbours, ipv6Addresses));
            }
            while (System.in.read() >= 0) {
                // Only the end of the input says something.
            }
        }
    }

    private static void ask(ArpSocket arp, MacAddress own, List<Inet4Address> addresses) {
        LoadClient.beOnTime();
        long next = System.nanoTime();
        try {
            for (long number = 1; ; number++) {
                Inet4Address nobody = Inet4Address.ofLiteral("0.0.0.0");
                for (Inet4Address address : addresses) {
                    arp.send(new ArpPacket(
                            ArpPacket.Operation.REQUEST,
                            own,
                            MacAddress.BROADCAST,
                            new MacAddress(ASKER | (number & NUMBER)),
                            nobody,
                            MacAddress.ZERO,
                            address));
                }
                next += INTERVAL.toNanos();
                waitUntil(next);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private static void ask(NeighbourSocket neighbours, List<Inet6Address> addresses) {
        LoadClient.beOnTime();
        long next = System.nanoTime();
        try {
            for (long number = 1; ; number++) {
                for (Inet6Address address : addresses) {
                    neighbours.probe(address, IPV6_ASKER, new MacAddress(ASKER | (number & NUMBER)));
                }
                next += INTERVAL.toNanos();
                waitUntil(next);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private static void waitUntil(long nanos) {
        while (System.nanoTime() - nanos < 0) {
            LockSupport.parkNanos(nanos - System.nanoTime());
        }
    }

    private static void listen(NeighbourSocket neighbours, List<Inet6Address> addresses) {
        LoadClient.beOnTime();
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            while (!out.checkError()) {
                Optional<NeighbourPacket> packet = neighbours.receive(Duration.ofSeconds(1));
                if (packet.isPresent()
                        && packet.get().kind() == NeighbourPacket.Kind.ADVERTISEMENT
                        && addresses.contains(packet.get().target())
                        && (packet.get().frameTarget().bits() & ~NUMBER) == ASKER) {
                    out.println(new Sighting(
                                    System.nanoTime(),
                                    packet.get().target().getHostAddress(),
                                    packet.get().frameTarget().bits() & NUMBER,
                                    packet.get().holder().toString())
                            .line());
                }
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private static void listen(ArpSocket arp, List<Inet4Address> addresses) {
        LoadClient.beOnTime();
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            while (!out.checkError()) {
                Optional<ArpPacket> packet = arp.receive(Duration.ofSeconds(1));
                if (packet.isPresent() && isAnswer(packet.get(), addresses)) {
                    ArpPacket answer = packet.get();
                    out.println(new Sighting(
                                    System.nanoTime(),
                                    answer.sender().getHostAddress(),
                                    answer.targetMac().bits() & NUMBER,
                                    answer.senderMac().toString())
                            .line());
                }
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private static boolean isAnswer(ArpPacket packet, List<Inet4Address> addresses) {
        return packet.operation() == ArpPacket.Operation.REPLY
                && addresses.contains(packet.sender())
                && (packet.targetMac().bits() & ~NUMBER) == ASKER;
    }

    /** An observer that sees nothing because it is broken must not look like one that saw nothing wrong. */
    private static void fail(IOException e) {
        System.err.println("the observer can't go on: " + e.getMessage());
        System.exit(1);
    }
}
