package dev.holdfast.crsd;

import dev.holdfast.fuzz.Target;
import dev.holdfast.fuzz.WrongAccept;
import dev.holdfast.model.ActionKind;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.node.PeerMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** What the crsds say to each other, once the seal is open. */
public final class CrsdTargets {
    private static final ResourceName WEB = new ResourceName("web");

    private static final List<PeerMessage> MESSAGES = List.of(
            new PeerMessage.Definitions(
                    (1L << 59) + 1,
                    3,
                    9,
                    List.of(new PeerMessage.Definition("web", "cluster_resource", new TreeMap<>(Map.of("A", "b\"c"))))),
            new PeerMessage.Report(
                    (1L << 59) + 1,
                    4,
                    2,
                    false,
                    true,
                    new TreeMap<>(Map.of(
                            WEB,
                            new Observed(
                                    ResourceState.INTERMEDIATE,
                                    InternalState.CLEANING,
                                    "CHECK TIMED OUT",
                                    Optional.empty())))),
            new PeerMessage.Order(1L << 59, 7, WEB, ActionKind.START, true),
            new PeerMessage.OrderFinished(WEB, ActionKind.CHECK, false, "no"),
            new PeerMessage.Progressed(WEB, new Message("CRS-2672", "Attempting", "next")),
            new PeerMessage.Leaving(),
            new PeerMessage.Staying());

    private CrsdTargets() {}

    public static List<Target> all() {
        return List.of(new Peer());
    }

    private record Peer() implements Target {
        @Override
        public String name() {
            return "crsd-message";
        }

        @Override
        public byte[] valid(SplittableRandom chance) {
            PeerMessage message = MESSAGES.get(chance.nextInt(MESSAGES.size()));
            return PeerCodec.encode(message).text().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            PeerMessage decoded;
            try {
                decoded = PeerCodec.decode(Json.parse(new String(input, StandardCharsets.UTF_8)));
            } catch (Json.Malformed e) {
                return false;
            }
            try {
                if (!PeerCodec.decode(Json.parse(PeerCodec.encode(decoded).text()))
                        .equals(decoded)) {
                    throw new WrongAccept("it means something else when it is written again: " + decoded);
                }
            } catch (Json.Malformed e) {
                throw new WrongAccept("accepted, but not when it is written again: " + e.getMessage());
            }
            return true;
        }
    }
}
