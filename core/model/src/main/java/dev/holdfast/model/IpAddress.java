package dev.holdfast.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An IPv4 or IPv6 address. Equal addresses have one text, however they were written: {@code 192.0.2.10}, {@code 2001:db8::5} (RFC 5952).
 *
 * @param high the upper half of an IPv6 address; 0 for IPv4
 * @param low the lower half; of IPv4 the lower 32 bits, the others 0
 */
public record IpAddress(boolean isIpv6, long high, long low) {
    private static final int GROUPS = 8;

    public IpAddress {
        if (!isIpv6 && (high != 0 || low >>> 32 != 0)) {
            throw new IllegalArgumentException("an IPv4 address has 32 bits");
        }
    }

    /** Reads {@code a.b.c.d}, or IPv6 in any of its spellings; empty for anything else, a zone ({@code %eth0}) and a length included. */
    public static Optional<IpAddress> parse(String text) {
        if (text.indexOf(':') < 0) {
            return dotted(text).map(bits -> new IpAddress(false, 0, bits));
        }
        int gap = text.indexOf("::");
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
        boolean good = gap < 0
                ? groups(text, true, before)
                : groups(text.substring(0, gap), false, before) && groups(text.substring(gap + 2), true, after);
        int given = before.size() + after.size();
        // "::" stands for one group of zeros at least.
        if (!good || (gap < 0 ? given != GROUPS : given >= GROUPS)) {
            return Optional.empty();
        }
        while (before.size() + after.size() < GROUPS) {
            before.add(0);
        }
        before.addAll(after);
        return Optional.of(new IpAddress(true, half(before.subList(0, 4)), half(before.subList(4, 8))));
    }

    /** @param bytes 4 or 16, in network order */
    public static IpAddress of(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return switch (bytes.length) {
            case 4 -> new IpAddress(false, 0, in.getInt() & 0xFFFF_FFFFL);
            case 16 -> new IpAddress(true, in.getLong(), in.getLong());
            default -> throw new IllegalArgumentException("an address has 4 or 16 bytes, got " + bytes.length);
        };
    }

    /** 4 or 16, in network order. */
    public byte[] bytes() {
        return isIpv6
                ? ByteBuffer.allocate(16).putLong(high).putLong(low).array()
                : ByteBuffer.allocate(4).putInt((int) low).array();
    }

    /** How many bits it has. */
    public int size() {
        return isIpv6 ? 128 : 32;
    }

    /** Why no virtual address can be this one, as in "it is a loopback address": what kind it is. Empty if it is fit. */
    public Optional<String> whyNoHost() {
        if (isIpv6) {
            int first = (int) (high >>> 48);
            if (high == 0 && low == 0) {
                return Optional.of("no host's address");
            }
            if (high == 0 && low == 1) {
                return Optional.of("a loopback address");
            }
            if (high == 0 && low >>> 32 == 0xFFFF) {
                return Optional.of("an IPv4 address in IPv6 clothes");
            }
            if (first >>> 8 == 0xFF) {
                return Optional.of("a multicast address");
            }
            return (first & 0xFFC0) == 0xFE80
                    ? Optional.of("a link-local address, which is not routed and needs the name of an interface")
                    : Optional.empty();
        }
        int first = (int) (low >>> 24);
        if (first == 0) {
            return Optional.of("no host's address");
        }
        if (first == 127) {
            return Optional.of("a loopback address");
        }
        return first >= 224 ? Optional.of("a multicast or reserved address") : Optional.empty();
    }

    /** As it is written best. */
    @Override
    public String toString() {
        if (!isIpv6) {
            return (low >>> 24) + "." + (low >>> 16 & 0xFF) + "." + (low >>> 8 & 0xFF) + "." + (low & 0xFF);
        }
        int start = -1;
        int length = 1; // A single group of zeros is not shortened.
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && group(end) == 0) {
                end++;
            }
            if (end - i > length) {
                start = i;
                length = end - i;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == start) {
                text.append("::");
                i += length - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":")
                        .append(Integer.toHexString(group(i)));
            }
        }
        return text.toString();
    }

    private int group(int number) {
        return (int) ((number < 4 ? high : low) >>> (48 - 16 * (number % 4))) & 0xFFFF;
    }

    private static long half(List<Integer> groups) {
        long bits = 0;
        for (int group : groups) {
            bits = bits << 16 | group;
        }
        return bits;
    }

    /** Reads groups with colons between; none from an empty text. The last two may be written as an IPv4 address. */
    private static boolean groups(String text, boolean last, List<Integer> into) {
        if (text.isEmpty()) {
            return true;
        }
        String[] parts = text.split(":", -1);
        for (int i = 0; i < parts.length; i++) {
            if (last && i == parts.length - 1 && parts[i].indexOf('.') >= 0) {
                Optional<Long> embedded = dotted(parts[i]);
                embedded.ifPresent(bits -> {
                    into.add((int) (bits >>> 16));
                    into.add((int) (bits & 0xFFFF));
                });
                return embedded.isPresent();
            }
            if (!parts[i].matches("[0-9A-Fa-f]{1,4}")) {
                return false;
            }
            into.add(Integer.parseInt(parts[i], 16));
        }
        return true;
    }

    private static Optional<Long> dotted(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        long bits = 0;
        for (String part : parts) {
            if (!part.matches("[0-9]{1,3}") || Integer.parseInt(part) > 255) {
                return Optional.empty();
            }
            bits = bits << 8 | Integer.parseInt(part);
        }
        return Optional.of(bits);
    }
}
