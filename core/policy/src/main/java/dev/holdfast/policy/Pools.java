package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ServerPool;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which server is in which pools. Pure: it follows from the pools, from who is a member, and from where each server was.
 *
 * <ol>
 *   <li>Servers that a child of Generic names are in that child, and in Generic.
 *   <li>Pools that stand alone, the most important first, get servers up to MIN_SIZE: their own first, then free ones, then
 *       those of pools that have more than their MIN_SIZE (the least important first), then those of less important pools.
 *   <li>Each keeps what else it had, up to MAX_SIZE; then, the most important first, they get free ones up to MAX_SIZE.
 *   <li>The rest is Free.
 *   <li>Pools with parents get servers of their parents, in the same order; those with a word of EXCLUSIVE_POOLS in common
 *       share none.
 *   <li>Again, from what came out, until nothing changes.
 * </ol>
 */
final class Pools {
    private final Collection<ServerPool> pools;
    private final SortedMap<NodeId, Server> servers = new TreeMap<>();
    private final SortedMap<NodeId, SortedSet<String>> before;
    private final SortedMap<NodeId, SortedSet<String>> now = new TreeMap<>();
    private final Categories categories;

    private Pools(
            Setup setup, Categories categories, Map<NodeId, Server> all, SortedMap<NodeId, SortedSet<String>> before) {
        this.categories = categories;
        pools = setup.pools().values();
        this.before = before;
        all.forEach((node, server) -> {
            if (server.state() == Server.State.ONLINE || server.state() == Server.State.JOINING) {
                servers.put(node, server);
            }
        });
    }

    /** The pools of every member of the cluster, Free and Generic among them. Without pools: nothing. */
    static SortedMap<NodeId, SortedSet<String>> assign(Setup setup, Map<NodeId, Server> servers) {
        if (setup.pools().isEmpty()) {
            return new TreeMap<>();
        }
        Categories categories = new Categories(setup, servers.values());
        SortedMap<NodeId, SortedSet<String>> before = setup.assigned();
        if (servers.values().stream().noneMatch(server -> server.state() == Server.State.ONLINE)) {
            // The cluster is only coming up: nobody is moved before it is known who is there.
            SortedMap<NodeId, SortedSet<String>> now = new TreeMap<>(before);
            now.keySet().retainAll(new Pools(setup, categories, servers, before).servers.keySet());
            return now;
        }
        // What a less important pool gets at the end may let it spare another server, which a pool served before it
        // lacks.
        for (int pass = 0; pass <= servers.size(); pass++) {
            SortedMap<NodeId, SortedSet<String>> now = new Pools(setup, categories, servers, before).assigned();
            if (now.equals(before)) {
                break;
            }
            before = now;
        }
        return before;
    }

    /** The servers of the pools that a resource names, without those known to be outside of its category. */
    static Set<NodeId> servers(
            ResourceDefinition resource, SortedMap<NodeId, SortedSet<String>> assigned, Categories categories) {
        Set<NodeId> servers = new HashSet<>();
        assigned.forEach((node, pools) -> {
            if (resource.serverPools().stream().anyMatch(pool -> pools.contains(pool))
                    && !categories.lacks(resource.serverCategory(), node)) {
                servers.add(node);
            }
        });
        return servers;
    }

    private SortedMap<NodeId, SortedSet<String>> assigned() {
        named();
        alone();
        nested();
        return now;
    }

    private void put(NodeId server, String pool) {
        now.computeIfAbsent(server, _ -> new TreeSet<>()).add(pool);
    }

    private boolean wasIn(NodeId server, String pool) {
        SortedSet<String> had = before.get(server);
        return had != null && had.contains(pool);
    }

    private boolean isIn(NodeId server, String pool) {
        SortedSet<String> has = now.get(server);
        return has != null && has.contains(pool);
    }

    /** By its name and its category. One that is in it stays until it is known to be of another category. */
    private boolean mayHave(ServerPool pool, NodeId server) {
        boolean fits = pool.category().isEmpty()
                || categories.has(pool.category(), server)
                || (wasIn(server, pool.name()) && !categories.lacks(pool.category(), server));
        return fits && pool.mayHave(nameOf(server));
    }

    private long size(String pool) {
        return now.values().stream().filter(has -> has.contains(pool)).count();
    }

    private String nameOf(NodeId server) {
        Server known = servers.get(server);
        return known == null ? "" : known.name();
    }

    private void named() {
        for (ServerPool pool : pools) {
            if (!pool.parents().contains(ServerPool.GENERIC)) {
                continue;
            }
            for (NodeId server : servers.keySet()) {
                if (pool.serverNames().contains(nameOf(server)) && pool.hasRoom((int) size(pool.name()))) {
                    put(server, ServerPool.GENERIC);
                    put(server, pool.name());
                }
            }
        }
    }

