package dev.holdfast.node;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Plan;
import dev.holdfast.policy.PlannedAction;
import dev.holdfast.policy.Situation;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Everything a {@link Crs} may ask for, to be done in the order given. */
public sealed interface CrsEffect {
    /** Say this to a peer. If it can't be said it is dropped; {@link CrsInput.PeerUp} follows when it can again. */
    record Send(NodeId to, Epoch epoch, PeerMessage message) implements CrsEffect {}

    /**
     * Begin an action; answer with {@link CrsInput.ActionFinished}. There is one at a time for each resource.
     *
     * @param instance the number of the instance that is here: 1 to CARDINALITY, or the node's number
     * @param deadline when the action and all of its processes must be killed
     * @param epoch the fencing token that the action is given
     * @param wasInService the resource was running in this cluster a moment ago and runs nowhere now
     * @param environment what an administrator gave for the command that this belongs to
     */
    record Run(
            ResourceDefinition resource,
            int instance,
            long run,
            ActionKind kind,
            Moment deadline,
            Epoch epoch,
            boolean wasInService,
            SortedMap<String, String> environment)
            implements CrsEffect {}

    /**
     * These are the resources there are, from now on.
     *
     * @param removed there were these before: they were deleted, and nothing of them may go on here
     */
    record UseDefinitions(SortedMap<ResourceName, ResourceDefinition> definitions, Set<ResourceName> removed)
            implements CrsEffect {
        public UseDefinitions {
            removed = Set.copyOf(removed);
            definitions = Collections.unmodifiableSortedMap(new TreeMap<>(definitions));
        }
    }

    /** Write to the registry, as one entry; answer RegistryWritten, RegistryRefused or RegistryLost. */
    record Write(long id, Changes changes) implements CrsEffect {}

    /** The master learned that an instance is in another state than before. */
    record StateNoted(InstanceKey key, ResourceState state) implements CrsEffect {}

    /** Have a node voted out and fenced, because the policy of one of its resources says so. */
    record Fence(NodeId node, String reason) implements CrsEffect {}

    /** A line for the administrator who waits for a command. */
    record CommandProgress(long id, Message message) implements CrsEffect {}

    /** The command is done; {@code notes} are worth saying. */
    record CommandDone(long id, List<Message> notes) implements CrsEffect {}

    /** The command was refused or failed. Never empty. */
    record CommandFailed(long id, List<Message> reasons) implements CrsEffect {}

    /**
     * What the master looked at, and what it decided by that: so that the reasons can be told later.
     *
     * @param ordered the actions of the plan that are ordered now
     */
    record Decided(Epoch epoch, Situation situation, Plan plan, List<PlannedAction> ordered) implements CrsEffect {
        public Decided {
            ordered = List.copyOf(ordered);
        }
    }

    /** Worth keeping in the event log. All values are texts. */
    record Event(String name, String text, Map<String, String> details) implements CrsEffect {}

    /** Remove all addresses, kill all resources, verify; and, if {@code exit}, end the process. */
    record LetGo(String reason, boolean exit) implements CrsEffect {}

    /** A line for the administrator who waits for this node to leave. */
    record LeavingProgress(Message message) implements CrsEffect {}

    /**
     * This node was to leave and stays: of these resources nobody knows whether they run, and they cannot be stopped. What was stopped
     * already is started again by the policy. Never empty.
     */
    record Stays(List<ResourceName> because) implements CrsEffect {
        public Stays {
            because = List.copyOf(because);
        }
    }

    /**
     * Everything here is stopped and nothing will be begun: leave the cluster.
     *
     * @param givenUp of these nobody knows whether they run, and somebody said that the node leaves all the same: what is left of them is to be
     *     killed before
     */
    record Left(List<ResourceName> givenUp) implements CrsEffect {
        public Left {
            givenUp = List.copyOf(givenUp);
        }
    }
}
