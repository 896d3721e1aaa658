package dev.holdfast.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * What is placed at once: the instances of single cluster resources that hang together, or those with one number of a group
 * that has several, or all instances of one other resource.
 */
final class Unit {
    final List<Slot> slots = new ArrayList<>();
    boolean entered;
    boolean placed;

    /** The resources of which it has instances. */
    List<ResourceEntry> entries() {
        return slots.stream().map(slot -> slot.entry).distinct().toList();
    }
}
