package dev.holdfast.registry;

import dev.holdfast.fuzz.Target;
import dev.holdfast.fuzz.WrongAccept;
import dev.holdfast.model.RegistryRoot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/** What stands in the registry's locations. */
public final class RegistryTargets {
    private static final RegistrySeal SEAL = RegistrySeal.of(new byte[32]);
    private static final UUID CLUSTER = new UUID(3, 4);
    private static final RegistryRoot ROOT = new RegistryRoot(9, 2, 69, 70);

    private RegistryTargets() {}

    public static List<Target> all() {
        return List.of(new Location(), new LogEntry(), new Base(), new Segment());
    }

    private static String text(SplittableRandom chance) {
        return "key." + "ü☂😀xyz".repeat(chance.nextInt(3)) + chance.nextInt(100);
    }

    private static Batch aBatch(SplittableRandom chance) {
        var puts = new TreeMap<String, String>();
        for (int i = chance.nextInt(4); i > 0; i--) {
            puts.put("p" + text(chance), text(chance).repeat(chance.nextInt(20)));
        }
        puts.put("always", "");
        return new Batch(puts, new TreeSet<>(List.of("gone", "d" + text(chance))));
    }

    private static Snapshot aSnapshot(SplittableRandom chance) {
        var owners = new TreeMap<Integer, Owner>();
        owners.put(Owner.segmentOf(69), new Owner(69, 9, 2, 1));
        owners.put(7, Owner.unknown(7));
        return new Snapshot(
                new RegistryContent(41, new TreeMap<>(aBatch(chance).puts())),
                owners,
                List.of(
                        new Voter(new UUID(1, 1), "/dev/a"),
                        new Voter(Voter.UNSEEN, text(chance)),
                        new Voter(new UUID(chance.nextLong(), 3), "")),
                new TreeMap<>(aBatch(chance).puts()));
    }

    private record Location() implements Target {
        @Override
        public String name() {
            return "registry-header";
        }

        @Override
        public byte[] valid(SplittableRandom chance) {
            return RegistryFormat.header(CLUSTER, new UUID(chance.nextLong(), chance.nextLong()), SEAL);
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            RegistryFormat.Reading reading = RegistryFormat.readHeader(input, SEAL);
            if (reading.header().isEmpty()) {
                return false;
            }
            RegistryFormat.Header header = reading.header().get();
            byte[] genuine = RegistryFormat.header(header.cluster(), header.location(), SEAL);
            // One copy may be damaged; what follows them is not the header's.
            for (int copy = 0; copy < 2; copy++) {
                int at = copy * RegistryFormat.BLOCK;
                boolean same =
                        Arrays.equals(genuine, at, at + RegistryFormat.BLOCK, input, at, at + RegistryFormat.BLOCK);
                if (!same && copy != reading.damaged()) {
                    throw new WrongAccept("a header that nobody wrote: " + header);
                }
            }
            return reading.damaged() < 0;
        }
    }

    private record LogEntry() implements Target {
        @Override
        public String name() {
            return "registry-batches";
        }

        @Override
        public byte[] valid(SplittableRandom chance) {
            List<Batch> batches = new ArrayList<>();
            for (int i = 1 + chance.nextInt(3); i > 0; i--) {
                batches.add(aBatch(chance));
            }
            return new Batches(batches).encode();
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            Draft applied = new Draft(RegistryContent.EMPTY);
            boolean isApplied = isApplied(input, applied);
            try {
                Batches decoded = Batches.decode(input);
                if (!Batches.decode(decoded.encode()).equals(decoded)) {
                    throw new WrongAccept("it means something else when it is written again: " + decoded);
                }
                Draft draft = new Draft(RegistryContent.EMPTY);
                decoded.batches().forEach(draft::apply);
                if (!isApplied
                        || applied.bytes() != draft.bytes()
                        || !applied.content().equals(draft.content())) {
                    throw new WrongAccept("a new master makes something else of it: " + applied.content());
                }
                return true;
            } catch (Malformed e) {
                if (isApplied) {
                    throw new WrongAccept("a new master takes it: " + applied.content());
                }
                return false;
            }
        }

        private static boolean isApplied(byte[] input, Draft applied) {
            try {
                Batches.apply(new BytesIn(input, 0, input.length), applied);
                return true;
            } catch (Malformed e) {
                return false;
            }
        }
    }

    private record Base() implements Target {
        @Override
        public String name() {
            return "registry-snapshot";
        }

        @Override
        public byte[] valid(SplittableRandom chance) {
            return aSnapshot(chance).encode();
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            try {
                Snapshot decoded = Snapshot.decode(input);
                if (!Snapshot.decode(decoded.encode()).equals(decoded)) {
                    throw new WrongAccept("it means something else when it is written again: " + decoded);
                }
                return true;
            } catch (Malformed e) {
                return false;
            }
        }
    }

    /** The blocks of a segment: whatever is wrong with them, what is read is the beginning of what was written. */
    private record Segment() implements Target {
        @Override
        public String name() {
            return "registry-segment";
        }

        @Override
        public byte[] valid(SplittableRandom chance) {
            var segment = new OpenSegment(
                    CLUSTER,
                    SEAL,
                    new Owner(69, 9, 2, 1),
                    aSnapshot(chance),
                    40,
                    LogRecord.NOTHING_BEFORE,
                    RegistryFormat.SEGMENT_BYTES);
            for (int i = chance.nextInt(3); i > 0; i--) {
                segment.append(LogRecord.Kind.BATCHES, new Batches(List.of(aBatch(chance))).encode());
            }
            return segment.bytes(0, segment.tail());
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            Chain chain = read(input);
            List<Chain> genuine = written.stream().map(Segment::read).toList();
            if (genuine.stream().noneMatch(good -> begins(good, chain))) {
                throw new WrongAccept("%d records, not all of them written"
                        .formatted(chain.links().size()));
            }
            return begins(chain, genuine.getFirst());
        }

        private static boolean begins(Chain whole, Chain beginning) {
            boolean same = beginning.links().size() <= whole.links().size();
            for (int i = 0; same && i < beginning.links().size(); i++) {
                same = Arrays.equals(
                        whole.links().get(i).hash(), beginning.links().get(i).hash());
            }
            return same;
        }

        private static Chain read(byte[] area) {
            var chain = new Chain(CLUSTER, SEAL, ROOT);
            while (!chain.finished()) {
                byte[] piece = new byte[chain.wanted()];
                int there = Math.clamp(area.length - chain.offset(), 0, piece.length);
                System.arraycopy(area, Math.min(chain.offset(), area.length), piece, 0, there);
                chain.accept(piece);
            }
            return chain;
        }
    }
}
