package dev.holdfast.crsd;

import dev.holdfast.linux.Cgroup;
import dev.holdfast.linux.EmptinessWatch;
import dev.holdfast.linux.ExitWatch;
import dev.holdfast.linux.Pidfd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups of this node's resources.
 *
 * <pre>
 * holdfast-CLUSTER-NODE/res/RESOURCE         everything that belongs to the resource; killing it ends the resource
 *                                   /act-7   one action and what it started
 *                                   /act-7/kept   an empty group: a mark that the action ended well and left the
 *                                                 application running in act-7
 * </pre>
 *
 * A group can't be renamed and moving a process costs milliseconds, so the application stays in the group of the start
 * that made it. The mark lives exactly as long as the group: after a restart crsd knows by it what is an application
 * and what is the rest of an action that nobody waits for any more.
 *
 * <p>Death is noticed from the kernel: when the last process of a kept group ends, and when one of its root processes
 * does (one whose parent is outside of the group: the daemon itself, not its workers). The first says "gone"; the second
 * only says "look", because others may carry on.
 */
final class ResourceGroups {
    private static final Logger LOG = LoggerFactory.getLogger(ResourceGroups.class);
    private static final String ACTION = "act-";
    private static final String KEPT = "kept";
    private static final Duration LETTING_GO = Duration.ofSeconds(3);

    /** Told on threads of the watches; must return at once. */
    interface Listener {
        /** No process of the resource's application is left. */
        void processesGone(String resource);

        /** One of the resource's main processes has ended, others are left. */
        void rootProcessEnded(String resource);
    }

    private final Cgroup top;
    private final Listener listener;
    private final EmptinessWatch emptiness;
    private final ExitWatch exits;
    private final AtomicLong numbers = new AtomicLong(System.currentTimeMillis());
    // Guarded by this.
    private final Map<String, Set<Cgroup>> kept = new TreeMap<>();
    private final Map<String, List<Pidfd>> roots = new TreeMap<>();

    ResourceGroups(String cluster, String node, Listener listener) throws IOException {
        top = Cgroup.root()
                .child("holdfast-" + cluster + "-" + node)
                .child("res")
                .create();
        this.listener = listener;
        emptiness = EmptinessWatch.start();
        exits = ExitWatch.start();
    }

    /** A name that is good as a directory and can't be taken for one of the kernel's files. */
    static String directoryName(String resource) {
        StringBuilder name = new StringBuilder();
        for (byte b : resource.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = (b >= 'a' && b <= 'z')
                    || (b >= 'A' && b <= 'Z')
                    || (b >= '0' && b <= '9')
                    || b == '-'
                    || b == '_'
                    || (b == '.' && !name.isEmpty());
            if (plain) {
                name.append((char) b);
            } else {
                name.append('%').append("%02x".formatted(b & 0xff));
            }
        }
        return name.toString().startsWith("cgroup") ? "%63" + name.substring(1) : name.toString();
    }

    private Cgroup group(String resource) {
        return top.child(directoryName(resource));
    }

    /** A new group for one action. */
    Cgroup begin(String resource) throws IOException {
        return group(resource).child(ACTION + numbers.incrementAndGet()).create();
    }

    /** The action has ended well: what is left in {@code action} is the application. True if anything is. */
    boolean keep(String resource, Cgroup action) throws IOException {
        if (!action.populated()) {
            action.remove();
            return false;
        }
        action.child(KEPT).create();
        watch(resource, action);
        lookForRoots(resource);
        return true;
    }

    private void watch(String resource, Cgroup action) throws IOException {
        synchronized (this) {
            kept.computeIfAbsent(resource, _ -> new HashSet<>()).add(action);
        }
        emptiness.watch(action, () -> emptied(resource, action));
        if (!action.populated()) {
            emptied(resource, action); // It emptied before it was watched.
        }
    }

    private void emptied(String resource, Cgroup action) {
        try {
            if (action.populated()) {
                return;
            }
        } catch (IOException e) {
            LOG.warn("{}: {}", action.path(), e.toString());
            return;
        }
        synchronized (this) {
            Set<Cgroup> groups = kept.get(resource);
            if (groups == null || !groups.remove(action)) {
                return; // Told before.
            }
            if (groups.isEmpty()) {
                kept.remove(resource);
                forgetRoots(resource);
                listener.processesGone(resource); // Before a next start that ended well can be told of.
            }
        }
        emptiness.forget(action);
        try {
            action.remove();
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", action.path(), e.toString());
        }
    }

