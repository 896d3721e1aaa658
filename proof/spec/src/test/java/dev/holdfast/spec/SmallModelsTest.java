package dev.holdfast.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Asks the model checker everything that takes seconds. The rest is asked by {@code ./holdfast verify-model --large}. */
final class SmallModelsTest {
    /** Only a machine that hangs takes so long; the whole class takes about a minute. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private static final Path WORK = Path.of(System.getProperty("holdfast.spec.work", "target/tlc"));

    @TestFactory
    Stream<DynamicTest> the_protocol_keeps_its_promises_and_tlc_sees_every_broken_one() throws IOException {
        Tlc tlc = new Tlc(Tlc.find(), WORK, 1, "1g");
        return CheckList.read().of(Check.Size.SMALL).stream()
                .map(check -> dynamicTest(check.name() + ": " + check.about(), () -> {
                    Verdict verdict = tlc.run(check, LIMIT, _ -> {});

                    System.out.println(VerifyModel.line(check, verdict));
                    assertThat(verdict.end()).isNotEqualTo(Verdict.End.STOPPED);
                    assertThat(check.complaint(verdict)).isEmpty();
                }));
    }

    // The judgement itself can fail:

    @Test
    void a_model_with_too_few_states_is_not_believed() throws IOException, InterruptedException {
        Check check = CheckList.read().named("flag-both").orElseThrow();
        Check demanding = new Check(
                "flag-vacuous",
                check.module(),
                check.size(),
                check.about(),
                check.constants(),
                check.specification(),
                check.invariants(),
                check.properties(),
                check.constraint(),
                check.symmetry(),
                check.violates(),
                1_000_000);

        Verdict verdict = new Tlc(Tlc.find(), WORK, 1, "1g").run(demanding, LIMIT, _ -> {});

        assertThat(verdict.end()).isEqualTo(Verdict.End.HOLDS);
        assertThat(demanding.complaint(verdict)).contains("the model says nothing");
    }

    @Test
    void a_broken_promise_that_nobody_notices_is_reported() throws IOException {
        Check check = CheckList.read().named("flag-mixed").orElseThrow();

        assertThat(check.complaint(new Verdict(Verdict.End.HOLDS, "", 9, 9, 1, "")))
                .contains("nothing is violated");
        assertThat(check.complaint(new Verdict(Verdict.End.VIOLATED, "TypeOK", 9, 9, 1, "")))
                .contains("violates TypeOK");
        assertThat(check.complaint(new Verdict(Verdict.End.VIOLATED, "SomebodySees", 9, 9, 1, "")))
                .isEmpty();
        assertThat(check.complaint(new Verdict(Verdict.End.STOPPED, "", 9, 9, 1, "")))
                .contains("stopped before");
    }

    @Test
    void what_tlc_cannot_read_is_a_failure_and_says_why() throws IOException, InterruptedException {
        CheckList list = CheckList.parse("""
                base broken of Flag
                    Disk = {d1}
                small incomplete like broken
                    about constants are missing
                    invariants SomebodySees
                    at-least 1
                """);
        Check check = list.checks().getFirst();

        Verdict verdict = new Tlc(Tlc.find(), WORK, 1, "1g").run(check, LIMIT, _ -> {});

        assertThat(verdict.end()).isEqualTo(Verdict.End.FAILED);
        assertThat(check.complaint(verdict)).contains("is not assigned a value");
    }
}
