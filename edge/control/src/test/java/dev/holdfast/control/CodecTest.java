package dev.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CodecTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void every_request_survives_the_wire() throws MalformedMessage {
        for (Request request : Examples.requests()) {
            assertThat(Codec.decodeRequest(utf8(Codec.encode(request)))).isEqualTo(request);
        }
    }

    @Test
    void every_reply_survives_the_wire() throws MalformedMessage {
        for (Reply reply : Examples.replies()) {
            assertThat(Codec.decodeReply(utf8(Codec.encode(reply)))).isEqualTo(reply);
            assertThat(Codec.decodeReply(utf8(Codec.pretty(reply).replaceAll("\n *", ""))))
                    .isEqualTo(reply);
        }
    }

    @Test
    void the_examples_leave_no_kind_out() {
        assertThat(kinds(Examples.requests())).isEqualTo(records(Request.class));
        assertThat(kinds(Examples.replies())).isEqualTo(records(Reply.class));
    }

    private static Set<String> kinds(List<?> examples) {
        return examples.stream()
                .map(example -> example.getClass().getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> records(Class<?> sealed) {
        var names = new TreeSet<String>();
        for (Class<?> permitted : sealed.getPermittedSubclasses()) {
            if (permitted.isSealed()) {
                names.addAll(records(permitted));
            } else {
                names.add(permitted.getSimpleName());
            }
        }
        return names;
    }

    @Test
    void attributes_keep_their_order() throws MalformedMessage {
        var request = (Request.AddResource)
                Codec.decodeRequest(utf8(Codec.encode(Examples.requests().getFirst())));

        assertThat(request.attributes().keySet()).containsExactly("ZULU", "CHECK_INTERVAL@SERVERNAME(node1)", "ALPHA");
    }

    @Test
    void a_message_is_one_line() {
        Examples.requests().forEach(request -> assertThat(Codec.encode(request)).doesNotContain("\n"));
        Examples.replies().forEach(reply -> assertThat(Codec.encode(reply)).doesNotContain("\n"));
    }

    /** Pins the words on the wire: another release must understand them. */
    @Test
    void the_wire_format_is_this() {
        assertThat(Codec.encode(new Hello(1, "crsctl", "0.1.0"))).isEqualTo("""
                {"version":1,"speaker":"crsctl","release":"0.1.0"}""");
        assertThat(Codec.encode(new Request.StartResource(
                        Selection.named("web"), java.util.Optional.of("node1"), Map.of("A", "1"), true, false)))
                .isEqualTo("""
                {"t":"startResource","resources":{"names":["web"]},"node":"node1","environment":{"A":"1"},"force":true,"failIfBusy":false}""");
        assertThat(Codec.encode(Reply.Refused.because("CRS-2613", "Could not find resource 'x'.", "Look.")))
                .isEqualTo("""
                {"t":"refused","problems":[{"code":"CRS-2613","text":"Could not find resource 'x'.","next":["Look."]}]}""");
    }

    @Test
    void what_utf8_cannot_carry_becomes_the_replacement_character() throws MalformedMessage {
        assertThat(Codec.decodeReply(utf8(Codec.encode(new Reply.Progress("a\ud83d b")))))
                .isEqualTo(new Reply.Progress("a? b"));
    }

    @Test
    void half_a_surrogate_pair_does_not_get_in_by_an_escape() throws MalformedMessage {
        assertThat(Codec.decodeReply(utf8("{\"t\":\"progress\",\"line\":\"a\\ud83d b\"}")))
                .isEqualTo(new Reply.Progress("a? b"));
    }

    @Test
    void a_hello_of_a_later_version_is_understood() throws MalformedMessage {
        assertThat(Codec.decodeHello(utf8("{\"version\":7,\"speaker\":\"node1\",\"release\":\"9\",\"new\":[1]}")))
                .isEqualTo(new Hello(7, "node1", "9"));
        assertThat(Codec.decodeHello(utf8("{\"version\":1}"))).isEqualTo(new Hello(1, "?", "?"));
    }

    @Test
    void a_request_with_a_field_that_we_do_not_know_is_refused() {
        refused("{\"t\":\"stopCrs\",\"force\":false,\"gently\":true}", "'request' has no field 'gently'");
        refused(
                "{\"t\":\"statusResource\",\"definitions\":false,\"resources\":{\"all\":true,\"but\":[\"web\"]}}",
                "'request.resources' has no field 'but'");
    }

    @Test
    void a_reply_with_a_field_that_we_do_not_know_is_read() throws MalformedMessage {
        assertThat(Codec.decodeReply(utf8("{\"t\":\"progress\",\"line\":\"x\",\"when\":12}")))
                .isEqualTo(new Reply.Progress("x"));
    }

    @Test
    void refusals_say_what_is_wrong() {
        refused("", "it ends too early");
        refused("null", "it is not a JSON object");
        refused("[1]", "it is not a JSON object");
        refused("{\"t\":\"listNodes\"} x", "something follows the end of the object");
        refused("{\"t\":\"listNodes\"}}", "something follows the end of the object");
        refused("{\"t\":\"listNodes\"", "it ends too early");
        refused("{\"t\":\"listNodes", "it ends too early");
        refused("{}", "'request' lacks the field 't'");
        refused("{\"t\":\"dance\"}", "there is no request 'dance' in version 1");
        refused("{\"t\":7}", "the field 't' of 'request' is not text");
        refused("{\"t\":\"why\"}", "'request' lacks the field 'resource'");
        refused("{\"t\":\"why\",\"resource\":null}", "'request' lacks the field 'resource'");
        refused("{\"t\":\"stopCrs\",\"force\":\"yes\"}", "the field 'force' of 'request' is not true or false");
        refused("{\"t\":\"statusType\",\"names\":\"x\"}", "the field 'names' of 'request' is not a list");
        refused("{\"t\":\"statusType\",\"names\":[null]}", "the field 'names' of 'request' is not text");
        refused(
                "{\"t\":\"statusResource\",\"definitions\":true,\"resources\":{}}",
                "'request.resources' lacks the field 'all'");
        refused(
                "{\"t\":\"statusResource\",\"definitions\":true,\"resources\":{\"all\":false}}",
                "a selection gives 'names', 'filter' or 'all'");
        refused(
                "{\"t\":\"statusResource\",\"definitions\":true,\"resources\":{\"names\":[]}}",
                "a selection by name needs at least one name");
        refused(
                "{\"t\":\"statusResource\",\"definitions\":true,\"resources\":{\"filter\":\"(\"}}",
                "an attribute name was expected at the end");
        refused(
                "{\"t\":\"evaluate\",\"change\":{\"t\":\"listNodes\"}}",
                "'listNodes' changes nothing, so it cannot be evaluated");
        refused(
                "{\"t\":\"evaluate\",\"change\":{\"t\":\"evaluate\",\"change\":{}}}",
                "an evaluation cannot be evaluated");
        refused("{\"t\":\"checkStack\",\"allNodes\":true,\"nodes\":[\"a\"]}", "either all nodes or some nodes");
        refused(
                "{\"t\":\"createAppVip\",\"network\":4294967297,\"address\":\"\",\"name\":\"\",\"user\":\"\",\"failback\":true}",
                "the field 'network' of 'request' is not a number of 32 bits");
        refused("{\"t\":".repeat(100_000), "it is nested more than 64 deep");
        refused("{\"t\":" + "[".repeat(100_000), "it is nested more than 64 deep");
    }

    private static void refused(String line, String message) {
        assertThatThrownBy(() -> Codec.decodeRequest(utf8(line)))
                .isInstanceOf(MalformedMessage.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void a_number_that_the_library_would_bend_is_refused() {
        assertThatThrownBy(() ->
                        Codec.decodeReply(utf8("{\"t\":\"resources\",\"epoch\":9007199254740993,\"resources\":[]}")))
                .isInstanceOf(MalformedMessage.class)
                .hasMessage("the field 'epoch' of 'reply' is not a whole number");
    }

    @Test
    void a_value_that_is_too_long_is_refused_by_name_and_length() throws MalformedMessage {
        String longest = "x".repeat(JsonLine.LONGEST_TEXT);
        for (String value : List.of(longest, "\u00e9\n\ud83d\ude00" + longest.substring(4))) {
            Request fits = add(value);
            assertThat(Codec.decodeRequest(utf8(Codec.encode(fits)))).isEqualTo(fits);
            assertThatThrownBy(() -> Codec.decodeRequest(utf8(Codec.encode(add(value + "y")))))
                    .isInstanceOfSatisfying(MalformedMessage.class, tooLong -> {
                        Reply.Problem problem = tooLong.refusal().problems().getFirst();
                        assertThat(problem.code()).isEqualTo("HF-1007");
                        assertThat(problem.text())
                                .contains(
                                        "the value of 'DESCRIPTION' has 32768 characters; one value has 32767 at most");
                        assertThat(problem.next()).isNotEmpty();
                    });
        }
    }

    private static Request add(String description) {
        return new Request.AddResource("web", "cluster_resource", Map.of("DESCRIPTION", description), false, false);
    }

    @Test
    void a_reply_may_hold_a_text_of_any_length() throws MalformedMessage {
        Reply reply = new Reply.Progress("\u00e9x\"\\".repeat(100_000));
        assertThat(Codec.decodeReply(utf8(Codec.encode(reply)))).isEqualTo(reply);
    }

    @Test
    void json_is_read_as_the_standard_says() throws MalformedMessage {
        assertThat(
                        JsonLine.read(
                                utf8(
                                        " { \"a\" : [ 1 , -0, 12e2, 0.5, true, false, null, {}, [] ] , \"b\\u0041\\n\\/\" : \"\\ud83d\\ude00\" } ")))
                .hasToString("{a=[1, 0, 1200, 0.5, true, false, null, {}, []], bA\n/=\ud83d\ude00}");
        for (String wrong : List.of(
                "{a:1}",
                "{'a':1}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":1.}",
                "{\"a\":.5}",
                "{\"a\":1e}",
                "{\"a\":-}",
                "{\"a\":tru}",
                "{\"a\":NaN}",
                "{\"a\":[1,]}",
                "{\"a\":1,}",
                "{,}",
                "{\"a\"}",
                "{\"a\" 1}",
                "{\"a\":1 2}",
                "{\"a\":[1}",
                "{\"a\":[1}]",
                "{\"a\":\"\t\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12g4\"}",
                "{\"a\":}")) {
            assertThatThrownBy(() -> JsonLine.read(utf8(wrong)))
                    .as(wrong)
                    .isInstanceOf(MalformedMessage.class)
                    .hasMessageStartingWith("it ");
        }
        assertThatThrownBy(() -> JsonLine.read(new byte[] {'{', '"', (byte) 0xc3, '"', ':', '1', '}'}))
                .hasMessageContaining("not UTF-8");
    }

    @Test
    void the_refusal_of_what_is_not_understood_can_be_sent() throws MalformedMessage {
        Reply.Refused refusal = new MalformedMessage("there is no request 'dance' in version 1").refusal();

        assertThat(Codec.decodeReply(utf8(Codec.encode(refusal)))).isEqualTo(refusal);
        assertThat(refusal.problems().getFirst().next()).isNotEmpty();
    }

    @Test
    void any_bytes_give_a_value_or_a_clean_refusal() {
        var random = new Random(20261122);
        var corpus = new ArrayList<byte[]>();
        Examples.requests().forEach(request -> corpus.add(utf8(Codec.encode(request))));
        Examples.replies().forEach(reply -> corpus.add(utf8(Codec.encode(reply))));
        corpus.add(utf8(Codec.encode(new Hello(1, "crsctl", "0.1.0"))));
        int refused = 0;
        for (int round = 0; round < 60_000; round++) {
            refused += decodeAll(mutated(random, corpus));
        }
        // Most mutations break a message for at least one of the three decoders; if none did, this test would test
        // nothing.
        assertThat(refused).isGreaterThan(100_000);
    }

    /** Returns how many of the decoders refused; anything else they throw fails the test. */
    private static int decodeAll(byte[] bytes) {
        int refused = 0;
        try {
            Request request = Codec.decodeRequest(bytes);
            assertThat(Codec.decodeRequest(utf8(Codec.encode(request)))).isEqualTo(request);
        } catch (MalformedMessage bad) {
            refused++;
        }
        try {
            Codec.encode(Codec.decodeReply(bytes));
        } catch (MalformedMessage bad) {
            refused++;
        }
        try {
            Codec.encode(Codec.decodeHello(bytes));
        } catch (MalformedMessage bad) {
            refused++;
        }
        return refused;
    }

    private static byte[] mutated(Random random, List<byte[]> corpus) {
        if (random.nextInt(20) == 0) {
            byte[] noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            return noise;
        }
        byte[] bytes = corpus.get(random.nextInt(corpus.size())).clone();
        for (int times = 1 + random.nextInt(3); times > 0 && bytes.length > 0; times--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes = Arrays.copyOf(bytes, at);
                case 2 -> bytes[at] = (byte) "{}[]\",:\\-0123456789.eEntfu \t\n\0".charAt(random.nextInt(30));
                case 3 ->
                    bytes = join(
                            Arrays.copyOf(bytes, at),
                            corpus.get(random.nextInt(corpus.size())),
                            Arrays.copyOfRange(bytes, at, bytes.length));
                default -> {
                    int end = at + random.nextInt(bytes.length - at);
                    bytes = join(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, end, bytes.length));
                }
            }
        }
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] whole = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }
}
