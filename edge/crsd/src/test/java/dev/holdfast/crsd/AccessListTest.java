package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.Caller;
import dev.holdfast.crsd.AccessList.Right;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessListTest {
    private static final String TEXT = "owner:oracle:rw-,pgrp:dba:r-x,other::---,user:backup:r--,group:ops:--x";

    @Test
    void each_entry_gives_its_rights_and_several_add_up() throws Exception {
        AccessList list = AccessList.read(TEXT);

        assertThat(list.rights(new Caller("oracle", "users"))).isEqualTo("rw-");
        assertThat(list.rights(new Caller("oracle", "dba"))).isEqualTo("rwx");
        assertThat(list.rights(new Caller("backup", "users"))).isEqualTo("r--");
        assertThat(list.rights(new Caller("eve", "users", List.of("ops")))).isEqualTo("--x");
        assertThat(list.rights(new Caller("eve", "users"))).isEqualTo("---");
        assertThat(list.rights(new Caller("root", "root"))).isEqualTo("rwx");
    }

    @Test
    void nobody_but_root_may_do_more_than_look_where_nothing_is_said() {
        AccessList list = AccessList.parse("");

        assertThat(list.owner()).isEqualTo("root");
        assertThat(list.allows(new Caller("eve", "users"), Right.READ)).isTrue();
        assertThat(list.allows(new Caller("eve", "users"), Right.WRITE)).isFalse();
        assertThat(list.allows(new Caller("eve", "users"), Right.EXECUTE)).isFalse();
    }

    @Test
    void an_entry_takes_the_place_of_the_one_for_the_same() throws Exception {
        AccessList list = AccessList.read(TEXT).with(AccessList.entry("user:backup:r-x"));

        assertThat(list.text()).contains("user:backup:r-x").doesNotContain("user:backup:r--");
        assertThat(list.without(AccessList.entry("user:backup")).orElseThrow().text())
                .doesNotContain("backup");
        assertThat(list.without(AccessList.entry("user:nobody"))).isEmpty();
        assertThat(list.withName("owner", "mysql", "rwx").owner()).isEqualTo("mysql");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "owner",
                "owner::rwx",
                "owner:oracle:rwx,",
                "owner:oracle:rwz",
                "owner:oracle:r",
                "owner:oracle:rwx:x",
                "owner:a:rwx,owner:b:rwx",
                "owner:a:rwx,user:b:r--,user:b:rwx",
                "owner:a:rwx,other:b:r--",
                "owner:a b:rwx",
                "user:a:rwx",
                "usr:a:rwx,owner:b:rwx"
            })
    void what_is_no_access_list_is_refused_with_a_reason(String text) {
        assertThatThrownBy(() -> AccessList.read(text))
                .isInstanceOf(AccessList.Malformed.class)
                .hasMessageMatching(".{15,}");
    }
}