    private void alone() {
        List<ServerPool> order =
                pools.stream().filter(ServerPool::standsAlone).sorted().toList();
        SortedSet<NodeId> left = new TreeSet<>(servers.keySet());
        left.removeAll(now.keySet());
        Map<NodeId, ServerPool> holder = new TreeMap<>();
        for (NodeId server : left) {
            for (ServerPool pool : order) {
                if (wasIn(server, pool.name()) && mayHave(pool, server)) {
                    holder.putIfAbsent(server, pool);
                }
            }
        }
        for (ServerPool pool : order) {
            while (size(pool.name()) < pool.minSize()) {
                NodeId best = forMinimum(pool, left, holder);
                if (best == null) {
                    break;
                }
                left.remove(best);
                put(best, pool.name());
            }
        }
        for (NodeId server : List.copyOf(left)) {
            ServerPool held = holder.get(server);
            if (held != null && held.hasRoom((int) size(held.name()))) {
                left.remove(server);
                put(server, held.name());
            }
        }
        for (ServerPool pool : order) {
            for (NodeId server : List.copyOf(left)) {
                if (mayHave(pool, server) && pool.hasRoom((int) size(pool.name()))) {
                    left.remove(server);
                    put(server, pool.name());
                }
            }
        }
        left.forEach(server -> put(server, ServerPool.FREE));
    }

    /** The server that a pool below its MIN_SIZE gets next; null if there is none for it. */
    private @org.jspecify.annotations.Nullable NodeId forMinimum(
            ServerPool pool, SortedSet<NodeId> left, Map<NodeId, ServerPool> holder) {
        NodeId best = null;
        int bestCost = Integer.MAX_VALUE;
        for (NodeId server : left) {
            if (!mayHave(pool, server)) {
                continue;
            }
            int cost = cost(pool, holder.get(server), left, holder);
            if (cost < bestCost) {
                best = server;
                bestCost = cost;
            }
        }
        return best;
    }

    /** How much speaks against taking a server from the one that had it; MAX_VALUE: it must not be taken. */
    private static int cost(
            ServerPool pool,
            @org.jspecify.annotations.Nullable ServerPool holder,
            SortedSet<NodeId> left,
            Map<NodeId, ServerPool> holders) {
        if (holder == null) {
            return 1;
        }
        if (holder.equals(pool)) {
            return 0;
        }
        boolean servedBefore = holder.compareTo(pool) < 0; // What it has left is above its minimum.
        long has =
                left.stream().filter(each -> holder.equals(holders.get(each))).count();
        if (servedBefore || has > holder.minSize()) {
            return 10 + holder.importance();
        }
        return holder.importance() < pool.importance() ? 10_000 + holder.importance() : Integer.MAX_VALUE;
    }

    private void nested() {
        List<ServerPool> children = pools.stream()
                .filter(pool -> !pool.standsAlone())
                .sorted(Comparator.comparingInt(this::depth).thenComparing(Comparator.naturalOrder()))
                .toList();
        for (boolean minimum : List.of(true, false)) {
            for (ServerPool pool : children) {
                for (NodeId server : candidates(pool)) {
                    boolean enough =
                            minimum ? size(pool.name()) >= pool.minSize() : !pool.hasRoom((int) size(pool.name()));
                    if (!enough && !isTaken(server, pool)) {
                        put(server, pool.name());
                    }
                }
            }
        }
    }

    /** How far it is from a pool that stands alone; a circle, which is refused when it is made, counts as far. */
    private int depth(ServerPool pool) {
        int depth = 0;
        List<String> level = pool.parents();
        while (!level.isEmpty() && depth < pools.size()) {
            depth++;
            List<String> next = new ArrayList<>();
            for (ServerPool each : pools) {
                if (level.contains(each.name())) {
                    next.addAll(each.parents());
                }
            }
            level = next;
        }
        return depth;
    }

    /** Its own first. Those of Generic are given by name only. */
    private List<NodeId> candidates(ServerPool pool) {
        List<NodeId> candidates = new ArrayList<>();
        for (NodeId server : servers.keySet()) {
            boolean parent =
                    pool.parents().stream().anyMatch(each -> !each.equals(ServerPool.GENERIC) && isIn(server, each));
            if (parent && mayHave(pool, server) && !isIn(server, pool.name())) {
                candidates.add(server);
            }
        }
        candidates.sort(Comparator.comparing((NodeId server) -> !wasIn(server, pool.name()))
                .thenComparing(server -> server));
        return candidates;
    }

    private boolean isTaken(NodeId server, ServerPool pool) {
        return pools.stream()
                .filter(other -> !other.equals(pool) && isIn(server, other.name()))
                .anyMatch(other -> other.exclusive().stream().anyMatch(pool.exclusive()::contains));
    }
}
