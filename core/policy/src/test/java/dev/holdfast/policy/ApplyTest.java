package dev.holdfast.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.CustomType;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A whole configuration in one change: it is judged as it will be in the end, so the order means nothing. */
class ApplyTest {
    private static final Map<String, String> SCRIPT = Map.of("ACTION_SCRIPT", "/shared/web.scr");
    private final PaperCluster cluster = new PaperCluster();

    ApplyTest() {
        cluster.server(new NodeId(1), "node1", Server.State.ONLINE, 1);
        cluster.server(new NodeId(2), "node2", Server.State.ONLINE, 1);
    }

    @Test
    void types_pools_and_what_is_of_them_come_and_go_together() {
        String empty = Policy.revision(cluster.situation());
        accept(whole());

        assertThat(cluster.situation().resources().firstEntry().getValue().value("PORT"))
                .isEqualTo("8080");
        assertThat(cluster.situation().setup().pools().keySet()).containsExactly("inner", "web");
        assertThat(Policy.revision(cluster.situation())).isNotEqualTo(empty);

        accept(new Command.Apply(
                new TreeMap<>(),
                List.of("shop"),
                new Command.Beside(
                        new TreeMap<>(Map.of("a.type", Optional.empty(), "b.type", Optional.empty())),
                        new TreeMap<>(Map.of("inner", Optional.empty(), "web", Optional.empty()))),
                Optional.empty(),
                false));

        assertThat(cluster.situation().setup().types()).isEmpty();
        assertThat(cluster.situation().setup().pools()).isEmpty();
        assertThat(Policy.revision(cluster.situation())).isEqualTo(empty);
    }

    @Test
    void what_is_said_of_servers_goes_with_the_categories_that_ask_for_it() {
        String empty = Policy.revision(cluster.situation());
        accept(new Command.Apply(
                new TreeMap<>(),
                List.of(),
                new Command.Beside(
                        new TreeMap<>(),
                        new TreeMap<>(Map.of("rack1", Optional.of(Map.of("EXPRESSION", "LOCATION = rack1")))),
                        new TreeMap<>(),
                        Optional.empty(),
                        new TreeMap<>(Map.of("node1", new TreeMap<>(Map.of("LOCATION", "rack1"))))),
                Optional.empty(),
                false));
        assertThat(cluster.membersOf("rack1")).containsExactly("node1");
        assertThat(Policy.revision(cluster.situation())).isNotEqualTo(empty);

        accept(new Command.Apply(
                new TreeMap<>(),
                List.of(),
                new Command.Beside(
                        new TreeMap<>(),
                        new TreeMap<>(Map.of("rack1", Optional.empty())),
                        new TreeMap<>(),
                        Optional.empty(),
                        new TreeMap<>(Map.of("node1", new TreeMap<>()))),
                Optional.empty(),
                false));
        assertThat(cluster.situation().setup().said()).isEmpty();
        assertThat(Policy.revision(cluster.situation())).isEqualTo(empty);
    }

    @Test
    void what_is_still_used_is_not_taken_away() {
        accept(whole());

        List<String> codes = refuse(new Command.Apply(
                new TreeMap<>(),
                List.of(),
                new Command.Beside(
                        new TreeMap<>(Map.of("a.type", Optional.empty(), "b.type", Optional.empty())),
                        new TreeMap<>(Map.of("web", Optional.empty()))),
                Optional.empty(),
                false));

        assertThat(codes).containsOnlyOnce("CRS-2729", "HF-3145", "HF-3146");
    }