    /** Whether processes of the resource's application are known to run. */
    synchronized boolean runs(String resource) {
        return kept.containsKey(resource);
    }

    /** The processes of the resource's application, as numbers with blanks between. */
    String processes(String resource) {
        List<Cgroup> groups;
        synchronized (this) {
            groups = List.copyOf(kept.getOrDefault(resource, Set.of()));
        }
        StringBuilder all = new StringBuilder();
        for (Cgroup group : groups) {
            try {
                group.processes()
                        .forEach(pid -> all.append(all.isEmpty() ? "" : " ").append(pid));
            } catch (IOException e) {
                LOG.warn("the processes of {} can't be listed: {}", resource, e.toString());
            }
        }
        return all.toString();
    }

    /** Follows the resource's present root processes. Called after a start and after each check: a daemon may replace itself. */
    void lookForRoots(String resource) {
        List<Cgroup> groups;
        synchronized (this) {
            groups = List.copyOf(kept.getOrDefault(resource, Set.of()));
        }
        try {
            Set<Long> members = new HashSet<>();
            for (Cgroup group : groups) {
                members.addAll(group.processes());
            }
            List<Pidfd> found = new ArrayList<>();
            for (long pid : members) {
                if (!members.contains(parentOf(pid))) {
                    Pidfd.open(pid).ifPresent(found::add);
                }
            }
            synchronized (this) {
                forgetRoots(resource);
                if (kept.containsKey(resource)) {
                    roots.put(resource, found);
                }
            }
            for (Pidfd root : found) {
                exits.watch(root, () -> listener.rootProcessEnded(resource));
            }
        } catch (IOException e) {
            LOG.warn("the main processes of {} can't be followed: {}", resource, e.toString());
        }
    }

    private synchronized void forgetRoots(String resource) {
        List<Pidfd> old = roots.remove(resource);
        if (old != null) {
            old.forEach(exits::forget);
        }
    }

    /** Field 4 of /proc/PID/stat; 0 if the process is gone. The name in field 2 may hold anything, even a parenthesis. */
    private static long parentOf(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(afterName[1]);
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    /** Ends everything that the resource still runs. False if something is left after {@code patience}. */
    boolean end(String resource, Duration grace, Duration patience) throws IOException {
        Cgroup group = group(resource);
        boolean empty = true;
        for (Cgroup action : group.children()) {
            if (!action.child(KEPT).exists()) {
                continue;
            }
            if (grace.isPositive() && action.awaitEmpty(grace)) {
                continue;
            }
            action.kill();
            empty &= action.awaitEmpty(patience);
        }
        return empty;
    }

    /** Kills what the resource's application runs, and does not wait for its end. True if there was anything. */
    boolean kill(String resource) throws IOException {
        boolean any = false;
        if (!group(resource).exists()) {
            return false;
        }
        for (Cgroup action : group(resource).children()) {
            if (action.child(KEPT).exists() && action.populated()) {
                action.kill();
                any = true;
            }
        }
        return any;
    }

    /**
     * After a restart of crsd: follows what applications run, and ends what is left of actions. The names of resources
     * that have an application.
     */
    Set<String> recover(Map<String, String> resourceOfDirectory) throws IOException {
        Set<String> running = new HashSet<>();
        for (Cgroup group : top.children()) {
            String resource = resourceOfDirectory.get(group.name());
            for (Cgroup action : group.children()) {
                if (!action.name().startsWith(ACTION)) {
                    continue;
                }
                boolean application = action.child(KEPT).exists() && action.populated();
                if (application && resource != null) {
                    running.add(resource);
                    watch(resource, action);
                } else {
                    action.kill();
                    action.awaitEmpty(LETTING_GO);
                    action.remove();
                }
            }
            if (resource != null && running.contains(resource)) {
                lookForRoots(resource);
            }
        }
        return running;
    }

    /** Kills every process of every resource. True once none is left. */
    boolean killAll() throws IOException {
        for (Cgroup group : top.children()) {
            group.kill();
        }
        top.kill();
        return top.awaitEmpty(LETTING_GO);
    }

    boolean anythingRuns() throws IOException {
        return top.populated();
    }
}
