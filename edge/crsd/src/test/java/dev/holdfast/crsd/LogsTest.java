package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.linux.RolledLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsTest {
    @TempDir
    Path directory;

    @Test
    void an_act_is_recorded_before_and_after_with_who_and_what_came_of_it() throws Exception {
        Path file = directory.resolve("log/calog.jsonl");
        var audit = new AuditLog(file, "node1", 1 << 20);
        var request = new Request.SetPermission(Kind.RESOURCE, "web", Request.PermissionChange.OWNER, "oracle");
        var eve = new Caller("eve", "users");

        long act = audit.begun(eve, request);
        audit.ended(act, eve, request, Reply.Refused.because("CRS-2725", "no"));

        List<Reply.Entry> entries = LogReader.read(RolledLog.files(file), 0, Long.MAX_VALUE, 10);
        assertThat(entries).extracting(Reply.Entry::event).containsExactly("act-begun", "act-ended");
        assertThat(entries.getLast().details())
                .containsEntry("user", "eve")
                .containsEntry("outcome", "refused: CRS-2725 no")
                .containsEntry("act", Long.toString(act));
        assertThat(entries.getLast().text())
                .isEqualTo(
                        "eve asked: setPermission kind=resource name=web change=OWNER value=oracle: refused: CRS-2725 no");
    }

    @Test
    void the_audit_log_does_not_grow_without_end_and_is_read_across_its_files() throws Exception {
        Path file = directory.resolve("calog.jsonl");
        var audit = new AuditLog(file, "node1", 2_000);
        var root = new Caller("root", "root");
        for (int count = 0; count < 200; count++) {
            audit.begun(root, new Request.StopCrs(true));
        }

        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(5);
        }
        List<Reply.Entry> entries = LogReader.read(RolledLog.files(file), 0, Long.MAX_VALUE, 20);
        assertThat(entries).hasSize(20);
        assertThat(entries)
                .extracting(entry -> entry.details().get("act"))
                .isSorted()
                .doesNotHaveDuplicates();
    }

    /** cssd, another process, renames it. */
    @Test
    void events_go_on_in_a_new_file_when_the_log_was_renamed() throws Exception {
        Path file = directory.resolve("events.jsonl");
        var events = new EventLog(file, "node1");
        events.note("one", "before", java.util.Map.of());
        Files.move(file, directory.resolve("events.jsonl.1"));
        events.note("two", "after", java.util.Map.of());

        assertThat(file).content().contains("after").doesNotContain("before");
        assertThat(LogReader.read(RolledLog.files(file), 0, Long.MAX_VALUE, 10))
                .extracting(Reply.Entry::event)
                .containsExactly("one", "two");
    }

    @Test
    void a_large_log_is_read_from_its_end_and_broken_lines_are_passed_over() throws Exception {
        Path file = directory.resolve("events.jsonl");
        var text = new StringBuilder("{\"half\": \n");
        Instant begin = Instant.parse("2026-11-22T15:00:00Z");
        for (int number = 0; number < 30_000; number++) {
            text.append("{\"wall\":\"%s\",\"node\":\"node1\",\"event\":\"e%d\",\"text\":\"%s\",\"x\":\"y\"}\n"
                    .formatted(begin.plusSeconds(number), number, "long ".repeat(10)));
        }
        Files.writeString(file, text + "{\"wall\":\"2026-");

        long after = begin.plusSeconds(29_000).toEpochMilli();
        List<Reply.Entry> some = LogReader.read(List.of(file), after, after + 10_000, 100);
        List<Reply.Entry> newest = LogReader.read(List.of(file), 0, Long.MAX_VALUE, 3);
        List<Reply.Entry> all = LogReader.read(List.of(file), 0, Long.MAX_VALUE, 100_000);

        assertThat(some).hasSize(9).first().extracting(Reply.Entry::event).isEqualTo("e29001");
        assertThat(newest).extracting(Reply.Entry::event).containsExactly("e29997", "e29998", "e29999");
        assertThat(all).hasSize(30_000).first().extracting(Reply.Entry::event).isEqualTo("e0");
        assertThat(all.getFirst().details()).isEqualTo(java.util.Map.of("x", "y"));
    }

    @Test
    void users_that_this_node_does_not_know_are_named() {
        var unknown = new Request.SetPermission(
                Kind.RESOURCE, "web", Request.PermissionChange.UPDATE, "user:no_such_user_here:r-x");
        var known = new Request.SetPermission(Kind.RESOURCE, "web", Request.PermissionChange.UPDATE, "user:root:r-x");

        Optional<Reply.Refused> refusal = UnknownUsers.refusal(unknown, "node1");

        assertThat(refusal.orElseThrow().problems().getFirst().text()).contains("no_such_user_here");
        assertThat(UnknownUsers.refusal(known, "node1")).isEmpty();
    }
}
