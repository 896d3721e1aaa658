package dev.holdfast.crsd;

import dev.holdfast.linux.InterfaceAddress;
import dev.holdfast.linux.Link;
import dev.holdfast.linux.Netlink;
import dev.holdfast.model.IpAddress;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.Subnet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A public network as its resource describes it.
 *
 * @param subnets of IPv4, of IPv6, or one of each
 * @param interfaces names to choose from; empty: whichever has an address in a subnet
 */
record PublicNetwork(List<Subnet> subnets, List<String> interfaces) {
    /** How the label of every address of ours ends. */
    static final String VIP_LABEL = InterfaceAddress.IPV6_LABEL;

    /** The name of the resource that stands for public network {@code number}. */
    static String resourceName(int number) {
        return "ora.net" + number + ".network";
    }

    static PublicNetwork of(ResourceDefinition network) throws IOException {
        List<Subnet> subnets = new ArrayList<>();
        if (!network.value("USR_ORA_SUBNET").isEmpty()) {
            subnets.add(Subnet.of(address(network.value("USR_ORA_SUBNET")), address(network.value("USR_ORA_NETMASK")))
                    .orElseThrow(() -> new IOException("USR_ORA_NETMASK of " + network.name() + " is not a mask")));
        }
        if (!network.value("USR_ORA_SUBNET6").isEmpty()) {
            subnets.add(Subnet.parse(network.value("USR_ORA_SUBNET6"))
                    .orElseThrow(() -> new IOException("USR_ORA_SUBNET6 of " + network.name() + " is not a subnet")));
        }
        String names = network.value("USR_ORA_IF").strip();
        return new PublicNetwork(subnets, names.isEmpty() ? List.of() : List.of(names.split("[|\\s]+")));
    }

    /** The interface that serves this network here: switched on, with carrier, and with an address in one of the subnets. */
    Optional<Link> serving(Netlink netlink) throws IOException {
        List<InterfaceAddress> addresses = netlink.addresses();
        return netlink.links().stream()
                .filter(link -> interfaces.isEmpty() || interfaces.contains(link.name()))
                .filter(link -> link.up() && link.carrier())
                .filter(link -> addresses.stream()
                        .anyMatch(address -> address.link() == link.index()
                                && !address.label().endsWith(VIP_LABEL)
                                && address.isUsable()
                                && subnetOf(IpAddress.of(address.address().getAddress()))
                                        .isPresent()))
                .findFirst();
    }

    /** The interface that serves the subnet of {@code address}; a network of two subnets may have only one here. */
    Optional<Link> serving(Netlink netlink, IpAddress address) throws IOException {
        Optional<Subnet> subnet = subnetOf(address);
        return subnet.isEmpty()
                ? Optional.empty()
                : new PublicNetwork(List.of(subnet.get()), interfaces).serving(netlink);
    }

    /** The subnet to which {@code address} belongs; empty if it is outside. */
    Optional<Subnet> subnetOf(IpAddress address) {
        return subnets.stream().filter(subnet -> subnet.contains(address)).findFirst();
    }

    static IpAddress address(String text) throws IOException {
        return IpAddress.parse(text).orElseThrow(() -> new IOException("'" + text + "' is not an address"));
    }
}
