package dev.holdfast.linux;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Asks and changes the kernel's links and addresses (rtnetlink), 30 to 150 microseconds a call. Belongs to the network namespace of the
 * thread that opened it and keeps belonging there, whoever uses it. Calls of several threads take turns.
 */
public final class Netlink implements AutoCloseable {
    // linux/rtnetlink.h, if_link.h, if_addr.h, if.h
    static final int NEW_LINK = 16;
    static final int DELETE_LINK = 17;
    private static final int GET_LINK = 18;
    static final int NEW_ADDRESS = 20;
    static final int DELETE_ADDRESS = 21;
    private static final int GET_ADDRESS = 22;

    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_EXT_MASK = 29;
    private static final int IFLA_CARRIER = 33;
    private static final int SKIP_STATISTICS = 1 << 3;
    private static final int IFF_UP = 0x1;
    private static final int IFF_LOOPBACK = 0x8;
    private static final int IFF_RUNNING = 0x40;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_LABEL = 3;
    private static final int IFA_CACHEINFO = 6;
    private static final int IFA_FLAGS = 8;
    private static final int IFA_PROTO = 11;

    /** Stands for {@link InterfaceAddress#IPV6_LABEL}; the numbers from 4 on are free for such as us. */
    private static final byte OUR_ORIGIN = 'h';

    private static final byte AF_UNSPEC = 0;
    private static final byte AF_INET = 2;
    private static final byte AF_INET6 = 10;
    private static final byte SCOPE_UNIVERSE = 0;
    private static final byte SCOPE_LINK = (byte) 253;
    private static final byte SCOPE_HOST = (byte) 254;

    private static final int RECEIVE_BUFFER = 256 * 1024;

    private final RouteSocket socket;

    private Netlink(RouteSocket socket) {
        this.socket = socket;
    }

    public static Netlink open() throws IOException {
        return new Netlink(RouteSocket.open(0, RECEIVE_BUFFER));
    }

    public List<Link> links() throws IOException {
        List<Link> links = new ArrayList<>();
        socket.dump(
                "list links",
                GET_LINK,
                out -> {
                    out.put(new byte[16]); // ifinfomsg: all families, all links
                    RouteSocket.attribute(out, IFLA_EXT_MASK, number(SKIP_STATISTICS));
                },
                message -> link(message).ifPresent(links::add));
        return links;
    }

    public Optional<Link> link(String name) throws IOException {
        return links().stream().filter(link -> link.name().equals(name)).findFirst();
    }

    /** All addresses, IPv4 and IPv6. */
    public List<InterfaceAddress> addresses() throws IOException {
        List<InterfaceAddress> addresses = new ArrayList<>();
        socket.dump(
                "list addresses",
                GET_ADDRESS,
                out -> out.put(new byte[8]), // ifaddrmsg: all families, all links
                message -> address(message).ifPresent(addresses::add));
        return addresses;
    }

    /**
     * @throws SystemCallFailed EEXIST if the interface has it already, ENODEV if there is no such interface
     * @throws IOException the kernel does not keep the label, so the address was taken back
     */
    public void add(InterfaceAddress address) throws IOException {
        change("add", address, RouteSocket.CREATE | RouteSocket.EXCLUSIVE);
        demandLabel(address);
    }

    /**
     * Adds the address, or sets the lifetime of the one that is there.
     * Beware of a remover: what another process took away a moment ago is there again afterwards.
     */
    public void put(InterfaceAddress address) throws IOException {
        change("put", address, RouteSocket.CREATE | RouteSocket.REPLACE);
        demandLabel(address);
    }

    /** A kernel that knows no origin ignores it, and nobody would find the address to remove it. */
    private void demandLabel(InterfaceAddress address) throws IOException {
        if (address.label().equals(InterfaceAddress.IPV6_LABEL)
                && addresses().stream().noneMatch(known -> isThere(known, address))) {
            delete(address);
            throw new IOException(describe(address)
                    + " was taken back: this kernel does not keep the origin of addresses; Linux 5.18 or newer does");
        }
    }

    private static boolean isThere(InterfaceAddress known, InterfaceAddress wanted) {
        return known.link() == wanted.link()
                && known.address().equals(wanted.address())
                && known.prefixLength() == wanted.prefixLength()
                && known.label().equals(wanted.label());
    }

