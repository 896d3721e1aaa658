package dev.holdfast.model;

import java.util.Optional;

/**
 * All addresses that begin alike: {@code 192.0.2.0/24}, {@code 2001:db8::/64}.
 *
 * @param first its lowest address
 * @param length how many bits its addresses have in common
 */
public record Subnet(IpAddress first, int length) {
    public Subnet {
        if (length < 0 || length > first.size()) {
            throw new IllegalArgumentException("a prefix length is 0.." + first.size() + ", got " + length);
        }
        first = masked(first, length);
    }

    /** Reads {@code address/length}; any address of the subnet will do. Empty for anything else. */
    public static Optional<Subnet> parse(String text) {
        int slash = text.indexOf('/');
        String length = text.substring(slash + 1);
        if (slash < 0 || !length.matches("[0-9]{1,3}")) {
            return Optional.empty();
        }
        return IpAddress.parse(text.substring(0, slash))
                .filter(address -> Integer.parseInt(length) <= address.size())
                .map(address -> new Subnet(address, Integer.parseInt(length)));
    }

    /** An IPv4 subnet by its netmask; empty if that is none. */
    public static Optional<Subnet> of(IpAddress address, IpAddress netmask) {
        int bits = (int) netmask.low();
        int ones = Integer.numberOfLeadingZeros(~bits);
        return address.isIpv6() || netmask.isIpv6() || Integer.bitCount(bits) != ones
                ? Optional.empty()
                : Optional.of(new Subnet(address, ones));
    }

    public boolean contains(IpAddress address) {
        return address.isIpv6() == first.isIpv6() && masked(address, length).equals(first);
    }

    /** That of an IPv4 subnet, as {@code 255.255.255.0}. */
    public IpAddress netmask() {
        if (first.isIpv6()) {
            throw new IllegalStateException("IPv6 has no netmasks");
        }
        return masked(new IpAddress(false, 0, 0xFFFF_FFFFL), length);
    }

    private static IpAddress masked(IpAddress address, int length) {
        if (!address.isIpv6()) {
            return new IpAddress(false, 0, address.low() & ones(length) >>> 32);
        }
        return new IpAddress(true, address.high() & ones(Math.min(length, 64)), address.low() & ones(length - 64));
    }

    /** A number whose upper {@code count} bits are ones; none if that is negative. */
    private static long ones(int count) {
        return count <= 0 ? 0 : -1L << (64 - count);
    }

    @Override
    public String toString() {
        return first + "/" + length;
    }
}
