package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Server pools, categories and groups as text. */
final class SetupText {
    private SetupText() {}

    private static void attributes(StringBuilder text, Map<String, String> attributes) {
        attributes.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
    }

    static String pools(Reply.Pools pools, boolean details) {
        var text = new StringBuilder();
        for (Reply.Pool pool : pools.pools()) {
            text.append("NAME=").append(pool.name()).append('\n');
            if (details) {
                attributes(text, pool.attributes());
            }
            text.append("ACTIVE_SERVERS=")
                    .append(String.join(" ", pool.servers()))
                    .append("\n\n");
        }
        return text.toString();
    }

    static String categories(Reply.Categories categories) {
        var text = new StringBuilder();
        for (Reply.Category category : categories.categories()) {
            text.append("NAME=").append(category.name()).append('\n');
            attributes(text, category.attributes());
            text.append('\n');
        }
        return text.toString();
    }

    static String groups(Reply.Groups groups, boolean details) {
        var text = new StringBuilder();
        for (Reply.Group group : groups.groups()) {
            String plain = ResourceText.plain(List.of(group.itself()));
            text.append(plain, 0, plain.length() - 1); // Without its empty line.
            if (details) {
                attributes(text, new TreeMap<>(group.itself().attributes()));
            }
            for (Reply.Member member : group.members()) {
                text.append("MEMBER=")
                        .append(member.name())
                        .append(member.critical() ? " (critical) " : " ")
                        .append(String.join(", ", member.states()))
                        .append('\n');
            }
            text.append('\n');
        }
        return text.toString();
    }
}
