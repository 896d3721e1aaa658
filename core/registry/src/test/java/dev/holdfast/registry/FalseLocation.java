package dev.holdfast.registry;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** A location in memory. */
final class FalseLocation {
    static final RegistrySeal SEAL = RegistrySeal.of(new byte[32]);

    private final Map<Long, byte[]> blocks = new HashMap<>();
    private UUID identity;

    /** What stands before the registry area. */
    byte[] start = new byte[OtherUse.BYTES];

    FalseLocation(UUID cluster, UUID identity) {
        this.identity = identity;
        format(cluster, identity);
    }

    /** Another medium in the same place: formatted, empty. */
    void format(UUID cluster, UUID newIdentity) {
        identity = newIdentity;
        blocks.clear();
        write(0, RegistryFormat.header(cluster, newIdentity, SEAL));
    }

    UUID identity() {
        return identity;
    }

    byte[] read(long position, int length) {
        byte[] result = new byte[length];
        for (int at = 0; at < length; at += RegistryFormat.BLOCK) {
            byte[] block = blocks.get(position + at);
            if (block != null) {
                System.arraycopy(block, 0, result, at, RegistryFormat.BLOCK);
            }
        }
        return result;
    }

    void write(long position, byte[] bytes) {
        writePart(position, bytes, bytes.length);
    }

    /** Only the first {@code length} bytes arrive: whole blocks and the beginning of one. */
    void writePart(long position, byte[] bytes, int length) {
        for (int at = 0; at < length; at += RegistryFormat.BLOCK) {
            byte[] block = read(position + at, RegistryFormat.BLOCK);
            System.arraycopy(bytes, at, block, 0, Math.min(RegistryFormat.BLOCK, length - at));
            blocks.put(position + at, block);
        }
    }
}
