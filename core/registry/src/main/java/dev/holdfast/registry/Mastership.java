package dev.holdfast.registry;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.util.List;

/**
 * What a master must know about the view that made it master.
 *
 * @param epoch the newest view, in which {@code self} is the master
 * @param incarnation the incarnation of this node's cssd in that view
 * @param root the root in that view
 * @param unsettled lives that were voted out and are not proved harmless by fencing, a STOPPED note or a reboot; one
 *     that is settled by timer alone belongs here, because a write of it may still be on its way to a disk
 */
public record Mastership(
        Epoch epoch, NodeId self, Incarnation incarnation, RegistryRoot root, List<View.Unsettled> unsettled) {
    public Mastership {
        unsettled = List.copyOf(unsettled);
    }

    /** The same mastership read from a view, all of whose unsettled lives count as not proved harmless. */
    public static Mastership of(View view) {
        Incarnation incarnation = view.members().get(view.master());
        if (incarnation == null) {
            throw new IllegalArgumentException("the master " + view.master() + " is no member of " + view);
        }
        return new Mastership(view.epoch(), view.master(), incarnation, view.registryRoot(), view.unsettled());
    }
}
