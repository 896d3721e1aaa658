package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is wanted of a resource.
 *
 * @param instances by number: 1 to CARDINALITY for a cluster resource, the node number for a local one; where CARDINALITY
 *     is the size of its pools, any from 1 on. An instance that is missing is {@link WantedInstance#NEW}
 * @param deleting the resource is to be removed as soon as nothing of it runs
 */
public record Wanted(SortedMap<Integer, WantedInstance> instances, boolean deleting) {
    public static final Wanted NEW = new Wanted(new TreeMap<>(), false);

    public Wanted {
        instances = Collections.unmodifiableSortedMap(new TreeMap<>(instances));
    }

    public WantedInstance instance(int number) {
        return instances.getOrDefault(number, WantedInstance.NEW);
    }

    /** The number of the instance that has its place on a node. */
    public OptionalInt numberOn(NodeId node) {
        for (Map.Entry<Integer, WantedInstance> each : instances.entrySet()) {
            if (each.getValue().node().filter(node::equals).isPresent()) {
                return OptionalInt.of(each.getKey());
            }
        }
        return OptionalInt.empty();
    }

    /** True if nothing but LAST_SERVER and the armed pullups is different: what was seen, not what is wanted or where. */
    public boolean differsInRecordsOnly(Wanted before) {
        return deleting == before.deleting
                && instances.keySet().equals(before.instances.keySet())
                && instances.entrySet().stream().allMatch(each -> {
                    WantedInstance was = before.instance(each.getKey());
                    return each.getValue().withRecordsOf(was).equals(was);
                });
    }

    public Wanted with(int number, WantedInstance instance) {
        SortedMap<Integer, WantedInstance> changed = new TreeMap<>(instances);
        changed.put(number, instance);
        return new Wanted(changed, deleting);
    }

    /** Without what is noted of an instance: if there is one of that number again, it is {@link WantedInstance#NEW}. */
    Wanted without(int number) {
        SortedMap<Integer, WantedInstance> changed = new TreeMap<>(instances);
        changed.remove(number);
        return new Wanted(changed, deleting);
    }
}