    /**
     * Sets the lifetime of an address that is there, counted from now.
     *
     * @return false, nothing changed, if it was not there. The kernel has no such request; we look first, then set, so an address that is
     *     removed within those microseconds comes back (for the lifetime given, no longer)
     */
    public boolean extend(InterfaceAddress address) throws IOException {
        boolean there = addresses().stream().anyMatch(known -> isThere(known, address));
        if (there) {
            change("extend", address, RouteSocket.REPLACE);
        }
        return there;
    }

    /**
     * Removes the address if link, address, prefix length and label (unless empty) are the same.
     * If it was the first of its subnet on the link, the kernel removes the others of that subnet too, except where the setting
     * {@code net.ipv4.conf.LINK.promote_secondaries} is 1.
     *
     * @return false if it was not there (any more)
     */
    public boolean delete(InterfaceAddress address) throws IOException {
        String attempt = "delete " + describe(address);
        int result = socket.ask(attempt, DELETE_ADDRESS, 0, out -> write(out, address, false));
        if (result == -SystemCallFailed.EADDRNOTAVAIL || result == -SystemCallFailed.ENODEV) {
            return false;
        }
        Libc.check(attempt, result);
        return true;
    }

    /** Deletes every address whose label ends so ({@code ":hf"}); tries them all before it throws. Returns those deleted. */
    public List<InterfaceAddress> deleteLabelled(String labelSuffix) throws IOException {
        if (labelSuffix.isEmpty()) {
            throw new IllegalArgumentException("an empty suffix would delete every address");
        }
        List<InterfaceAddress> deleted = new ArrayList<>();
        IOException failure = null;
        for (InterfaceAddress address : addresses()) {
            if (!address.label().endsWith(labelSuffix)) {
                continue;
            }
            try {
                if (delete(address)) {
                    deleted.add(address);
                }
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        return deleted;
    }

    /** Switches the interface on or off, as {@code ip link set ... up|down}. */
    public void setUp(Link link, boolean up) throws IOException {
        String attempt = "set %s %s".formatted(link.name(), up ? "up" : "down");
        Libc.check(
                attempt,
                socket.ask(
                        attempt,
                        NEW_LINK,
                        0,
                        out -> out.put(AF_UNSPEC)
                                .put(new byte[3])
                                .putInt(link.index())
                                .putInt(up ? IFF_UP : 0)
                                .putInt(IFF_UP)));
    }

    @Override
    public void close() {
        socket.close();
    }

    private void change(String verb, InterfaceAddress address, int flags) throws IOException {
        String attempt = verb + " " + describe(address);
        Libc.check(attempt, socket.ask(attempt, NEW_ADDRESS, flags, out -> write(out, address, true)));
    }

    private static String describe(InterfaceAddress address) {
        return "address %s/%d on link %d%s"
                .formatted(
                        address.address().getHostAddress(),
                        address.prefixLength(),
                        address.link(),
                        address.label().isEmpty() ? "" : " (" + address.label() + ")");
    }

    private static void write(ByteBuffer out, InterfaceAddress address, boolean withState) {
        byte[] bytes = address.address().getAddress();
        boolean ipv4 = address.address() instanceof Inet4Address;
        out.put(ipv4 ? AF_INET : AF_INET6)
                .put((byte) address.prefixLength())
                .put((byte) 0) // Flags go into an attribute: they have outgrown this byte.
                .put(scope(address.address()))
                .putInt(address.link());
        RouteSocket.attribute(out, IFA_LOCAL, bytes);
        RouteSocket.attribute(out, IFA_ADDRESS, bytes);
        if (ipv4 && !address.label().isEmpty()) {
            RouteSocket.attribute(out, IFA_LABEL, (address.label() + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        if (withState) {
            boolean marked = !ipv4 && !address.label().isEmpty();
            if (marked) {
                RouteSocket.attribute(out, IFA_PROTO, new byte[] {OUR_ORIGIN});
            }
            RouteSocket.attribute(
                    out, IFA_FLAGS, number(address.flags() | (marked ? InterfaceAddress.NO_DUPLICATE_DETECTION : 0)));
            int seconds = (int) address.valid().toSeconds(); // As unsigned: FOREVER is all ones.
            ByteBuffer lifetime = ByteBuffer.allocate(16).order(out.order());
            // Preferred, valid: equal, so that it is never deprecated while it lives; or 0, so that nobody chooses it
            // as source.
            lifetime.putInt(marked ? 0 : seconds).putInt(seconds);
            RouteSocket.attribute(out, IFA_CACHEINFO, lifetime.array());
        }
    }

    private static byte scope(InetAddress address) {
        if (address.isLoopbackAddress()) {
            return SCOPE_HOST;
        }
        return address.isLinkLocalAddress() ? SCOPE_LINK : SCOPE_UNIVERSE;
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4)
                .order(java.nio.ByteOrder.nativeOrder())
                .putInt(value)
                .array();
    }

    /** Reads a message about a link; empty if it is about something else, such as a bridge's port. */
    static Optional<Link> link(RouteSocket.Message message) {
        ByteBuffer in = message.body();
        // A port that leaves its bridge is told as a "deleted link" of the bridge family: not a link that is gone.
        if ((message.kind() != NEW_LINK && message.kind() != DELETE_LINK)
                || in.remaining() < 16
                || in.get(in.position()) != AF_UNSPEC) {
            return Optional.empty();
        }
        int start = in.position();
        int flags = in.getInt(start + 8);
        var attributes = new LinkAttributes();
        in.position(start + 16);
        RouteSocket.attributes(in, attributes::read);
        in.position(start);
        return Optional.of(new Link(
                in.getInt(start + 4),
                attributes.name,
                attributes.mac,
                attributes.mtu,
                (flags & IFF_UP) != 0,
                // The flag follows a lost cable with up to a second's delay, the attribute at once; a dormant link has
                // the attribute alone.
                (flags & IFF_RUNNING) != 0 && attributes.carrier,
                (flags & IFF_LOOPBACK) != 0));
    }

    private static final class LinkAttributes {
        String name = "";
        MacAddress mac = MacAddress.ZERO;
        int mtu;
        boolean carrier = true;

        void read(int kind, ByteBuffer value) {
            switch (kind) {
                case IFLA_IFNAME -> name = text(value);
                case IFLA_MTU -> mtu = value.getInt();
                case IFLA_CARRIER -> carrier = value.get() != 0;
                case IFLA_ADDRESS -> {
                    if (value.remaining() == 6) { // Tunnels have addresses of other lengths.
                        byte[] six = new byte[6];
                        value.get(six);
                        mac = MacAddress.of(six);
                    }
                }
                default -> {} // The kernel tells much that we do not ask for.
            }
        }
    }

    /** Reads a message about an IPv4 or IPv6 address; empty if it is about something else. */
    static Optional<InterfaceAddress> address(RouteSocket.Message message) {
        ByteBuffer in = message.body();
        if ((message.kind() != NEW_ADDRESS && message.kind() != DELETE_ADDRESS) || in.remaining() < 8) {
            return Optional.empty();
        }
        int start = in.position();
        byte family = in.get(start);
        if (family != AF_INET && family != AF_INET6) {
            return Optional.empty();
        }
        var attributes = new AddressAttributes(in.get(start + 2) & 0xFF);
        in.position(start + 8);
        RouteSocket.attributes(in, attributes::read);
        in.position(start);
        byte[] bytes = attributes.local.length == 0 ? attributes.peer : attributes.local;
        if (bytes.length != (family == AF_INET ? 4 : 16)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new InterfaceAddress(
                    in.getInt(start + 4),
                    InetAddress.getByAddress(bytes),
                    in.get(start + 1) & 0xFF,
                    family == AF_INET6 && attributes.origin == OUR_ORIGIN
                            ? InterfaceAddress.IPV6_LABEL
                            : attributes.label,
                    attributes.flags,
                    // A lifetime of 0 is told in its last second.
                    Duration.ofSeconds(Math.max(1, attributes.validSeconds))));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of 4 or 16 bytes", e);
        }
    }

    private static final class AddressAttributes {
        byte[] local = {};
        byte[] peer = {};
        String label = "";
        byte origin;
        int flags;
        long validSeconds = InterfaceAddress.FOREVER.toSeconds();

        AddressAttributes(int headerFlags) {
            this.flags = headerFlags;
        }

        void read(int kind, ByteBuffer value) {
            switch (kind) {
                case IFA_LOCAL -> local = bytes(value);
                case IFA_ADDRESS ->
                    peer = bytes(value); // On IPv4 the other end of a point-to-point link, else the same.
                case IFA_LABEL -> label = text(value);
                case IFA_FLAGS -> flags = value.getInt();
                case IFA_PROTO -> origin = value.get();
                case IFA_CACHEINFO -> validSeconds = value.getInt(value.position() + 4) & 0xFFFF_FFFFL;
                default -> {} // The kernel tells much that we do not ask for.
            }
        }
    }

    private static byte[] bytes(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer value) {
        String text = new String(bytes(value), StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }
}
