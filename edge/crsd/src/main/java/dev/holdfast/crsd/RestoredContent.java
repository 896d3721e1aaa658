package dev.holdfast.crsd;

import dev.holdfast.model.TypeDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What of an exported content is taken into a cluster in which nothing of it runs: definitions and targets. What was true of the moment at
 * which it was exported (where something ran, how often it had failed, which lives had been greeted) is not true now. Networks follow from
 * cluster.conf.
 */
final class RestoredContent {
    private static final String RESOURCE = "resource/";
    private static final String WANTED = "wanted/";

    private RestoredContent() {}

    static SortedMap<String, String> of(SortedMap<String, String> exported, SortedMap<String, String> present) {
        var restored = new TreeMap<String, String>();
        present.forEach((key, value) -> {
            if (isOfThisCluster(key, present)) {
                restored.put(key, value);
            }
        });
        exported.forEach((key, value) -> {
            boolean target = key.startsWith(WANTED);
            if (target && restored.containsKey(RESOURCE + key.substring(WANTED.length()))) {
                restored.put(key, neutral(value)); // A network that is still there is wanted as it was.
            } else if (!isOfThisCluster(key, exported)) {
                restored.put(key, target ? neutral(value) : value);
            }
        });
        return restored;
    }

    /** Facts about this cluster's nodes, which it knows better than any file. */
    private static boolean isOfThisCluster(String key, SortedMap<String, String> all) {
        if (key.startsWith("greeted/")) {
            return true;
        }
        int slash = key.indexOf('/');
        String name = key.substring(slash + 1);
        String definition = key.startsWith(RESOURCE) || key.startsWith(WANTED) ? all.get(RESOURCE + name) : null;
        try {
            return definition != null && Json.parse(definition).string("type").equals(TypeDefinition.NETWORK);
        } catch (Json.Malformed e) {
            return false; // Taken along as it is; the logical check tells of it.
        }
    }

    private static String neutral(String wanted) {
        try {
            Json all = Json.parse(wanted);
            Json instances = all.childOrEmpty("instances");
            Map<String, Object> neutral = new LinkedHashMap<>();
            for (String number : instances.values().keySet()) {
                Json instance = instances.child(number);
                List.of("node", "wish", "wishOnly", "notBefore").forEach(instance.values()::remove);
                neutral.put(
                        number,
                        instance.with("stopping", false)
                                .with("restarts", 0)
                                .with("held", false)
                                .with("failedOn", List.of())
                                .with("answered", Map.of())
                                .with("failures", List.of())
                                .with("armed", List.of())
                                .values());
            }
            return all.with("deleting", false).with("instances", neutral).text();
        } catch (Json.Malformed e) {
            return wanted;
        }
    }
}
