package dev.holdfast.linux;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Asks and changes the kernel's links and addresses (rtnetlink), 30 to 150 microseconds a call. Belongs to the network namespace of the
 * thread that opened it and keeps belonging there, whoever uses it. Calls of several threads take turns.
 */
public final class Netlink implements AutoCloseable {
    private Netlink() {}

    public static Netlink open() throws IOException {
        return Linux.later();
    }

    public List<Link> links() throws IOException {
        return Linux.later();
    }

    public Optional<Link> link(String name) throws IOException {
        return Linux.later();
    }

    /** All addresses, IPv4 and IPv6. */
    public List<InterfaceAddress> addresses() throws IOException {
        return Linux.later();
    }

    /** @throws SystemCallFailed EEXIST if the interface has it already, ENODEV if there is no such interface */
    public void add(InterfaceAddress address) throws IOException {
        Linux.later();
    }

    /**
     * Adds the address, or sets the lifetime of the one that is there.
     * Beware of a remover: what another process took away a moment ago is there again afterwards.
     */
    public void put(InterfaceAddress address) throws IOException {
        Linux.later();
    }

    /**
     * Sets the lifetime of an address that is there, counted from now.
     *
     * @return false, nothing changed, if it was not there. The kernel has no such request; we look first, then set, so an address that is
     *     removed within those microseconds comes back (for the lifetime given, no longer)
     */
    public boolean extend(InterfaceAddress address) throws IOException {
        return Linux.later();
    }

    /** @return false if it was not there (any more) */
    public boolean delete(InterfaceAddress address) throws IOException {
        return Linux.later();
    }

    /** Deletes every address whose label ends so ({@code ":hf"}); tries them all before it throws. Returns those deleted. */
    public List<InterfaceAddress> deleteLabelled(String labelSuffix) throws IOException {
        return Linux.later();
    }

    /** Switches the interface on or off, as {@code ip link set ... up|down}. */
    public void setUp(Link link, boolean up) throws IOException {
        Linux.later();
    }

    @Override
    public void close() {
        Linux.later();
    }
}
