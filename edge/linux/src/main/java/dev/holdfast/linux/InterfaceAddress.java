package dev.holdfast.linux;

import java.net.InetAddress;
import java.time.Duration;

/**
 * An IPv4 or IPv6 address on an interface, as the kernel keeps it or as it is to be.
 *
 * @param link the interface's {@link Link#index}
 * @param label at most 15 characters, begins with the interface's name ({@code "pub0:hf"}); empty for none. The kernel has no labels for IPv6:
 *     there it is empty or {@link #IPV6_LABEL}
 * @param flags a union of the constants below and of others the kernel may report
 * @param valid how long until the kernel itself drops the address, whole seconds; {@link #FOREVER} if it does not
 */
public record InterfaceAddress(
        int link, InetAddress address, int prefixLength, String label, int flags, Duration valid) {
    /** The kernel's word for "no end". */
    public static final Duration FOREVER = Duration.ofSeconds(0xFFFF_FFFFL);

    /**
     * The one label that an IPv6 address may have. The kernel keeps it as a number of the origin of the address (IFA_PROTO, since Linux 5.18).
     * An address that bears it is usable at once, and is no source of connections unless a program asks for it, as a second IPv4 address is none.
     */
    public static final String IPV6_LABEL = ":hf";

    /** IFA_F_SECONDARY: another address of the same subnet came first. Reported by the kernel, not for setting. */
    public static final int SECONDARY = 0x01;
    /** IFA_F_NODAD: usable at once, the kernel does not look for a duplicate first (IPv6 only). */
    public static final int NO_DUPLICATE_DETECTION = 0x02;
    /** IFA_F_DADFAILED: somebody else has the address (IPv6 only). Reported by the kernel, not for setting. */
    public static final int DUPLICATE = 0x08;
    /** IFA_F_TENTATIVE: the kernel is still looking for a duplicate (IPv6 only). Reported by the kernel, not for setting. */
    public static final int TENTATIVE = 0x40;
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
        if (bits == 128 && !label.isEmpty() && !label.equals(IPV6_LABEL)) {
            throw new IllegalArgumentException("an IPv6 address is labelled " + IPV6_LABEL + ", got " + label);
        }
        if (valid.toSeconds() < 1 || valid.compareTo(FOREVER) > 0) {
            throw new IllegalArgumentException("a lifetime is a positive number of seconds, got " + valid);
        }
    }

    /** True if the kernel answers for it: an IPv6 address may still be looked for elsewhere, or have been found there. */
    public boolean isUsable() {
        return address.getAddress().length == 4 || (flags & (DUPLICATE | TENTATIVE)) == 0;
    }

    public InterfaceAddress validFor(Duration lifetime) {
        return new InterfaceAddress(link, address, prefixLength, label, flags, lifetime);
    }
}
