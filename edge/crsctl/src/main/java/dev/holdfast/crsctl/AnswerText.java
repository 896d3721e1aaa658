package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.time.ZoneId;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What the cluster answers to queries, as text. */
final class AnswerText {
    private static final String STARS = "*".repeat(62) + "\n";

    private AnswerText() {}

    static String votingDisks(Reply.VotingDisks answer) {
        var text = new StringBuilder("""
                ##  STATE    File Universal Id                File Name Disk group
                --  -----    -----------------                --------- ---------
                """);
        List<Reply.VotingDisk> voting =
                answer.disks().stream().filter(disk -> disk.number() > 0).toList();
        for (Reply.VotingDisk disk : voting) {
            String number = String.valueOf(disk.number());
            text.append(number.length() < 2 ? " " : "")
                    .append(number)
                    .append(". ")
                    .append(Text.pad(disk.state(), 9))
                    .append(Text.pad(disk.uuid(), 33))
                    .append('(')
                    .append(disk.path())
                    .append(") []\n");
        }
        text.append("Located ").append(voting.size()).append(" voting disk(s).\n");
        for (Reply.VotingDisk disk : voting) {
            if (!disk.seenBy().isEmpty()) {
                text.append("Voting disk %d: used by %s; last round %.1f ms, worst %.1f ms\n"
                        .formatted(
                                disk.number(),
                                String.join(", ", disk.seenBy()),
                                disk.latencyMicros() / 1000.0,
                                disk.worstMicros() / 1000.0));
            }
        }
        for (Reply.VotingDisk disk : answer.disks()) {
            if (!disk.detail().isEmpty()) {
                text.append(disk.number() > 0 ? "Warning: voting disk " + disk.number() : "Not used:")
                        .append(disk.path().isEmpty() ? "" : " (" + disk.path() + ")")
                        .append(": ")
                        .append(disk.detail())
                        .append('\n');
            }
        }
        return text.toString();
    }

    /** {@code seconds}: as the cluster writes them, so "3.0" may come where people expect 3. */
    static String parameter(String name, String seconds) {
        String short_ = seconds.endsWith(".0") ? seconds.substring(0, seconds.length() - 2) : seconds;
        return "CRS-4678: Successful get " + name + " " + short_ + " for Cluster Synchronization Services.\n";
    }

    static String timing(Reply.CssTiming timing) {
        var text = new StringBuilder(Text.columns(List.of(
                List.of("profile", timing.profile()),
                List.of("misscount", timing.misscountSeconds() + " s"),
                List.of("disktimeout", timing.disktimeoutSeconds() + " s"),
                List.of("reboottime", timing.reboottimeSeconds() + " s"),
                List.of("lease", timing.leaseMillis() + " ms"),
                List.of("takeover", timing.takeoverMillis() + " ms"))));
        timing.certificate().forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /** {@code stack}: with the line for what keeps the daemons running, as for check crs. */
    static String health(Reply.NodeHealth node, boolean stack) {
        var text = new StringBuilder();
        if (stack) {
            text.append("CRS-4638: High Availability Services is online\n");
        }
        text.append(
                node.crs()
                        ? "CRS-4537: Cluster Ready Services is online\n"
                        : "CRS-4535: Cannot communicate with Cluster Ready Services\n");
        text.append(
                node.css()
                        ? "CRS-4529: Cluster Synchronization Services is online\n"
                        : "CRS-4530: Communications failure contacting Cluster Synchronization Services daemon\n");
        text.append(
                node.events()
                        ? "CRS-4533: Event Manager is online\n"
                        : "CRS-4534: Cannot communicate with Event Manager\n");
        if (!node.detail().isEmpty()) {
            text.append("  ").append(node.detail()).append('\n');
        }
        return text.toString();
    }

    static String health(Reply.Health health) {
        var text = new StringBuilder(STARS);
        for (Reply.NodeHealth node : health.nodes()) {
            text.append(node.node()).append(":\n").append(health(node, false)).append(STARS);
        }
        return text.toString();
    }

    static String types(Reply.Types types, boolean onlyRegistered) {
        if (onlyRegistered) {
            return types.types().stream()
                    .map(type -> "Resource type '" + type.name() + "' is registered.\n")
                    .collect(Collectors.joining());
        }
        var text = new StringBuilder();
        for (Reply.Type type : types.types()) {
            text.append("TYPE_NAME=")
                    .append(type.name())
                    .append("\nBASE_TYPE=")
                    .append(type.base().orElse(""))
                    .append('\n');
            for (Reply.TypeAttribute attribute : type.attributes()) {
                text.append("ATTRIBUTE=")
                        .append(attribute.name())
                        .append("\nTYPE=")
                        .append(attribute.kind())
                        .append("\nDEFAULT_VALUE=")
                        .append(attribute.defaultValue())
                        .append("\nFLAGS=")
                        .append(String.join("|", attribute.flags()))
                        .append('\n');
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** Those that Oracle Clusterware has, in its order; ours come after. */
    private static final List<String> OF_SERVERS = List.of(
            "MEMORY_SIZE",
            "CPU_COUNT",
            "CPU_CLOCK_RATE",
            "CPU_HYPERTHREADING",
            "CPU_EQUIVALENCY",
            "DEPLOYMENT",
            "CONFIGURED_CSS_ROLE",
            "RESOURCE_USE_ENABLED",
            "SERVER_LABEL",
            "PHYSICAL_HOSTNAME",
            "CSS_CRITICAL",
            "STATE",
            "ACTIVE_POOLS",
            "STATE_DETAILS",
            "ACTIVE_CSS_ROLE");

    static String servers(Reply.Servers servers, boolean details) {
        var text = new StringBuilder();
        for (Reply.Server server : servers.servers()) {
            text.append("NAME=").append(server.name()).append('\n');
            if (details) {
                var rest = new TreeMap<>(server.details());
                rest.put("STATE", server.state());
                for (String name : OF_SERVERS) {
                    String value = rest.remove(name);
                    if (value != null) {
                        text.append(name).append('=').append(value).append('\n');
                    }
                }
                rest.forEach((name, value) ->
                        text.append(name).append('=').append(value).append('\n'));
            } else {
                text.append("STATE=").append(server.state()).append('\n');
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** {@code then}: of the past. */
    static String explanation(Reply.Explanation explanation, boolean then, Supplier<ZoneId> zone) {
        var text = new StringBuilder(explanation.resource());
        if (then) {
            text.append(", as decided by ")
                    .append(explanation.witness())
                    .append(" at ")
                    .append(Text.date(explanation.asOfMillis(), zone.get()));
        }
        text.append('\n');
        list(text, "because", explanation.because());
        if (!explanation.lately().isEmpty()) {
            list(
                    text,
                    "what was decided before",
                    explanation.lately().stream()
                            .map(one -> Text.date(one.whenMillis(), zone.get()) + "  " + one.text())
                            .toList());
        }
        list(text, then ? "what would have changed it" : "what would change it", explanation.changes());
        return text.toString();
    }

    static String findings(List<Reply.Problem> findings) {
        if (findings.isEmpty()) {
            return "Nothing found.\n";
        }
        var text = new StringBuilder();
        for (Reply.Problem finding : findings) {
            text.append(finding.code()).append(": ").append(finding.text()).append('\n');
            finding.next().forEach(next -> text.append("  ").append(next).append('\n'));
        }
        return text.toString();
    }

    private static void list(StringBuilder text, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            text.append("  ").append(title).append(":\n");
            lines.forEach(line -> text.append("    - ")
                    .append(Text.indent(Text.wrap(line, 90), 6).strip())
                    .append('\n'));
        }
    }
}
