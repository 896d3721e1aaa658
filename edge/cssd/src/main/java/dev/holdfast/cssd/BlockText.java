package dev.holdfast.cssd;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** A short text in a block: its length in one byte, then UTF-8. */
final class BlockText {
    private static final int BYTES_MAX = 200;

    private BlockText() {}

    /** Writes it, cut to 200 bytes between two characters: half of one would come back as something else. */
    static void put(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, BYTES_MAX);
        while (length > 0 && length < bytes.length && (bytes[length] & 0xc0) == 0x80) {
            length--;
        }
        out.put((byte) length);
        out.put(bytes, 0, length);
    }

    /** @throws IllegalArgumentException if nobody can have written it */
    static String get(ByteBuffer in) {
        int length = in.get() & 0xff;
        if (length > BYTES_MAX) {
            throw new IllegalArgumentException("a text of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a text that is not UTF-8", e);
        }
    }
}
