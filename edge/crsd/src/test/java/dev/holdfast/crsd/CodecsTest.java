package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.AttributeDefinition.Flag;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Observed;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.CrsInput;
import dev.holdfast.node.PeerMessage;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Setup;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import dev.holdfast.policy.Wish;
import dev.holdfast.registry.RegistryContent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CodecsTest {
    private static final ResourceName WEB = new ResourceName("web");
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);

    private static final List<PeerMessage> ALL = List.of(
            new PeerMessage.Definitions(1L << 59, 3, 0, List.of()),
            new PeerMessage.Definitions(
                    (1L << 59) + 1,
                    3,
                    9,
                    List.of(
                            new PeerMessage.Definition("web", "cluster_resource", new TreeMap<>(Map.of("A", "b\"c"))),
                            new PeerMessage.Definition("bare", "local_resource", new TreeMap<>(), true, 3))),
            new PeerMessage.Definitions(1, 3, 0, List.of(), new TreeMap<>(Map.of("shop.web.type", webType()))),
            new PeerMessage.Room(800, 32_000, new TreeMap<>(Map.of("CPU_CLOCK_RATE", "2100"))),
            new PeerMessage.Report(0, -1, 0, true, false, new TreeMap<>()),
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
                                    Optional.of(new Incident(
                                            1_800_000_000_000_001L,
                                            Incident.Kind.FAILED,
                                            Duration.ofMillis(1234),
                                            "it died")))))),
            new PeerMessage.Order(1L << 59, 7, WEB, ActionKind.START, true),
            new PeerMessage.Order(3, 8, WEB, 2, ActionKind.STOP, false, new TreeMap<>(), true),
            new PeerMessage.OrderFinished(WEB, ActionKind.CHECK, false, "no"),
            new PeerMessage.Progressed(WEB, new Message("CRS-2672", "Attempting", "next")),
            new PeerMessage.Leaving(),
            new PeerMessage.Staying());

    private static CustomType webType() {
        SortedMap<String, CustomType.Own> own = new TreeMap<>();
        own.put("PORT", new CustomType.Own("PORT", true, Optional.of("80"), Set.of(Flag.CONFIG, Flag.HOTMOD)));
        own.put("SITE", new CustomType.Own("SITE", false, Optional.empty(), Set.of(Flag.REQUIRED)));
        own.put("NOTE", new CustomType.Own("NOTE", false, Optional.of(""), Set.of()));
        return new CustomType("shop.web.type", "cluster_resource", own);
    }

    @Test
    void types_pools_and_places_survive_the_registry() throws Exception {
        ServerPool pool = ServerPool.read("web", Map.of("MIN_SIZE", "1", "SERVER_NAMES", "n1 n2"));
        ServerCategory big = ServerCategory.read("big", Map.of("EXPRESSION", "CPU_COUNT > 2"));
        PoolPolicy day =
                new PoolPolicy("day", "by day", new TreeMap<>(Map.of("web", new TreeMap<>(Map.of("MIN_SIZE", "2")))));
        PolicySet policies = new PolicySet("", "day", new TreeSet<>(List.of("web")), new TreeMap<>(Map.of("day", day)));
        Changes changes = new Changes(
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                new Setup.Change(
                        new TreeMap<>(Map.of("shop.web.type", Optional.of(webType()))),
                        new TreeMap<>(Map.of("big", Optional.of(big))),
                        new TreeMap<>(Map.of("web", Optional.of(pool))),
                        Optional.of(policies),
                        new TreeMap<>(Map.of(N1, new TreeSet<>(List.of("web")))),
                        new TreeMap<>(Map.of(N1, new TreeMap<>(Map.of("LOCATION", "rack \"1\""))))));
        TypeDefinition type = java.util.Objects.requireNonNull(
                TypeDefinition.with(TypeDefinition.builtIns(), new TreeMap<>(Map.of("shop.web.type", webType())))
                        .get("shop.web.type"));
        ResourceDefinition web = ResourceDefinition.read(WEB, type, Map.of("ACTION_SCRIPT", "/web.scr", "SITE", "x"));

        RegistryContent content = RegistryContent.EMPTY
                .with(ContentCodec.encode(changes))
                .with(ContentCodec.encode(
                        new Changes(new TreeMap<>(Map.of(WEB, Optional.of(web))), new TreeMap<>(), new TreeMap<>())));
        CrsInput.RegistryServing read = ContentCodec.decode(content, TypeDefinition.builtIns(), (key, reason) -> {
            throw new AssertionError(key + ": " + reason);
        });

        assertThat(read.setup().types()).isEqualTo(Map.of("shop.web.type", webType()));
        assertThat(read.setup().categories()).isEqualTo(Map.of("big", big));
        assertThat(read.setup().policies()).isEqualTo(policies);
        assertThat(read.setup().pools()).isEqualTo(Map.of("web", pool));
        assertThat(read.setup().assigned()).isEqualTo(Map.of(N1, new TreeSet<>(List.of("web"))));
        assertThat(read.definitions()).isEqualTo(Map.of(WEB, web));
        assertThat(read.setup().said()).isEqualTo(Map.of(N1, Map.of("LOCATION", "rack \"1\"")));
        assertThat(content.entries()).containsEntry("format", "4");
        RegistryContent without = content.with(ContentCodec.encode(new Changes(
                new TreeMap<>(Map.of(WEB, Optional.empty())),
                new TreeMap<>(),
                new TreeMap<>(),
                new Setup.Change(
                        new TreeMap<>(Map.of("shop.web.type", Optional.empty())),
                        new TreeMap<>(Map.of("big", Optional.empty())),
                        new TreeMap<>(Map.of("web", Optional.empty())),
                        Optional.of(PolicySet.NONE),
                        new TreeMap<>(Map.of(N1, new TreeSet<>())),
                        new TreeMap<>(Map.of(N1, new TreeMap<>()))))));
        assertThat(without.entries()).containsOnlyKeys("format");
    }

    @Test
    void what_a_release_without_types_and_pools_wrote_is_read() {
        RegistryContent content = new RegistryContent(
                7,
                new TreeMap<>(Map.of(
                        "resource/web",
                        "{\"type\":\"cluster_resource\",\"given\":{\"ACTION_SCRIPT\":\"/web.scr\"}}",
                        "wanted/web",
                        "{\"deleting\":false,\"instances\":{\"1\":{\"target\":\"ONLINE\",\"stopping\":false,\"node\":1,"
                                + "\"restarts\":0,\"held\":false}}}",
                        "greeted/1",
                        "4")));

        CrsInput.RegistryServing read = ContentCodec.decode(content, TypeDefinition.builtIns(), (key, reason) -> {
            throw new AssertionError(key + ": " + reason);
        });

        assertThat(read.definitions()).containsOnlyKeys(WEB);
        assertThat(read.wanted()).containsOnlyKeys(WEB);
        assertThat(read.setup()).isEqualTo(Setup.NONE);
    }

    @Test
    void every_peer_message_survives_the_wire() throws Json.Malformed {
        for (PeerMessage message : ALL) {
            String wire = PeerCodec.encode(message).text();
            assertThat(PeerCodec.decode(Json.parse(wire))).as(wire).isEqualTo(message);
        }
    }

    /** An answer about two hundred resources is longer than any text that the reader takes in one piece. */
    @Test
    void a_text_of_any_length_survives_the_wire() throws Json.Malformed {
        for (String text : List.of(
                "",
                "short",
                "x\"ä\n".repeat(200_000),
                "\uD83D\uDE00".repeat(40_001),
                "y" + "\uD83D\uDE00".repeat(40_001))) {
            String wire = Json.object().with("reply", text).text();

            assertThat(Json.parse(wire).string("reply")).isEqualTo(text);
        }
    }

    @Test
    void a_broken_message_is_refused_and_never_more_than_that() {
        Random random = new Random(20261122);
        for (PeerMessage message : ALL) {
            String wire = PeerCodec.encode(message).text();
            for (int round = 0; round < 500; round++) {
                StringBuilder broken = new StringBuilder(wire);
                broken.setCharAt(random.nextInt(broken.length()), (char) (32 + random.nextInt(95)));
                try {
                    PeerCodec.decode(Json.parse(broken.toString()));
                } catch (Json.Malformed refused) {
                    assertThat(refused.getMessage()).isNotNull();
                }
            }
        }
    }

    @Test
    void what_is_wanted_survives_the_registry() throws Exception {
        SortedMap<String, TypeDefinition> types = TypeDefinition.builtIns();
        TypeDefinition cluster = java.util.Objects.requireNonNull(types.get(TypeDefinition.CLUSTER_RESOURCE));
        ResourceDefinition web = ResourceDefinition.read(WEB, cluster, Map.of("ACTION_SCRIPT", "/web.scr"));
        Wanted wanted = new Wanted(
                new TreeMap<>(Map.of(
                        1,
                        new WantedInstance(
                                Target.ONLINE,
                                true,
                                Optional.of(N1),
                                Optional.of(N2),
                                Optional.of(new Wish(N2, true)),
                                2,
                                NodeSet.of(N1, N2),
                                new TreeMap<>(Map.of(N1, 1_800_000_000_000_001L)),
                                true,
                                List.of(Instant.parse("2027-03-01T12:00:00Z")),
                                Optional.of(Instant.parse("2027-03-01T12:00:30.5Z")),
                                new TreeSet<>(List.of("pullup:always(global:db)"))))),
                true);
        Changes changes = new Changes(
                new TreeMap<>(Map.of(WEB, Optional.of(web))),
                new TreeMap<>(Map.of(WEB, wanted)),
                new TreeMap<>(Map.of(N2, new Incarnation(5))));

        RegistryContent content = RegistryContent.EMPTY.with(ContentCodec.encode(changes));
        CrsInput.RegistryServing read = ContentCodec.decode(content, types, (key, reason) -> {
            throw new AssertionError(key + ": " + reason);
        });

        assertThat(read.definitions()).isEqualTo(Map.of(WEB, web));
        assertThat(read.wanted()).isEqualTo(Map.of(WEB, wanted));
        assertThat(read.greeted()).isEqualTo(Map.of(N2, new Incarnation(5)));
        assertThat(content.with(ContentCodec.encode(new Changes(
                                new TreeMap<>(Map.of(WEB, Optional.empty())), new TreeMap<>(), new TreeMap<>())))
                        .entries())
                .containsOnlyKeys("greeted/2");
    }

    @Test
    void an_entry_that_is_not_understood_is_named_and_left_alone() {
        RegistryContent content = new RegistryContent(
                1, new TreeMap<>(Map.of("resource/web", "{\"type\":\"from.the.future\"}", "greeted/1", "4")));
        List<String> refused = new ArrayList<>();

        CrsInput.RegistryServing read =
                ContentCodec.decode(content, TypeDefinition.builtIns(), (key, reason) -> refused.add(key));

        assertThat(refused).containsExactly("resource/web");
        assertThat(read.greeted()).isEqualTo(Map.of(N1, new Incarnation(4)));
    }

    @Test
    void json_of_another_shape_is_refused() {
        for (String text :
                List.of("", "[]", "{", "null", "{\"t\":1}", "{\"t\":\"order\"}", "{\"t\":\"order\",\"number\":{}}")) {
            assertThatThrownBy(() -> PeerCodec.decode(Json.parse(text)))
                    .as(text)
                    .isInstanceOf(Json.Malformed.class);
        }
    }

    @Test
    void directory_names_of_resources_are_distinct_and_harmless() {
        assertThat(ResourceGroups.directoryName("ora.net1.network")).isEqualTo("ora.net1.network");
        assertThat(ResourceGroups.directoryName("cgroup.kill")).doesNotStartWith("cgroup");
        assertThat(ResourceGroups.directoryName("a%b")).isEqualTo("a%25b");
        assertThat(ResourceGroups.directoryName("ä")).doesNotContain("ä");
    }
}
