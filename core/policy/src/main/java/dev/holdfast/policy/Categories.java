package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.ServerCategory;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which server is in which category, worked out once. What follows from a category is done only when it is sure: a server is given
 * something when it is known to be in, and gives something up when it is known to be out.
 */
final class Categories {
    private final SortedMap<String, NodeSet> in = new TreeMap<>();
    private final SortedMap<String, NodeSet> out = new TreeMap<>();

    Categories(Setup setup, Collection<Server> servers) {
        sort(ServerCategory.hub(), setup, servers);
        setup.categories().values().forEach(category -> sort(category, setup, servers));
    }

    private void sort(ServerCategory category, Setup setup, Collection<Server> servers) {
        NodeSet sure = NodeSet.EMPTY;
        NodeSet surelyNot = NodeSet.EMPTY;
        for (Server server : servers) {
            Optional<Boolean> has = category.has(attribute -> setup.value(server, attribute));
            if (has.isPresent() && has.get()) {
                sure = sure.with(server.id());
            } else if (has.isPresent() && server.state() == Server.State.ONLINE) {
                surelyNot = surelyNot.with(server.id()); // One that is not ONLINE has not said what it is now.
            }
        }
        in.put(category.name(), sure);
        out.put(category.name(), surelyNot);
    }

    /** Known to be in it. */
    boolean has(String category, NodeId server) {
        NodeSet sure = in.get(category);
        return sure != null && sure.contains(server);
    }

    /** Known not to be in it. */
    boolean lacks(String category, NodeId server) {
        NodeSet surelyNot = out.get(category);
        return surelyNot != null && surelyNot.contains(server);
    }
}