    @Test
    void categories_and_policies_come_and_go_with_what_is_of_them() {
        String empty = Policy.revision(cluster.situation());
        accept(shaped());

        assertThat(cluster.situation().setup().categories().keySet()).containsExactly("big");
        assertThat(cluster.situation().setup().policies().lastActivated()).isEqualTo("night");
        assertThat(cluster.situation().setup().pools().firstEntry().getValue().minSize())
                .as("it is written down that night was activated, and nothing is activated")
                .isZero();
        String full = Policy.revision(cluster.situation());
        assertThat(full).isNotEqualTo(empty);

        accept(new Command.ModifyPolicy("night", Map.of("DESCRIPTION", "from ten to six")));
        assertThat(Policy.revision(cluster.situation())).isNotEqualTo(full);

        assertThat(refuse(forgotten(Optional.empty()))).contains("HF-3176", "HF-3178", "HF-3180");
        accept(new Command.Apply(
                new TreeMap<>(),
                List.of("agent"),
                forgotten(Optional.of(PolicySet.NONE)).beside(),
                Optional.empty(),
                true));
        assertThat(Policy.revision(cluster.situation())).isEqualTo(empty);
    }

    @Test
    void a_policy_set_that_speaks_of_what_is_not_there_is_refused() {
        PoolPolicy night = new PoolPolicy(
                "night", "", new TreeMap<>(Map.of("web", new TreeMap<>(Map.of("SERVER_CATEGORY", "none")))));
        PolicySet set =
                new PolicySet("", "day", new TreeSet<>(Set.of("web", "gone")), new TreeMap<>(Map.of("night", night)));

        assertThat(refuse(new Command.Apply(
                        new TreeMap<>(),
                        List.of(),
                        new Command.Beside(
                                new TreeMap<>(),
                                new TreeMap<>(),
                                new TreeMap<>(Map.of("web", Optional.of(Map.of()))),
                                Optional.of(set)),
                        Optional.empty(),
                        false)))
                .containsExactlyInAnyOrder("HF-3142", "HF-3181", "HF-3173");
        assertThat(cluster.situation().setup()).isEqualTo(Setup.NONE);
    }

    @Test
    void the_category_of_every_server_is_not_to_be_had_otherwise() {
        assertThat(refuse(new Command.Apply(
                        new TreeMap<>(),
                        List.of(),
                        new Command.Beside(
                                new TreeMap<>(),
                                new TreeMap<>(Map.of("ora.hub.category", Optional.of(Map.of()))),
                                new TreeMap<>(),
                                Optional.empty()),
                        Optional.empty(),
                        false)))
                .contains("HF-3175");
    }

    /** A category, a pool of it, a policy set about the pool, and a resource of the category. */
    private static Command.Apply shaped() {
        PoolPolicy night = new PoolPolicy(
                "night",
                "",
                new TreeMap<>(Map.of("web", new TreeMap<>(Map.of("MIN_SIZE", "1", "SERVER_CATEGORY", "big")))));
        Map<String, String> attributes = new TreeMap<>(SCRIPT);
        attributes.put("SERVER_CATEGORY", "big");
        return new Command.Apply(
                defined("agent", "local_resource", attributes),
                List.of(),
                new Command.Beside(
                        new TreeMap<>(),
                        new TreeMap<>(Map.of("big", Optional.of(Map.of("EXPRESSION", "CPU_COUNT > 2")))),
                        new TreeMap<>(Map.of("web", Optional.of(Map.of()))),
                        Optional.of(new PolicySet(
                                "", "night", new TreeSet<>(Set.of("web")), new TreeMap<>(Map.of("night", night))))),
                Optional.empty(),
                false);
    }

    private static Command.Apply forgotten(Optional<PolicySet> policies) {
        return new Command.Apply(
                new TreeMap<>(),
                List.of(),
                new Command.Beside(
                        new TreeMap<>(),
                        new TreeMap<>(Map.of("big", Optional.empty())),
                        new TreeMap<>(Map.of("web", Optional.empty())),
                        policies),
                Optional.empty(),
                false);
    }

