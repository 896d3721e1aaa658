package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Resources as {@code crsctl status resource} shows them: plain, -t, -v, -p, -f. */
final class ResourceText {
    private static final String RULE = "-".repeat(80) + "\n";
    private static final String HEAD =
            "Name           Target  State        Server                   State details       \n";
    private static final int SERVER_COLUMN = 36;
    private static final int DETAILS_COLUMN = 61;
    private static final int DETAILS_WIDTH = 20;

    private final ZoneId zone;

    ResourceText(ZoneId zone) {
        this.zone = zone;
    }

    static String plain(List<Reply.Resource> resources) {
        var text = new StringBuilder();
        for (Reply.Resource resource : resources) {
            var targets = new StringBuilder();
            var states = new StringBuilder();
            for (Reply.Instance instance : resource.instances()) {
                if (!states.isEmpty()) {
                    // The commas of both lines stand below each other; "TARGET=" is one letter longer than "STATE=".
                    while (targets.length() + 1 < states.length()) {
                        targets.append(' ');
                    }
                    while (states.length() < targets.length() + 1) {
                        states.append(' ');
                    }
                    targets.append(", ");
                    states.append(", ");
                }
                targets.append(instance.target());
                states.append(stateOn(instance));
            }
            head(text, resource)
                    .append("TARGET=")
                    .append(targets)
                    .append('\n')
                    .append("STATE=")
                    .append(states)
                    .append("\n\n");
        }
        return text.toString();
    }

    /** {@code -l} */
    static String names(List<Reply.Resource> resources) {
        var text = new StringBuilder();
        resources.forEach(resource -> head(text, resource).append('\n'));
        return text.toString();
    }

    /** {@code -g} */
    static String registered(List<Reply.Resource> resources) {
        var text = new StringBuilder();
        resources.forEach(
                resource -> text.append("Resource '").append(resource.name()).append("' is registered.\n"));
        return text.toString();
    }

    /** Of a text with one NAME=value a line, these attributes; absent: all. */
    static String onlyAttributes(String shown, Optional<String> attributes, boolean withName) {
        List<String> wanted =
                attributes.map(names -> List.of(names.split("[, ]+"))).orElse(List.of());
        var text = new StringBuilder();
        for (String line : shown.split("\n", -1)) {
            int equals = line.indexOf('=');
            String name = equals < 0 ? "" : line.substring(0, equals);
            boolean kept = name.isEmpty()
                    || (name.equals("NAME")
                            ? withName
                            : wanted.isEmpty() || wanted.contains(name) || wanted.contains(name.replaceAll("@.*", "")));
            if (kept) {
                text.append(line).append('\n');
            }
        }
        return text.substring(0, text.length() - 1);
    }

    static String table(List<Reply.Resource> resources) {
        var text = new StringBuilder(RULE).append(HEAD).append(RULE);
        section(
                text,
                "Local Resources",
                resources.stream().filter(Reply.Resource::local).toList());
        section(
                text,
                "Cluster Resources",
                resources.stream().filter(r -> !r.local()).toList());
        return text.toString();
    }

    private static void section(StringBuilder text, String title, List<Reply.Resource> resources) {
        if (resources.isEmpty()) {
            return;
        }
        text.append(title).append('\n').append(RULE);
        for (Reply.Resource resource : resources) {
            text.append(resource.name())
                    .append(resource.group().map(group -> "(" + group + ")").orElse(""))
                    .append('\n');
            for (Reply.Instance instance : resource.instances()) {
                String number = resource.local() ? "" : String.valueOf(instance.cardinalityId());
                // A local resource belongs to its node even while it is offline; for others the column tells where it
                // runs.
                boolean somewhere = resource.local() || !instance.state().equals("OFFLINE");
                String server = somewhere ? instance.server().orElse("") : "";
                String line = Text.pad("      " + number, 15)
                        + Text.pad(instance.target(), 8)
                        + Text.pad(instance.state(), 13);
                line = Text.pad(Text.pad(line.stripTrailing(), SERVER_COLUMN) + server, DETAILS_COLUMN);
                List<String> details = Text.wrap(details(instance), DETAILS_WIDTH);
                text.append(line).append(details.getFirst()).append('\n');
                for (String more : details.subList(1, details.size())) {
                    text.append(" ".repeat(DETAILS_COLUMN)).append(more).append('\n');
                }
            }
        }
        text.append(RULE);
    }

