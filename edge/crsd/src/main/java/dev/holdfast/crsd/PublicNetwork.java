package dev.holdfast.crsd;

import dev.holdfast.linux.InterfaceAddress;
import dev.holdfast.linux.Link;
import dev.holdfast.linux.Netlink;
import dev.holdfast.model.ResourceDefinition;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A public network as its resource describes it.
 *
 * @param interfaces names to choose from; empty: whichever has an address in the subnet
 */
record PublicNetwork(int subnet, int prefixLength, List<String> interfaces) {
    static final String VIP_LABEL = ":hf";

    /** The name of the resource that stands for public network {@code number}. */
    static String resourceName(int number) {
        return "ora.net" + number + ".network";
    }

    static PublicNetwork of(ResourceDefinition network) throws IOException {
        int mask = bits(address(network.value("USR_ORA_NETMASK")));
        if (Integer.bitCount(mask) != Integer.numberOfLeadingZeros(~mask)) {
            throw new IOException("USR_ORA_NETMASK of " + network.name() + " is not a mask");
        }
        String names = network.value("USR_ORA_IF").strip();
        return new PublicNetwork(
                bits(address(network.value("USR_ORA_SUBNET"))) & mask,
                Integer.bitCount(mask),
                names.isEmpty() ? List.of() : List.of(names.split("[|\\s]+")));
    }

    /** The interface that serves this network here: switched on, with carrier, and with an address in the subnet. */
    Optional<Link> serving(Netlink netlink) throws IOException {
        List<InterfaceAddress> addresses = netlink.addresses();
        return netlink.links().stream()
                .filter(link -> interfaces.isEmpty() || interfaces.contains(link.name()))
                .filter(link -> link.up() && link.carrier())
                .filter(link -> addresses.stream()
                        .anyMatch(address -> address.link() == link.index()
                                && !address.label().endsWith(VIP_LABEL)
                                && address.address() instanceof Inet4Address ip
                                && contains(ip)))
                .findFirst();
    }

    boolean contains(Inet4Address address) {
        int mask = prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
        return (bits(address) & mask) == subnet;
    }

    static Inet4Address address(String text) throws IOException {
        try {
            if (text.matches("[0-9.]+") && InetAddress.getByName(text) instanceof Inet4Address address) {
                return address;
            }
        } catch (UnknownHostException e) {
            // Said below.
        }
        throw new IOException("'" + text + "' is not an IPv4 address");
    }

    private static int bits(Inet4Address address) {
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }
}
