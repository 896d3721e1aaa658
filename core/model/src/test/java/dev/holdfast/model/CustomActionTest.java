package dev.holdfast.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CustomActionTest {
    @Test
    void an_action_may_say_who_asks_for_it() {
        var actions =
                CustomAction.parse("reload,user:alice,user:\"bob\",group:web  dump startoption,user:\"\",group:\"\"");
        assertEquals(Set.of("reload", "dump", "startoption"), actions.keySet());
        assertEquals(new CustomAction("reload", List.of("alice", "bob"), List.of("web")), actions.get("reload"));
        assertEquals(new CustomAction("dump", List.of(), List.of()), actions.get("dump"));
        assertEquals(new CustomAction("startoption", List.of(), List.of()), actions.get("startoption"));
        assertEquals(Set.of(), CustomAction.parse(" ").keySet());
    }

    @Test
    void what_is_wrong_is_said() {
        assertEquals(Optional.empty(), CustomAction.problem("reload,user:alice dump"));
        assertEquals(Optional.empty(), CustomAction.problem(""));
        for (String text :
                List.of("1st", "-x", "re/load", "reload,alice", "reload,user", "a a", ",user:x", "reload;rm")) {
            assertTrue(CustomAction.problem(text).isPresent(), text);
        }
        for (String taken : List.of("start", "stop", "check", "clean", "abort")) {
            assertTrue(CustomAction.problem("reload " + taken).orElseThrow().contains("'" + taken + "'"));
        }
    }
}
