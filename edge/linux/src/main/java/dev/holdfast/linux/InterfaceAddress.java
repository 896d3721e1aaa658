package dev.holdfast.linux;

import java.net.InetAddress;
import java.time.Duration;

/**
 * An IPv4 or IPv6 address on an interface, as the kernel keeps it or as it is to be.
 *
 * @param link the interface's {@link Link#index}
 * @param label at most 15 characters, begins with the interface's name ({@code "pub0:hf"}); empty for none and for IPv6
 * @param flags a union of the constants below and of others the kernel may report
 * @param valid how long until the kernel itself drops the address, whole seconds; {@link #FOREVER} if it does not
 */
public record InterfaceAddress(
        int link, InetAddress address, int prefixLength, String label, int flags, Duration valid) {
    /** The kernel's word for "no end". */
    public static final Duration FOREVER = Duration.ofSeconds(0xFFFF_FFFFL);

    /** IFA_F_SECONDARY: another address of the same subnet came first. Reported by the kernel, not for setting. */
    public static final int SECONDARY = 0x01;
    /** IFA_F_NODAD: usable at once, the kernel does not look for a duplicate first (IPv6 only). */
    public static final int NO_DUPLICATE_DETECTION = 0x02;
    /** IFA_F_PERMANENT: no lifetime. Reported by the kernel, not for setting. */
    public static final int PERMANENT = 0x80;
    /** IFA_F_NOPREFIXROUTE: adding the address does not add a route to its subnet. */
    public static final int NO_PREFIX_ROUTE = 0x200;

    public InterfaceAddress {
        int bits = address.getAddress().length * 8;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException("prefix length is 0.." + bits + ", got " + prefixLength);
        }
        if (label.length() > 15) {
            throw new IllegalArgumentException("a label has at most 15 characters, got " + label);
        }
        if (valid.toSeconds() < 1 || valid.compareTo(FOREVER) > 0) {
            throw new IllegalArgumentException("a lifetime is a positive number of seconds, got " + valid);
        }
    }

    public InterfaceAddress validFor(Duration lifetime) {
        return new InterfaceAddress(link, address, prefixLength, label, flags, lifetime);
    }
}
