package dev.holdfast.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClassWarmUpTest {
    @Test
    void every_class_of_a_jar_or_directory_is_made_ready() {
        assertThat(ClassWarmUp.everythingBeside(ClassWarmUp.class)).isGreaterThan(30);
        assertThat(ClassWarmUp.everythingBeside(dev.holdfast.model.NodeId.class))
                .isGreaterThan(10);
    }

    @Test
    void a_class_without_a_place_is_passed_over() {
        assertThat(ClassWarmUp.everythingBeside(String.class)).isZero();
    }
}