    private static String details(Reply.Instance instance) {
        return instance.stateDetails().isEmpty()
                ? instance.internalState()
                : instance.stateDetails() + "," + instance.internalState();
    }

    /** {@code -v} */
    String runtime(List<Reply.Resource> resources) {
        var text = new StringBuilder();
        for (Reply.Resource resource : resources) {
            head(text, resource);
            for (Reply.Instance instance : resource.instances()) {
                lines(text, runtimeValues(resource, instance)).append('\n');
            }
            if (resource.instances().isEmpty()) {
                text.append('\n');
            }
        }
        return text.toString();
    }

    /** {@code -p} */
    static String definition(List<Reply.Resource> resources) {
        var text = new StringBuilder();
        for (Reply.Resource resource : resources) {
            lines(head(text, resource), new TreeMap<>(resource.attributes())).append('\n');
        }
        return text.toString();
    }

    /** {@code -f} */
    String full(List<Reply.Resource> resources) {
        var text = new StringBuilder();
        for (Reply.Resource resource : resources) {
            for (Reply.Instance instance : resource.instances()) {
                var values = new TreeMap<>(resource.attributes());
                values.putAll(runtimeValues(resource, instance));
                lines(head(text, resource), values).append('\n');
            }
            if (resource.instances().isEmpty()) {
                lines(head(text, resource), new TreeMap<>(resource.attributes()))
                        .append('\n');
            }
        }
        return text.toString();
    }

    private Map<String, String> runtimeValues(Reply.Resource resource, Reply.Instance instance) {
        var values = new LinkedHashMap<String, String>();
        values.put("LAST_SERVER", instance.lastServer().orElse(""));
        values.put("STATE", stateOn(instance));
        values.put("TARGET", instance.target());
        values.put(
                "CARDINALITY_ID",
                resource.local() ? instance.server().orElse("") : String.valueOf(instance.cardinalityId()));
        values.put("RESTART_COUNT", String.valueOf(instance.restartCount()));
        values.put("FAILURE_COUNT", String.valueOf(instance.failureCount()));
        var failures = new ArrayList<String>();
        instance.failureHistory().forEach(millis -> failures.add(time(millis)));
        values.put("FAILURE_HISTORY", String.join(", ", failures));
        values.put("ID", resource.name() + " " + values.get("CARDINALITY_ID") + " " + instance.degreeId());
        values.put("INCARNATION", String.valueOf(instance.incarnation()));
        values.put("LAST_RESTART", time(instance.lastRestartMillis()));
        values.put("LAST_STATE_CHANGE", time(instance.lastStateChangeMillis()));
        values.put("STATE_DETAILS", instance.stateDetails());
        values.put("INTERNAL_STATE", instance.internalState());
        values.put("TARGET_SERVER", instance.targetServer().orElse(""));
        resource.group().ifPresent(group -> values.put("RESOURCE_GROUP", group));
        return values;
    }

    private String time(long millis) {
        return millis == 0 ? "NEVER" : Text.americanDate(millis, zone);
    }

    private static String stateOn(Reply.Instance instance) {
        boolean somewhere =
                !instance.state().equals("OFFLINE") && instance.server().isPresent();
        return somewhere ? instance.state() + " on " + instance.server().get() : instance.state();
    }

    private static StringBuilder head(StringBuilder text, Reply.Resource resource) {
        return text.append("NAME=")
                .append(resource.name())
                .append("\nTYPE=")
                .append(resource.type())
                .append('\n');
    }

    private static StringBuilder lines(StringBuilder text, Map<String, String> values) {
        values.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text;
    }
}
