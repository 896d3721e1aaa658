package dev.holdfast.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * What is placed at once: the instances of single cluster resources that hang together, or those with one number of a group
 * that has several, or all instances of one other resource.
 */
final class Unit {
    final List<Slot> slots = new ArrayList<>();

    /** The resources of which it has instances. */
    final List<ResourceEntry> entries = new ArrayList<>();

    boolean entered;
    boolean placed;

    void add(Slot slot) {
        slot.unit = this;
        slots.add(slot);
        if (entries.isEmpty() || entries.getLast() != slot.entry) {
            entries.add(slot.entry);
        }
    }

    void sortByName() {
        if (slots.size() > 1) {
            slots.sort(Comparator.comparing(slot -> slot.entry.name()));
            entries.sort(Comparator.comparing(ResourceEntry::name));
        }
    }

    /** The instance of one of its resources; of one that has all its instances here, the first. */
    Slot slotOf(ResourceEntry entry) {
        return entry.isPlural()
                ? Objects.requireNonNull(entry.numbered(slots.getFirst().number))
                : entry.slots.getFirst();
    }
}
