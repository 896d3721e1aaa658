package dev.holdfast.registry;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

/** A location in memory that can be told to misbehave. */
final class Medium {
    static final RegistrySeal SEAL = RegistrySeal.of(new byte[32]);

    private final Map<Long, byte[]> blocks = new HashMap<>();
    private UUID identity;

    /** Nothing answers until this is false again. */
    boolean hung;

    /** Every operation fails; writes fail half done. */
    boolean failing;

    /** Writes are said to be done, and are not. */
    boolean forgetful;

    /** It was given a base that names it, and was not formatted since. */
    boolean counted;

    /** Which segment the root named when it last went away. */
    int rootWhenItWent;

    /** The root named another one when it came back without a header. */
    boolean baseMissed;

    Medium(UUID cluster, UUID identity) {
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

    /** What stands before the registry area: nothing. */
    byte[] start() {
        return new byte[OtherUse.BYTES];
    }

    /** Destroys both copies of the header, and now and then some of what follows. */
    void behead(SplittableRandom random) {
        byte[] noise = new byte[RegistryFormat.HEADER_AREA];
        if (random.nextBoolean()) {
            random.nextBytes(noise);
        }
        write(0, noise);
        if (random.nextInt(4) == 0) {
            blocks.keySet().removeIf(position -> position >= RegistryFormat.FIRST_SEGMENT && random.nextBoolean());
        }
    }

    /** Turns some bits somewhere in what was written after the header. */
    void rot(SplittableRandom random) {
        long[] written = blocks.keySet().stream()
                .mapToLong(Long::longValue)
                .filter(position -> position >= RegistryFormat.FIRST_SEGMENT)
                .sorted()
                .toArray();
        if (written.length > 0) {
            long position = written[random.nextInt(written.length)];
            byte[] block = Arrays.copyOf(read(position, RegistryFormat.BLOCK), RegistryFormat.BLOCK);
            block[random.nextInt(200)] ^= (byte) (1 + random.nextInt(255));
            blocks.put(position, block);
        }
    }
}
