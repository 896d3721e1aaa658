package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Kind;
import dev.holdfast.control.Request;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.policy.Maintenance;
import dev.holdfast.policy.Setup;
import dev.holdfast.policy.Situation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class SetupAccessTest {
    private static final Caller ROOT = new Caller("root", "root");
    private static final Caller ALICE = new Caller("alice", "users");
    private static final Caller BOB = new Caller("bob", "users");
    private static final String OF_ALICE = "owner:alice:rwx,pgrp:users:r--,other::r--";
    private static final Map<String, String> EXPRESSION = Map.of("EXPRESSION", "CPU_COUNT > 2");

    private static final List<Request> CHANGES = List.of(
            new Request.ModifyCategory("big", EXPRESSION, false),
            new Request.DeleteCategory(List.of("big")),
            new Request.AddPolicy("night", Map.of()),
            new Request.ModifyPolicy("night", Map.of("DESCRIPTION", "x")),
            new Request.DeletePolicy(List.of("night")),
            new Request.ModifyPolicySet(Map.of("LAST_ACTIVATED_POLICY", "night"), Optional.empty(), false, true),
            new Request.ModifyPool("web", Map.of("MIN_SIZE", "1"), List.of("night"), false, false));

    /** With or without an access list of the category and of the policy set; {@code hers} is a pool of Alice, {@code web} of root. */
    private static Situation situation(String acl) throws InvalidAttributes {
        Map<String, String> category = new TreeMap<>(EXPRESSION);
        category.put("ACL", acl);
        SortedMap<String, ServerPool> pools = new TreeMap<>();
        pools.put("web", ServerPool.read("web", Map.of()));
        pools.put("hers", ServerPool.read("hers", Map.of("ACL", OF_ALICE)));
        Setup setup = new Setup(
                new TreeMap<>(),
                new TreeMap<>(Map.of("big", ServerCategory.read("big", category))),
                pools,
                new PolicySet(acl, "", new TreeSet<>(Set.of("web")), new TreeMap<>()),
                new TreeMap<>());
        return new Situation(
                new TreeMap<>(),
                TypeDefinition.builtIns(),
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                Maintenance.NONE,
                Instant.EPOCH,
                setup);
    }

    private static boolean may(Caller caller, Request request, Situation situation) {
        return Administration.refusedFor(situation, caller, request).isEmpty();
    }

    @Test
    void where_nothing_was_said_root_alone_changes_categories_and_policies() throws InvalidAttributes {
        Situation situation = situation("");

        for (Request request : CHANGES) {
            assertThat(may(ROOT, request, situation)).as("%s", request).isTrue();
            assertThat(may(ALICE, request, situation)).as("%s", request).isFalse();
        }
    }

    @Test
    void an_access_list_gives_the_right_and_takes_it() throws InvalidAttributes {
        Situation situation = situation(OF_ALICE);

        for (Request request : CHANGES) {
            assertThat(may(ALICE, request, situation)).as("%s", request).isTrue();
            assertThat(may(BOB, request, situation)).as("%s", request).isFalse();
        }
    }

    @Test
    void a_new_category_is_for_root_to_make() throws InvalidAttributes {
        Request add = new Request.AddCategory("small", EXPRESSION);

        assertThat(may(ROOT, add, situation(OF_ALICE))).isTrue();
        assertThat(may(ALICE, add, situation(OF_ALICE))).isFalse();
    }

    @Test
    void whose_pool_it_is_not_cannot_take_it_into_the_policy_set_or_out_of_it() throws InvalidAttributes {
        Situation situation = situation(OF_ALICE);

        assertThat(may(ALICE, pools("web hers"), situation)).isTrue();
        assertThat(may(ALICE, pools("hers"), situation))
                .as("web goes, which is root's")
                .isFalse();
        assertThat(may(ALICE, pools("web new"), situation))
                .as("there is no such pool yet")
                .isFalse();
        assertThat(may(ROOT, pools("new"), situation)).isTrue();
    }

    private static Request pools(String names) {
        return new Request.ModifyPolicySet(Map.of("SERVER_POOL_NAMES", names), Optional.empty(), false, true);
    }

    @Test
    void who_has_no_x_on_a_category_cannot_have_resources_or_pools_there() throws InvalidAttributes {
        Request resource =
                new Request.AddResource("r", "cluster_resource", Map.of("SERVER_CATEGORY", "big"), false, false);
        Request pool = new Request.ModifyPool("hers", Map.of("SERVER_CATEGORY", "big"), List.of(), false, false);

        assertThat(may(ALICE, resource, situation(OF_ALICE))).isTrue();
        assertThat(may(ALICE, pool, situation(OF_ALICE))).isTrue();
        assertThat(may(BOB, resource, situation(OF_ALICE))).isFalse();
        assertThat(may(BOB, resource, situation("")))
                .as("everybody, where nothing was said")
                .isTrue();
        assertThat(may(ALICE, pool, situation("owner:bob:rwx,pgrp:x:---,other::r--")))
                .isFalse();
    }

    @Test
    void only_the_owner_and_root_change_an_access_list() throws InvalidAttributes {
        String shared = OF_ALICE + ",user:bob:rwx";
        Situation situation = situation(shared);
        Request category = new Request.ModifyCategory("big", Map.of("ACL", OF_ALICE), false);
        Request policies = new Request.ModifyPolicySet(Map.of("ACL", OF_ALICE), Optional.empty(), false, false);
        Request permission =
                new Request.SetPermission(Kind.POLICY_SET, "", Request.PermissionChange.UPDATE, "user:bob:rwx");

        for (Request request : List.of(category, policies, permission)) {
            assertThat(may(ALICE, request, situation)).as("%s", request).isTrue();
            assertThat(may(BOB, request, situation)).as("%s", request).isFalse();
        }
        assertThat(may(BOB, new Request.ModifyCategory("big", EXPRESSION, false), situation))
                .isTrue();
    }

    @Test
    void who_may_not_make_a_change_alone_may_not_make_it_with_a_file_either() throws InvalidAttributes {
        Situation situation = situation("");
        var everything =
                new Request.Apply(List.of(Kind.CATEGORY, Kind.POLICY_SET), List.of(), Optional.empty(), false, true);

        assertThat(WholeConfiguration.differences(situation, everything))
                .extracting(each -> each.action() + " " + each.kind().word())
                .containsExactly("delete policyset", "delete category");
        assertThat(may(ROOT, everything, situation)).isTrue();
        assertThat(may(ALICE, everything, situation)).isFalse();
        assertThat(may(ALICE, everything, situation(OF_ALICE)))
                .as("web leaves the set, but stays as it is")
                .isFalse();
    }
}