    @Test
    void an_attribute_goes_from_a_type_only_with_its_last_use() {
        accept(whole());
        var bare = new Command.Beside(
                new TreeMap<>(
                        Map.of("a.type", Optional.of(new CustomType("a.type", "cluster_resource", new TreeMap<>())))),
                new TreeMap<>());
        cluster.define("other", "b.type", "PORT=81");

        assertThat(refuse(new Command.Apply(new TreeMap<>(), List.of(), bare, Optional.empty(), false)))
                .isNotEmpty();
        assertThat(refuse(
                        new Command.Apply(defined("shop", "b.type", SCRIPT), List.of(), bare, Optional.empty(), false)))
                .isNotEmpty();
        accept(new Command.Apply(defined("other", "b.type", SCRIPT), List.of(), bare, Optional.empty(), false));
        assertThat(Objects.requireNonNull(cluster.situation().types().get("b.type"))
                        .attributes())
                .doesNotContainKey("PORT");
    }

    @Test
    void what_belongs_to_the_product_and_what_is_not_there_is_refused() {
        assertThat(refuse(beside("cluster_resource", Optional.of(type("cluster_resource", "local_resource")))))
                .contains("HF-3134");
        assertThat(refuse(beside("a.type", Optional.of(type("a.type", "b.type")))))
                .contains("CRS-2560");
        assertThat(refuse(beside("a.type", Optional.empty()))).contains("CRS-2560");
        assertThat(cluster.situation().setup()).isEqualTo(Setup.NONE);
    }

