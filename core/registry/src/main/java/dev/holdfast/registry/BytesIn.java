package dev.holdfast.registry;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** Bytes being taken apart, little endian. Whatever they are, each call returns a value or throws {@link Malformed}. */
final class BytesIn {
    /** What stands in a text in place of bytes that are not UTF-8. */
    private static final char REPLACEMENT = 0xFFFD;

    private final ByteBuffer buffer;

    BytesIn(byte[] bytes, int from, int length) {
        buffer = ByteBuffer.wrap(bytes, from, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    int number() throws Malformed {
        require(Integer.BYTES);
        return buffer.getInt();
    }

    /** A number of things that each take at least {@code bytesEach}: more than can follow is refused at once. */
    int count(int bytesEach) throws Malformed {
        int count = number();
        if (count < 0 || (long) count * bytesEach > buffer.remaining()) {
            throw new Malformed("a count of " + count + " with " + buffer.remaining() + " bytes left");
        }
        return count;
    }

    long longNumber() throws Malformed {
        require(Long.BYTES);
        return buffer.getLong();
    }

    UUID uuid() throws Malformed {
        require(2 * Long.BYTES);
        return RegistryFormat.getUuid(buffer);
    }

    String text(int mostBytes) throws Malformed {
        int length = number();
        if (length < 0 || length > mostBytes) {
            throw new Malformed("a text of " + length + " bytes; at most " + mostBytes + " are allowed");
        }
        require(length);
        int at = buffer.arrayOffset() + buffer.position();
        buffer.position(buffer.position() + length);
        String text = new String(buffer.array(), at, length, StandardCharsets.UTF_8);
        // As many characters as bytes, and none in place of a wrong byte: then each byte is a character of ASCII.
        boolean ascii = text.length() == length && text.indexOf(REPLACEMENT) < 0;
        if (!ascii) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            if (!Arrays.equals(buffer.array(), at, at + length, utf8, 0, utf8.length)) {
                throw new Malformed("a text that is not UTF-8");
            }
        }
        return text;
    }

    /** How many bytes were not read yet. */
    int left() {
        return buffer.remaining();
    }

    void end() throws Malformed {
        if (buffer.hasRemaining()) {
            throw new Malformed(buffer.remaining() + " bytes too many");
        }
    }

    private void require(int bytes) throws Malformed {
        if (buffer.remaining() < bytes) {
            throw new Malformed("ends " + (bytes - buffer.remaining()) + " bytes too early");
        }
    }
}
