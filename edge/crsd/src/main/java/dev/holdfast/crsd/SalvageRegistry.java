package dev.holdfast.crsd;

import dev.holdfast.control.RegistryText;
import dev.holdfast.linux.BlockDevice;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.registry.RegistryFormat;
import dev.holdfast.registry.RegistrySeal;
import dev.holdfast.registry.Salvage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes what the registry's locations still hold to a file, as an export: for when too few of them have a header, or are there at all, for a master to
 * open it. Needs no daemon, and only reads the locations. The newest state that any of them holds is taken, and it is told what each of them holds, and
 * whether those that were read can be sure to have the last one.
 */
public final class SalvageRegistry {
    private static final String USAGE = """
            usage: SalvageRegistry ETC FILE [LOCATION...]
              ETC       the directory of cluster.conf, node.conf and cluster.key
              FILE      a new file for what is found, to be given to  ocrconfig -import
              LOCATION  where the registry is; if none is given, as this node knows it""";

    private SalvageRegistry() {}

    /** Exit codes: 0 written; 1 nothing was found, or it cannot be written; 2 wrong usage. */
    public static void main(String[] arguments) {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        if (arguments.length < 2 || arguments[0].startsWith("-")) {
            err.println(USAGE);
            System.exit(2);
        }
        try {
            CrsdSettings settings = CrsdSettings.read(Path.of(arguments[0]));
            List<String> places = List.of(arguments).subList(2, arguments.length);
            if (places.isEmpty()) {
                places = new RegistryPlaces(
                                Directories.of(System.getenv()).var(),
                                settings.cluster().registryLocations())
                        .read();
            }
            System.exit(run(settings, Path.of(arguments[1]), places, ClusterSettings.REGISTRY_OFFSET, out, err));
        } catch (InvalidSettings e) {
            e.problems().forEach(problem -> err.println("HF-1106: " + problem));
            System.exit(1);
        } catch (FileAlreadyExistsException e) {
            err.println("HF-1105: " + e.getMessage() + " exists already. Nothing was written; name a new file.");
            System.exit(1);
        } catch (IOException e) {
            err.println("HF-1107: " + arguments[1] + " was not written, or not whole: " + e.getMessage());
            System.exit(1);
        }
    }

    static int run(
            CrsdSettings settings, Path file, List<String> places, long areaStart, PrintStream out, PrintStream err)
            throws IOException {
        Map<String, Salvage.Found> found = new LinkedHashMap<>();
        for (String place : places) {
            try {
                Optional<Salvage.Found> there = read(settings, place, areaStart);
                there.ifPresent(state -> found.put(place, state));
                out.println(place + ": "
                        + there.map(SalvageRegistry::inWords).orElse("nothing of this cluster's registry"));
            } catch (IOException e) {
                out.println(place + ": cannot be read: " + e.getMessage());
            }
        }
        Optional<Map.Entry<String, Salvage.Found>> newest =
                found.entrySet().stream().max(Map.Entry.comparingByValue(Salvage.Found.byAge()));
        if (newest.isEmpty()) {
            err.println("HF-1104: No location holds a state of the registry. Nothing was written. Import a backup:"
                    + "  ls /var/lib/holdfast/backup/*");
            return 1;
        }
        Salvage.Found state = newest.get().getValue();
        byte[] text = RegistryText.write(
                settings.cluster().name().replace(' ', '_'),
                settings.cluster().id().toString(),
                state.content().version(),
                Instant.now(),
                settings.selfName(),
                state.content().entries(),
                _ -> new byte[0]);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, text);
        out.println("Written to " + file + ": version " + state.content().version() + ", "
                + state.content().entries().size() + " entries, from "
                + newest.get().getKey());
        certainty(state, found).forEach(out::println);
        return 0;
    }

    /** Each acknowledged change is on a majority of the locations of its time: whoever has read more than the rest has met it. */
    private static List<String> certainty(Salvage.Found newest, Map<String, Salvage.Found> found) {
        List<String> lines = new ArrayList<>();
        long read = newest.places().stream().filter(found::containsKey).count();
        int needed = newest.places().size() - newest.places().size() / 2;
        if (read < needed) {
            lines.add("Only " + read + " of its " + newest.places().size() + " locations ("
                    + String.join(", ", newest.places()) + ") could be read, " + needed
                    + " are needed to be sure that nothing newer was acknowledged.");
        }
        if (!newest.damage().isEmpty()) {
            lines.add("What follows in it could not be read: " + newest.damage() + ".");
        }
        return lines;
    }

    private static String inWords(Salvage.Found state) {
        return "version " + state.content().version() + ", "
                + state.content().entries().size()
                + " entries, written by node " + state.writtenBy() + " in epoch " + state.epoch() + " (ticket "
                + state.ticket() + ", record " + state.lastRecord() + ")"
                + (state.damage().isEmpty() ? "" : "; then: " + state.damage());
    }

    private static Optional<Salvage.Found> read(CrsdSettings settings, String place, long areaStart)
            throws IOException {
        var salvage = new Salvage(settings.cluster().id(), RegistrySeal.of(settings.clusterKey()));
        try (BlockDevice device = BlockDevice.open(Path.of(place))) {
            for (Optional<Salvage.Piece> next = salvage.wanted(); next.isPresent(); next = salvage.wanted()) {
                Salvage.Piece piece = next.get();
                long at = areaStart + RegistryFormat.position(piece.segment(), piece.offset());
                salvage.accept(device.read(at, piece.length()));
            }
        }
        return salvage.found();
    }
}