    @Test
    void a_version_of_a_type_or_a_pool_is_looked_at_too() {
        accept(beside("a.type", Optional.of(type("a.type", "cluster_resource"))));
        String seen = Policy.version(
                Objects.requireNonNull(cluster.situation().setup().types().get("a.type")));
        accept(new Command.IfVersion(seen, new Command.SetTypeAccess("a.type", "owner:root:rwx,other::rwx")));
        assertThat(refuse(new Command.IfVersion(seen, new Command.DeleteType(List.of("a.type")))))
                .containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(seen, new Command.DeleteType(List.of("b.type")))))
                .containsExactly("CRS-2560");

        accept(new Command.AddPool("p", Map.of("MAX_SIZE", "0"), false));
        String pool = Policy.version(
                Objects.requireNonNull(cluster.situation().setup().pools().get("p")));
        var modify = new Command.ModifyPool("p", Map.of("IMPORTANCE", "3"), Command.PolicyChoice.NONE, false);
        accept(new Command.IfVersion(pool, modify));
        assertThat(refuse(new Command.IfVersion(pool, modify))).containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(pool, new Command.DeletePool(List.of("p"), false))))
                .containsExactly("HF-3171");
        var inPolicies =
                new Command.ModifyPool("p", Map.of("MIN_SIZE", "0"), new Command.PolicyChoice(true, List.of()), false);
        assertThat(refuse(new Command.IfVersion(pool, inPolicies))).containsExactly("HF-3172");
    }

    @Test
    void a_version_of_a_category_a_policy_or_the_policy_set_is_looked_at_too() {
        accept(new Command.AddCategory("big", Map.of("EXPRESSION", "CPU_COUNT > 2")));
        String big = Policy.version(
                Objects.requireNonNull(cluster.situation().setup().categories().get("big")));
        var bigger = new Command.ModifyCategory("big", Map.of("EXPRESSION", "CPU_COUNT > 4"), false);
        accept(new Command.IfVersion(big, bigger));
        assertThat(refuse(new Command.IfVersion(big, bigger))).containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(big, new Command.DeleteCategory(List.of("big")))))
                .containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(big, new Command.DeleteCategory(List.of("big", "small")))))
                .containsExactly("HF-3172");
        assertThat(refuse(new Command.IfVersion(big, new Command.DeleteCategory(List.of("small")))))
                .containsExactly("HF-3173");

        String empty = Policy.version(cluster.situation().setup().policies());
        accept(new Command.AddPolicy("day", Map.of()));
        var kept = new Command.ModifyPolicySet(Map.of("ACL", "owner:root:rwx"), Optional.empty(), true, false);
        assertThat(refuse(new Command.IfVersion(empty, kept))).containsExactly("HF-3171");
        accept(new Command.IfVersion(Policy.version(cluster.situation().setup().policies()), kept));

        String day = Policy.version(day());
        var described = new Command.ModifyPolicy("day", Map.of("DESCRIPTION", "by day"));
        accept(new Command.IfVersion(day, described));
        assertThat(refuse(new Command.IfVersion(day, described))).containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(day, new Command.DeletePolicy(List.of("day")))))
                .containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(day, new Command.DeletePolicy(List.of("night")))))
                .containsExactly("HF-3181");
        accept(new Command.IfVersion(Policy.version(day()), new Command.DeletePolicy(List.of("day"))));
    }

    private PoolPolicy day() {
        return Objects.requireNonNull(
                cluster.situation().setup().policies().policies().get("day"));
    }

    @Test
    void who_looked_at_what_was_changed_since_is_refused() {
        cluster.define("web", "cluster_resource", "LOAD=1");
        String seen = version();
        Command first = new Command.IfVersion(seen, new Command.Modify("web", Map.of("LOAD", "2"), false));

        accept(first);

        assertThat(refuse(first)).containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(seen, new Command.Delete(List.of("web"), false))))
                .containsExactly("HF-3171");
        assertThat(refuse(new Command.IfVersion(seen, new Command.Delete(List.of("web", "db"), false))))
                .containsExactly("HF-3172");
        assertThat(refuse(new Command.IfVersion(seen, new Command.Delete(List.of("db"), false))))
                .containsExactly("CRS-2613");
        accept(new Command.IfVersion(version(), new Command.Delete(List.of("web"), false)));
        assertThat(cluster.resources).isEmpty();
    }

    private String version() {
        return Policy.version(cluster.situation().resources().firstEntry().getValue());
    }

    /** A resource of a type that is derived from another, in a pool that is part of another: none of it is there before. */
    private static Command.Apply whole() {
        SortedMap<String, Optional<CustomType>> types = new TreeMap<>();
        types.put("a.type", Optional.of(type("a.type", "cluster_resource")));
        types.put("b.type", Optional.of(new CustomType("b.type", "a.type", new TreeMap<>())));
        SortedMap<String, Optional<Map<String, String>>> pools = new TreeMap<>();
        pools.put("inner", Optional.of(Map.of("PARENT_POOLS", "web")));
        pools.put("web", Optional.of(Map.of("MIN_SIZE", "1")));
        Map<String, String> attributes = new TreeMap<>(SCRIPT);
        attributes.put("SERVER_POOLS", "web");
        attributes.put("PLACEMENT", "restricted");
        return new Command.Apply(
                defined("shop", "b.type", attributes),
                List.of(),
                new Command.Beside(types, pools),
                Optional.empty(),
                false);
    }

    private static Command.Apply beside(String name, Optional<CustomType> type) {
        return new Command.Apply(
                new TreeMap<>(),
                List.of(),
                new Command.Beside(new TreeMap<>(Map.of(name, type)), new TreeMap<>()),
                Optional.empty(),
                false);
    }

    private static CustomType type(String name, String base) {
        var port = new CustomType.Own("PORT", true, Optional.of("8080"), Set.of());
        return new CustomType(name, base, new TreeMap<>(Map.of("PORT", port)));
    }

    private static SortedMap<String, Command.Defined> defined(
            String name, String type, Map<String, String> attributes) {
        return new TreeMap<>(Map.of(name, new Command.Defined(type, attributes)));
    }

    private void accept(Command command) {
        Decision decision = Policy.decide(cluster.situation(), command);
        assertThat(decision).isInstanceOf(Decision.Accepted.class);
        if (decision instanceof Decision.Accepted accepted) {
            cluster.apply(accepted.changes());
        }
    }

    private List<String> refuse(Command command) {
        Decision decision = Policy.decide(cluster.situation(), command);
        assertThat(decision).isInstanceOf(Decision.Refused.class);
        return decision instanceof Decision.Refused(List<Message> reasons)
                ? reasons.stream().map(Message::code).toList()
                : List.of();
    }
}
