package dev.holdfast.control;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** Cuts a stream of bytes into lines. */
final class LineBuffer {
    /** A line is too long to be meant well. */
    static final class TooLong extends Exception {
        private static final long serialVersionUID = 1;

        TooLong(int longest) {
            super("a line is longer than " + longest + " bytes");
        }
    }

    private final int longest;
    private byte[] bytes = new byte[8192];
    private int begin;
    private int end;
    private int searched;

    LineBuffer(int longest) {
        this.longest = longest;
    }

    /** Where the next bytes go; valid until the next call. Hand the number of bytes to {@link #filled}. */
    ByteBuffer room() {
        if (begin > 0) {
            System.arraycopy(bytes, begin, bytes, 0, end - begin);
            end -= begin;
            searched -= begin;
            begin = 0;
        }
        if (end == bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
        return ByteBuffer.wrap(bytes, end, bytes.length - end);
    }

    void filled(int count) {
        end += count;
    }

    /** The next whole line without its end, if it is here. */
    Optional<byte[]> next() throws TooLong {
        for (; searched < end; searched++) {
            if (bytes[searched] == '\n') {
                byte[] line = Arrays.copyOfRange(bytes, begin, searched);
                begin = ++searched;
                return Optional.of(line);
            }
        }
        if (end - begin > longest) {
            throw new TooLong(longest);
        }
        return Optional.empty();
    }
}
