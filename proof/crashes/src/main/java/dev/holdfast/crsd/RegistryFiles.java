package dev.holdfast.crsd;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.registry.RegistryFormat;
import dev.holdfast.registry.RegistrySeal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Stream;

/** Registry locations as real files. */
final class RegistryFiles {
    static final UUID CLUSTER = new UUID(4, 2);
    static final RegistrySeal SEAL = RegistrySeal.of(new byte[] {1, 2, 3});
    static final long AREA_START = 1 << 20;

    private static final int BURST = 64 << 10;

    private RegistryFiles() {}

    /** Sparse, and formatted. */
    static void make(Path path) throws IOException {
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(AREA_START + RegistryFormat.AREA_BYTES);
        }
        format(path);
    }

    static void format(Path path) throws IOException {
        try (var device = BlockDevice.open(path)) {
            device.write(AREA_START, RegistryFormat.header(CLUSTER, UUID.randomUUID(), SEAL));
        }
    }

    /** Random bytes over both copies of the header. */
    static void behead(Path path, SplittableRandom random) throws IOException {
        byte[] noise = new byte[RegistryFormat.HEADER_AREA];
        random.nextBytes(noise);
        try (var device = BlockDevice.open(path)) {
            device.write(AREA_START, noise);
        }
    }

    static boolean hasHeader(Path path) throws IOException {
        try (var device = BlockDevice.open(path)) {
            return RegistryFormat.readHeader(device.read(AREA_START, RegistryFormat.HEADER_AREA), SEAL)
                    .header()
                    .isPresent();
        }
    }

    /** Random bytes over up to 64 KiB: of {@code segment} mostly, of any other, or over a copy of the header. */
    static void damage(Path path, int segment, SplittableRandom random) throws IOException {
        byte[] noise = new byte[1 + random.nextInt(BURST)];
        random.nextBytes(noise);
        long at = AREA_START;
        if (random.nextInt(8) == 0) {
            noise = java.util.Arrays.copyOf(noise, Math.min(noise.length, RegistryFormat.BLOCK));
        } else {
            int hit = random.nextInt(4) > 0 ? segment : random.nextInt(RegistryFormat.SEGMENTS);
            at += RegistryFormat.position(hit, 0) + random.nextInt(1 << random.nextInt(12, 22));
        }
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(at);
            file.write(noise);
        }
    }

    static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : List.copyOf(paths.sorted(Comparator.reverseOrder()).toList())) {
                Files.delete(path);
            }
        }
    }
}
