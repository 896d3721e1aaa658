package dev.holdfast.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.house.House.Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class HouseRulesTest {
    private static House house = new House(Path.of(""), List.of());

    @BeforeAll
    static void readWhatWasCompiled() throws IOException {
        house = House.read();
    }

    @Test
    void core_touches_no_io_clock_thread_or_chance() {
        assertThat(Rules.coreIsPure(house.of("core"))).isEmpty();
    }

    @Test
    void core_knows_nobody_outside_core_and_crsctl_knows_control_alone() {
        assertThat(Rules.arrows(house.modules())).isEmpty();
    }

    @Test
    void a_module_has_one_door() {
        assertThat(Rules.oneDoor(house.modules())).isEmpty();
    }

    @Test
    void every_module_is_checked_for_null() {
        assertThat(Rules.nullIsMarked(house.modules())).isEmpty();
    }

    @Test
    void every_class_has_a_noun_for_a_name() {
        assertThat(Rules.names(allClasses())).isEmpty();
    }

    @Test
    void a_message_code_means_one_thing() {
        assertThat(Rules.oneMeaningPerCode(house.modules().stream()
                        .filter(module -> !module.verb().equals("proof"))
                        .flatMap(module -> module.classes().stream())))
                .isEmpty();
    }

    @Test
    void the_rules_see_the_whole_house() {
        assertThat(house.of("core").map(Module::path)).contains("core/model", "core/membership", "core/registry");
        assertThat(house.modules())
                .allSatisfy(module -> assertThat(module.classes())
                        .as("classes of %s", module.path())
                        .isNotEmpty());
    }

    // The rules themselves can fail:

    @Test
    void a_clock_a_file_and_chance_are_seen_wherever_they_are_used() throws IOException {
        assertThat(Rules.impurities("core/x", CompiledClass.of(Impure.class)))
                .anyMatch(found -> found.contains("uses java.lang.System.nanoTime"))
                .anyMatch(found -> found.contains("uses java.nio.file.Files"))
                .anyMatch(found -> found.contains("uses java.util.concurrent.ThreadLocalRandom"))
                .anyMatch(found -> found.contains("uses java.io.IOException"))
                .allMatch(found -> found.startsWith("core/x: dev.holdfast.house.Impure uses "));
    }

    @Test
    void a_wrong_arrow_a_second_door_and_a_missing_mark_are_seen() {
        var registry = module("core/registry", List.of("java.base", "dev.holdfast.linux"), "dev.holdfast.registry");
        var linux = module("edge/linux", List.of("dev.holdfast.testkit"), "dev.holdfast.linux");
        var crsctl = module("edge/crsctl", List.of("dev.holdfast.registry"), "dev.holdfast.console");
        var testkit = module("proof/testkit", List.of("dev.holdfast.registry"), "dev.holdfast.testkit");
        List<Module> modules = List.of(registry, linux, crsctl, testkit);

        assertThat(Rules.arrows(modules)).hasSize(3);
        assertThat(Rules.oneDoor(modules)).hasSize(1).first().asString().contains("edge/crsctl exports");
        assertThat(Rules.nullIsMarked(modules)).hasSize(4);
    }

    @Test
    void a_name_without_a_noun_is_seen() throws IOException {
        assertThat(Rules.names(Stream.of(CompiledClass.of(ThingManager.class)))).hasSize(1);
        assertThat(Rules.names(Stream.of(CompiledClass.of(HouseRulesTest.class))))
                .isEmpty();
    }

    @Test
    void a_code_with_two_meanings_is_seen() throws IOException {
        CompiledClass here = CompiledClass.of(Sayer.class);
        CompiledClass there = CompiledClass.of(dev.holdfast.house.elsewhere.Sayer.class);

        assertThat(Rules.oneMeaningPerCode(Stream.of(here, CompiledClass.of(Rules.class))))
                .isEmpty();
        assertThat(Rules.oneMeaningPerCode(Stream.of(here, there)))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("HF-0001 is said by");
    }

    private static Module module(String path, List<String> requires, String export) {
        return new Module(path, List.of(), requires, List.of(export), false);
    }

    private static Stream<CompiledClass> allClasses() {
        return house.modules().stream().flatMap(module -> module.classes().stream());
    }

    private static final class ThingManager {}
}

/** Says a code. */
final class Sayer {
    private Sayer() {}

    static String say() {
        return "HF-0001: one thing";
    }
}

/** Touches a clock, a file and chance. */
final class Impure {
    private Impure() {}

    static long everything() throws IOException {
        return System.nanoTime()
                + Files.size(Path.of("x"))
                + ThreadLocalRandom.current().nextLong();
    }
}
