package dev.holdfast.registry;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** Bytes being put together, little endian; grows as needed. */
final class BytesOut {
    private ByteBuffer buffer = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);

    BytesOut number(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    BytesOut number(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    BytesOut uuid(UUID id) {
        RegistryFormat.putUuid(room(2 * Long.BYTES), id);
        return this;
    }

    /** Length in bytes, then UTF-8. */
    BytesOut text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        room(Integer.BYTES + utf8.length).putInt(utf8.length).put(utf8);
        return this;
    }

    byte[] bytes() {
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int size = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
            buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), size))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .position(buffer.position());
        }
        return buffer;
    }
}
