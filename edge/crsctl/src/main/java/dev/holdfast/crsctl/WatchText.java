package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** One picture of {@code crsctl status --watch}. */
final class WatchText {
    private static final int EVENTS = 8;
    private static final Set<String> SHOWN = Set.of(
            "suspect",
            "view-committed",
            "evicted",
            "let-go",
            "settled",
            "state",
            "vip-up",
            "vip-down",
            "master",
            "fence-failed",
            "lease-lost",
            "policy",
            "voting-disk-lost",
            "voting-disk-back",
            "link-down",
            "link-up");

    private WatchText() {}

    static String frame(
            long nowMillis, ZoneId zone, Reply.Resources resources, Reply.Servers servers, List<Reply.Entry> entries) {
        var rows = new ArrayList<List<String>>();
        var head = new ArrayList<String>(List.of(""));
        var states = new ArrayList<String>(List.of("node"));
        for (Reply.Server server : servers.servers()) {
            head.add(server.name());
            states.add(server.state());
        }
        rows.add(head);
        rows.add(states);
        for (Reply.Resource resource : resources.resources()) {
            var row = new ArrayList<String>(List.of(resource.name()));
            for (Reply.Server server : servers.servers()) {
                row.add(cell(resource, server.name()));
            }
            rows.add(row);
        }
        var text = new StringBuilder(Text.date(nowMillis, zone) + "   epoch " + resources.epoch() + "   Ctrl-C ends\n\n"
                + Text.columns(rows) + "\n");
        List<Reply.Entry> shown =
                entries.stream().filter(entry -> SHOWN.contains(entry.event())).toList();
        for (Reply.Entry entry : shown.subList(Math.max(0, shown.size() - EVENTS), shown.size())) {
            text.append(StoryCommands.eventLine(entry)).append('\n');
        }
        return text.toString();
    }

    /** What of the resource is on that node: {@code .} nothing, {@code -} nothing although it is wanted somewhere. */
    private static String cell(Reply.Resource resource, String server) {
        boolean wanted = false;
        for (Reply.Instance instance : resource.instances()) {
            if (instance.server().filter(server::equals).isPresent()) {
                return instance.internalState().equals("STABLE") ? instance.state() : instance.internalState();
            }
            boolean down = instance.server().isEmpty() && instance.target().equals("ONLINE");
            wanted |= down && instance.targetServer().filter(server::equals).isPresent();
        }
        return wanted ? "-" : ".";
    }
}
