package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A plan as {@code crsctl eval} shows it: actions of one stage may run at the same time, and wait for those of earlier stages. */
final class PlanText {
    private static final String RULE = "-".repeat(80) + "\n";
    private static final int ACTION_COLUMN = 24;
    private static final int ACTION_WIDTH = 56;

    private PlanText() {}

    static String of(Reply.Plan plan) {
        var text = new StringBuilder();
        plan.messages().forEach(message -> text.append(message).append('\n'));
        if (plan.steps().isEmpty()) {
            return text.append("Nothing would be done.\n").toString();
        }
        Map<String, Integer> stages = stages(plan.steps());
        text.append("Stage Group 1:\n")
                .append(RULE)
                .append("Stage Number    Required       Action\n")
                .append(RULE);
        int last = stages.values().stream().max(Integer::compare).orElseThrow();
        for (int stage = 1; stage <= last; stage++) {
            for (Reply.Step step : plan.steps()) {
                if (stages.getOrDefault(step.id(), 0) == stage) {
                    row(text, stage, step);
                }
            }
        }
        return text.append(RULE).toString();
    }

    private static void row(StringBuilder text, int stage, Reply.Step step) {
        String number = String.valueOf(stage);
        text.append(Text.pad(" ".repeat(Math.max(0, 6 - number.length())) + number, 20))
                .append(step.required() ? 'Y' : 'N')
                .append("   ");
        String who = "Resource '" + step.resource() + "' (" + step.cardinalityId() + "/" + step.degreeId() + ")";
        String what = switch (step.action()) {
            case "START" -> who + " will be in state [ONLINE|INTERMEDIATE] on server [" + step.server() + "]";
            case "STOP" -> who + " will be in state [OFFLINE] on server [" + step.server() + "]";
            case "CLEAN" -> who + " will be cleaned on server [" + step.server() + "]";
            case "CHECK" -> who + " will be checked on server [" + step.server() + "]";
            default -> who + ": " + step.action() + " on server [" + step.server() + "]";
        };
        text.append(Text.indent(Text.wrap(what, ACTION_WIDTH), ACTION_COLUMN).strip())
                .append('\n');
        if (!step.reason().isEmpty()) {
            text.append(Text.indent(Text.wrap("because " + step.reason(), ACTION_WIDTH), ACTION_COLUMN))
                    .append('\n');
        }
    }

    /** One more than the latest stage it waits for. Total: what a broken plan lets wait for itself, or for nothing known, counts as first. */
    private static Map<String, Integer> stages(List<Reply.Step> steps) {
        var byId = new HashMap<String, Reply.Step>();
        steps.forEach(step -> byId.put(step.id(), step));
        var stages = new HashMap<String, Integer>();
        // Each round settles at least one stage, so as many rounds as steps are enough, cycle or not.
        for (int round = 0; round < steps.size(); round++) {
            var settled = new HashSet<>(stages.keySet());
            for (Reply.Step step : steps) {
                if (!stages.containsKey(step.id()) && ready(step, byId, settled)) {
                    stages.put(step.id(), stageAfter(step, stages));
                }
            }
        }
        steps.forEach(step -> stages.putIfAbsent(step.id(), 1));
        return stages;
    }

    private static boolean ready(Reply.Step step, Map<String, Reply.Step> byId, Set<String> settled) {
        return step.after().stream().allMatch(id -> !byId.containsKey(id) || settled.contains(id));
    }

    private static int stageAfter(Reply.Step step, Map<String, Integer> stages) {
        int latest = 0;
        for (String id : step.after()) {
            latest = Math.max(latest, stages.getOrDefault(id, 0));
        }
        return latest + 1;
    }
}
