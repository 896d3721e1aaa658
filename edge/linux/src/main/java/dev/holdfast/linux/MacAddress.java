package dev.holdfast.linux;

import java.util.HexFormat;

/** An Ethernet address: 48 bits, printed {@code 52:54:00:ab:10:02}. */
public record MacAddress(long bits) {
    public static final MacAddress BROADCAST = new MacAddress(0xFFFF_FFFF_FFFFL);
    public static final MacAddress ZERO = new MacAddress(0);

    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("an Ethernet address has 48 bits, got " + Long.toHexString(bits));
        }
    }

    /** Reads {@code 52:54:00:ab:10:02}. */
    public static MacAddress parse(String text) {
        byte[] bytes = HexFormat.ofDelimiter(":").parseHex(text);
        if (bytes.length != 6) {
            throw new IllegalArgumentException("an Ethernet address looks like 52:54:00:ab:10:02, got " + text);
        }
        return of(bytes);
    }

    static MacAddress of(byte[] six) {
        long bits = 0;
        for (byte b : six) {
            bits = bits << 8 | (b & 0xFF);
        }
        return new MacAddress(bits);
    }

    byte[] bytes() {
        byte[] six = new byte[6];
        for (int i = 0; i < 6; i++) {
            six[i] = (byte) (bits >>> (40 - 8 * i));
        }
        return six;
    }

    @Override
    public String toString() {
        return HexFormat.ofDelimiter(":").formatHex(bytes());
    }
}
