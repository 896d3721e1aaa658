package dev.holdfast.cssd;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Fencing records as crsd, and through it an administrator, is told of them. */
final class FencingAnswer {
    private FencingAnswer() {}

    /** @param open whether the newest view still waits for a proof */
    static Map<String, Object> of(FencingRecord record, boolean open, ClusterSettings cluster) {
        List<Map<String, Object>> story = new ArrayList<>();
        for (FencingRecord.Entry entry : record.story()) {
            Map<String, Object> step = new LinkedHashMap<>();
            step.put("whenMillis", entry.wallMillis());
            step.put("witness", cluster.nameOf(entry.witness()));
            step.put("kind", name(entry.kind()));
            step.put("text", entry.text());
            story.add(step);
        }
        FencingRecord.Entry last =
                record.story().isEmpty() ? null : record.story().getLast();
        FencingRecord.Entry telling = record.proof().orElse(last);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", cluster.nameOf(record.victim()));
        fields.put("incarnation", record.incarnation().number());
        fields.put("epoch", record.evictedIn().number());
        fields.put("whenMillis", record.wallMillis());
        fields.put("by", cluster.nameOf(record.by()));
        fields.put("byItsOwnWord", record.byItsOwnWord());
        fields.put("reason", record.reason());
        fields.put("settled", !open);
        fields.put("proof", record.proof().map(proof -> name(proof.kind())).orElse(open ? "" : "not recorded"));
        fields.put("detail", telling == null ? "" : telling.text());
        fields.put("story", story);
        return fields;
    }

    /** A life that the view waits for, and of which no voting disk that can be read has a record. */
    static Map<String, Object> of(View.Unsettled life, ClusterSettings cluster) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", cluster.nameOf(life.node()));
        fields.put("incarnation", life.incarnation().number());
        fields.put("epoch", life.evictedIn().number());
        fields.put("whenMillis", 0);
        fields.put("by", "");
        fields.put("byItsOwnWord", false);
        fields.put("reason", "");
        fields.put("settled", false);
        fields.put("proof", "");
        fields.put("detail", "");
        fields.put("story", List.of());
        return fields;
    }

    /** What the self-tests found, in the order of the devices. */
    static List<Map<String, Object>> of(List<FenceSelfTest.Finding> findings, ClusterSettings cluster) {
        List<Map<String, Object>> devices = new ArrayList<>();
        for (FenceSelfTest.Finding finding : findings) {
            ClusterSettings.FenceDevice device = finding.agent().settings();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("number", device.number());
            fields.put("level", device.level());
            fields.put("agent", device.agent().substring(device.agent().lastIndexOf('/') + 1));
            fields.put("node", finding.node().map(cluster::nameOf).orElse(""));
            fields.put(
                    "plug",
                    finding.node()
                            .map(node -> device.plugs().getOrDefault(node, ""))
                            .orElse(""));
            fields.put("state", finding.state());
            fields.put("testedMillis", finding.testedMillis());
            fields.put("latencyMillis", finding.took().toMillis());
            fields.put("detail", finding.detail());
            devices.add(fields);
        }
        return devices;
    }

    private static String name(FencingRecord.Kind kind) {
        return switch (kind) {
            case REQUESTED, FAILED -> kind.name();
            case FENCED -> "F1 FENCED";
            case STOPPED -> "F2 STOPPED";
            case REBOOTED -> "F3 REBOOTED";
            case TIMER -> "F4 TIMER";
            case OPERATOR -> "F5 OPERATOR";
        };
    }
}
