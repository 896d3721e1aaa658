package dev.holdfast.control;

import dev.holdfast.fuzz.Target;
import dev.holdfast.fuzz.WrongAccept;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;

/** The administration protocol: lines of JSON that any user of the machine may send to the daemon's socket. */
public final class ControlTargets {
    private static final List<Request> REQUESTS = List.of(
            new Request.AddResource("web", "cluster_resource", Map.of("A", "ü \"b\" {1}", "B", ""), true, false),
            new Request.DeleteResource(
                    new Selection.Matching(Filter.parse("(TYPE = 'x y') AND NAME st ora.")), true, false),
            new Request.StartResource(new Selection.All(), Optional.of("node1"), Map.of("E", "1"), true, true),
            new Request.Evaluate(new Request.StopResource(
                    new Selection.Named(List.of("a", "b")), Optional.empty(), Map.of(), true, false)),
            new Request.CheckStack(false, List.of("node1", "node2")),
            new Request.CreateAppVip(1, "192.0.2.10", "vip", "root", Optional.of("staff"), true),
            new Request.StartResource(
                    new Selection.All(),
                    Optional.empty(),
                    List.of("web"),
                    Optional.of(2),
                    Map.of(),
                    false,
                    false,
                    true),
            new Request.ModifyCategory("big", Map.of("EXPRESSION", "(CPU_COUNT > 2) AND NAME co 'n'"), true),
            new Request.StatusCategory(List.of("big"), Optional.of("node1")),
            new Request.AddPolicy("night", Map.of("DESCRIPTION", "ü")),
            new Request.ModifyPolicySet(
                    Map.of("SERVER_POOL_NAMES", "web"),
                    Optional.of(List.of(
                            new Reply.Policy("night", "", List.of(new Reply.Shape("web", Map.of("MIN_SIZE", "1")))))),
                    false,
                    true),
            new Request.SetPermission(Kind.POLICY_SET, "", Request.PermissionChange.UPDATE, "user:oracle:rw-"),
            new Request.FenceNode("node2", "a reason", false),
            new Request.SetCss("misscount", Optional.of("0.5")));

    private static final List<Reply> REPLIES = List.of(
            new Reply.Progress("CRS-2672: ü"),
            new Reply.Done(List.of("a", "")),
            Reply.Refused.because("CRS-2613", "no", "do this", "do that"),
            new Reply.Types(List.of(new Reply.Type(
                    "x",
                    Optional.of("resource"),
                    List.of(new Reply.TypeAttribute("A", "int", "", List.of("CONFIG")))))),
            new Reply.Servers(List.of(new Reply.Server("node1", "ONLINE", Map.of("A", "1")))),
            new Reply.Categories(List.of(
                    new Reply.Category("big", Map.of("ACL", ""), List.of("node1"), Optional.of("0123456789abcdef")))),
            new Reply.PolicySet(
                    Map.of("LAST_ACTIVATED_POLICY", "night"),
                    List.of(new Reply.Policy("night", "ü", List.of(new Reply.Shape("web", Map.of("MAX_SIZE", "-1"))))),
                    new Reply.Policy("Current", "", List.of()),
                    Optional.empty()),
            new Reply.Configuration(
                    "demo",
                    "0123456789abcdef",
                    List.of(
                            new Reply.Configured(Kind.CATEGORY, "big", "", Map.of("EXPRESSION", "CPU_COUNT > 2")),
                            new Reply.Configured(Kind.POLICY_SET, "", "", Map.of("night:web:MIN_SIZE", "1")))),
            new Reply.CssTiming("3.0", "4.0", "3.0", "default", 4000, 10_000, List.of("S = L + W")));

    private ControlTargets() {}

    public static List<Target> all() {
        return List.of(
                new Line<>("control-hello", List.of(new Hello(1, "node1", "0.1.0")), Codec::decodeHello, Codec::encode),
                new Line<>("control-request", REQUESTS, Codec::decodeRequest, Codec::encode),
                new Line<>("control-reply", REPLIES, Codec::decodeReply, Codec::encode));
    }

    private interface Decoder<T> {
        T decode(byte[] line) throws MalformedMessage;
    }

    private record Line<T>(String name, List<T> examples, Decoder<T> decoder, Function<T, String> encoder)
            implements Target {
        @Override
        public byte[] valid(SplittableRandom chance) {
            return encoder.apply(examples.get(chance.nextInt(examples.size()))).getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            T decoded;
            try {
                decoded = decoder.decode(input);
            } catch (MalformedMessage e) {
                return false;
            }
            try {
                String again = encoder.apply(decoded);
                if (!encoder.apply(decoder.decode(again.getBytes(StandardCharsets.UTF_8)))
                        .equals(again)) {
                    throw new WrongAccept("it means something else when it is written again: " + again);
                }
            } catch (MalformedMessage e) {
                throw new WrongAccept("accepted, but not when it is written again: " + e.getMessage());
            }
            return true;
        }
    }
}
