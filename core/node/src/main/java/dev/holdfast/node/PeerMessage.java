package dev.holdfast.node;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.Message;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one crsd says to another. Each is said in an epoch and counts in no other. Orders and what is said about them count
 * within one mastership, too: a master whose crsd was restarted in the same epoch knows nothing of the orders of the one before.
 */
public sealed interface PeerMessage {
    /**
     * Master to node: these are the resources there are; report all of them.
     *
     * @param mastership number of the time for which this crsd is the master: no other of the same node ever bears it
     * @param version of the registry's content
     * @param orders how many orders this master has sent to this node; the node counts those that it missed as seen
     * @param types those of the resources that administrators made
     */
    record Definitions(
            long mastership, long version, long orders, List<Definition> resources, SortedMap<String, CustomType> types)
            implements PeerMessage {
        public Definitions {
            resources = List.copyOf(resources);
            types = Collections.unmodifiableSortedMap(new TreeMap<>(types));
        }

        public Definitions(long mastership, long version, long orders, List<Definition> resources) {
            this(mastership, version, orders, resources, new TreeMap<>());
        }
    }

    /**
     * A resource as the registry keeps it.
     *
     * @param frozen nothing is to be done to it, whatever its checks say
     * @param instance the number of the instance that has its place on this node; 0: none has
     */
    record Definition(String name, String type, SortedMap<String, String> given, boolean frozen, int instance) {
        public Definition {
            given = Collections.unmodifiableSortedMap(new TreeMap<>(given));
        }

        /** One that is not frozen, and has its place elsewhere. */
        public Definition(String name, String type, SortedMap<String, String> given) {
            this(name, type, given, false, 0);
        }
    }

    /**
     * Node to master: how instances of mine are.
     *
     * @param mastership of which orders are counted; 0 if this node has not heard of any
     * @param version of the definitions that the node works with
     * @param orders how many orders of that mastership were seen before this was said
     * @param all these are all my instances; what is missing is not known yet
     * @param complete every instance is known
     */
    record Report(
            long mastership,
            long version,
            long orders,
            boolean all,
            boolean complete,
            SortedMap<ResourceName, Observed> instances)
            implements PeerMessage {
        public Report {
            instances = Collections.unmodifiableSortedMap(new TreeMap<>(instances));
        }
    }

    /**
     * Master to node: do this.
     *
     * @param mastership under any other, a node does not do it
     * @param number of the order, counted per node from 1
     * @param instance number of the instance that it is about: 1 to CARDINALITY, or the node's number
     * @param wasInService the resource was running in this cluster a moment ago and runs nowhere now
     * @param environment handed to the actions that it takes
     * @param leave of a stop: what does not stop is left as it is, and not cleaned
     */
    record Order(
            long mastership,
            long number,
            ResourceName resource,
            int instance,
            ActionKind kind,
            boolean wasInService,
            SortedMap<String, String> environment,
            boolean leave)
            implements PeerMessage {
        public Order {
            environment = Collections.unmodifiableSortedMap(new TreeMap<>(environment));
        }

        /** About the first instance, with nothing for the actions. */
        public Order(long mastership, long number, ResourceName resource, ActionKind kind, boolean wasInService) {
            this(mastership, number, resource, 1, kind, wasInService, Collections.emptySortedMap(), false);
        }
    }

    /** Node to master: an order was carried out, or failed. */
    record OrderFinished(ResourceName resource, ActionKind kind, boolean succeeded, String text)
            implements PeerMessage {}

    /** Node to master: worth telling to whoever waits for this resource. */
    record Progressed(ResourceName resource, Message message) implements PeerMessage {}

    /**
     * Node to master: what I have. {@code cpu}: hundredths of a processor; {@code memory}: megabytes; {@code machine}: what else there is to tell of
     * it, by the names of attributes of servers.
     */
    record Room(long cpu, long memory, SortedMap<String, String> machine) implements PeerMessage {
        public Room {
            machine = Collections.unmodifiableSortedMap(new TreeMap<>(machine));
        }
    }

    /** Node to master: I am about to leave; give me nothing more to run. */
    record Leaving() implements PeerMessage {}

    /** Node to master: I could not leave, and stay as I was before I said {@link Leaving}. */
    record Staying() implements PeerMessage {}
}
