package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What the cluster answers about fencing and the private networks, as text. */
final class FencingText {
    private FencingText() {}

    static String fencing(Reply.Fencing fencing, Supplier<ZoneId> zone) {
        var text = new StringBuilder();
        if (fencing.devices().isEmpty()) {
            text.append(
                    "No fence device is configured: a lost node's resources are taken over only when time or an operator proves it harmless.\n");
        } else {
            devices(fencing.devices(), text, zone);
        }
        if (fencing.records().isEmpty()) {
            return text.append("No node was fenced.\n").toString();
        }
        text.append("Nodes voted out, oldest first:\n");
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("Node", "Incarnation", "Epoch", "When", "By", "Proof", "Detail"));
        for (Reply.FenceRecord record : fencing.records()) {
            rows.add(List.of(
                    record.node(),
                    life(record.incarnation()),
                    String.valueOf(record.epoch()),
                    date(record.whenMillis(), zone),
                    orDash(record.by()),
                    record.settled() ? record.proof() : "none yet",
                    orDash(record.detail())));
        }
        text.append(Text.columns(rows));
        for (Reply.FenceRecord record : fencing.records()) {
            if (!record.settled()) {
                text.append(record.node())
                        .append(
                                " is not proved harmless; what ran there starts nowhere else until it is. If you have seen that it is off:  crsctl confirm fenced ")
                        .append(record.node())
                        .append(" -f\n");
            }
        }
        return text.toString();
    }

    private static void devices(List<Reply.FenceDevice> devices, StringBuilder text, Supplier<ZoneId> zone) {
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("Device", "Level", "Agent", "Node", "Plug", "State", "Tested", "Took", "Detail"));
        for (Reply.FenceDevice device : devices) {
            boolean tested = device.testedMillis() != 0;
            rows.add(List.of(
                    String.valueOf(device.number()),
                    String.valueOf(device.level()),
                    device.agent(),
                    orDash(device.node()),
                    orDash(device.plug()),
                    device.state(),
                    date(device.testedMillis(), zone),
                    tested ? device.latencyMillis() + " ms" : "-",
                    orDash(device.detail())));
        }
        text.append(Text.columns(rows));
        for (Reply.FenceDevice device : devices) {
            if (device.state().equals("BROKEN")) {
                text.append("Warning: fence device ")
                        .append(device.number())
                        .append(device.node().isEmpty() ? "" : " cannot be relied on for " + device.node())
                        .append(device.node().isEmpty() ? " does not work: " : ": ")
                        .append(device.detail())
                        .append('\n');
            }
        }
    }

    /** Lives are numbered anew with each change of the voting disks, 2^32 apart. */
    private static String life(long incarnation) {
        long set = incarnation >>> 32;
        return set == 0 ? Long.toString(incarnation) : (incarnation & 0xFFFF_FFFFL) + " of set " + (set + 1);
    }

    /** The last time that the node was voted out against its will. {@code records}: of that node alone, oldest first. */
    static String why(Optional<String> node, List<Reply.FenceRecord> records, Supplier<ZoneId> zone) {
        Optional<Reply.FenceRecord> last =
                records.reversed().stream().filter(r -> !r.byItsOwnWord()).findFirst();
        if (last.isEmpty()) {
            return node.orElse("This node") + " was not fenced, as far as the voting disks remember.\n";
        }
        Reply.FenceRecord record = last.get();
        var text = new StringBuilder(record.node())
                .append(" (incarnation ")
                .append(life(record.incarnation()))
                .append(") was voted out in epoch ")
                .append(record.epoch());
        if (record.whenMillis() != 0) {
            text.append(" at ").append(date(record.whenMillis(), zone));
        }
        if (!record.by().isEmpty()) {
            text.append(" by ").append(record.by());
        }
        text.append(".\n  ").append(record.reason().isEmpty() ? "No reason is recorded." : record.reason());
        text.append('\n');
        var rows = new ArrayList<List<String>>();
        for (Reply.FenceStep step : record.story()) {
            rows.add(List.of("  " + date(step.whenMillis(), zone), step.witness(), step.kind(), orDash(step.text())));
        }
        text.append(Text.columns(rows));
        return text.append(
                        record.settled() ? "Proved harmless: " + record.proof() + ".\n" : "Not proved harmless yet.\n")
                .toString();
    }

    static String links(Reply.Links links) {
        if (links.links().isEmpty()) {
            return "There is no other node.\n";
        }
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("Link", "Node", "Address", "State", "Round trip", "Lost", "Last heard"));
        for (Reply.Link link : links.links()) {
            rows.add(List.of(
                    String.valueOf(link.number()),
                    link.node(),
                    link.address(),
                    link.state(),
                    link.roundTripMicros() < 0 ? "-" : link.roundTripMicros() + " us",
                    link.lostPerMille() < 0 ? "-" : link.lostPerMille() / 10 + "." + link.lostPerMille() % 10 + " %",
                    link.silentMillis() < 0 ? "never" : link.silentMillis() + " ms ago"));
        }
        var text = new StringBuilder(Text.columns(rows));
        for (Reply.Link link : links.links()) {
            if (!link.state().equals("UP")) {
                text.append("Warning: ")
                        .append(link.node())
                        .append(" is not heard over private network ")
                        .append(link.number())
                        .append(" (")
                        .append(link.address())
                        .append(").\n");
            }
        }
        return text.toString();
    }

    private static String date(long millis, Supplier<ZoneId> zone) {
        return millis == 0 ? "-" : Text.date(millis, zone.get());
    }

    private static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }
}
