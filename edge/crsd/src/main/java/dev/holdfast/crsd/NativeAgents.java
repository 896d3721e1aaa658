package dev.holdfast.crsd;

import dev.holdfast.linux.ArpSocket;
import dev.holdfast.linux.InterfaceAddress;
import dev.holdfast.linux.Link;
import dev.holdfast.linux.MacAddress;
import dev.holdfast.linux.NeighbourSocket;
import dev.holdfast.linux.Netlink;
import dev.holdfast.linux.NetlinkWatch;
import dev.holdfast.model.ActionKind;
import dev.holdfast.model.IpAddress;
import dev.holdfast.model.Moment;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.Subnet;
import dev.holdfast.model.TypeDefinition;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agents that come with the product: public networks and virtual addresses. They answer like action scripts, with an
 * exit code and lines, so the life of an instance does not know the difference.
 *
 * <p>A VIP is in the kernel with a lifetime: what remains of the lease, rounded up, and a second. It is extended as the
 * lease is renewed; when nobody extends it, the kernel drops it without any process of ours.
 *
 * <p><b>Duplicate probe.</b> An address that has not been in service is probed first (200 ms) and not taken if somebody
 * answers. An address that was in service a moment ago (failover, relocation, restart) is taken at once: the policy starts
 * it only when every node that could hold it has given it up or is settled by proof, and the probe would only add to the
 * outage. It is then probed while it is in service, and an answer raises an alarm.
 */
final class NativeAgents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NativeAgents.class);
    private static final Pattern VIP_TYPE = Pattern.compile("(?:app\\.appvip|ora\\.cluster_vip)_net(\\d+)\\.type");
    private static final int PROBES = 2;
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);
    private static final Duration BEYOND_LEASE = Duration.ofSeconds(1);
    private static final List<Duration> ANNOUNCEMENTS =
            List.of(Duration.ofMillis(50), Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofSeconds(3));

    /** Told on threads of the agents; must return at once. */
    interface Listener {
        /** Something changed for this resource: check it now. */
        void look(ResourceName resource);

        void event(String name, String text, Map<String, String> details);
    }

    private record Vip(ResourceName resource, IpAddress address, Link link, int prefixLength) {
        InterfaceAddress inKernel(Duration lifetime) {
            return new InterfaceAddress(
                    link.index(),
                    inet(),
                    prefixLength,
                    address.isIpv6() ? InterfaceAddress.IPV6_LABEL : link.name() + PublicNetwork.VIP_LABEL,
                    InterfaceAddress.NO_PREFIX_ROUTE,
                    lifetime);
        }

        InetAddress inet() {
            try {
                return InetAddress.getByAddress(address.bytes());
            } catch (UnknownHostException e) {
                throw new IllegalStateException("an address of 4 or 16 bytes", e);
            }
        }

        /** Asks the network, waits for answers. */
        Optional<MacAddress> otherHolder() throws IOException {
            switch (inet()) {
                case Inet6Address ipv6 -> {
                    try (NeighbourSocket socket = NeighbourSocket.open(link)) {
                        return socket.findHolder(ipv6, PROBES, PROBE_INTERVAL);
                    }
                }
                case Inet4Address ipv4 -> {
                    try (ArpSocket arp = ArpSocket.open(link)) {
                        return arp.findHolder(ipv4, PROBES, PROBE_INTERVAL);
                    }
                }
                case InetAddress other -> throw new IllegalStateException("of neither kind: " + other);
            }
        }

        /** Tells the network that the address is here. */
        void announce() throws IOException {
            switch (inet()) {
                case Inet6Address ipv6 -> {
                    try (NeighbourSocket socket = NeighbourSocket.open(link)) {
                        socket.announce(ipv6);
                    }
                }
                case Inet4Address ipv4 -> {
                    try (ArpSocket arp = ArpSocket.open(link)) {
                        arp.announce(ipv4);
                    }
                }
                case InetAddress other -> throw new IllegalStateException("of neither kind: " + other);
            }
        }
    }

    private final Lease lease;
    private final Path instances;
    private final Listener listener;
    private final Netlink netlink;
    private final NetlinkWatch watch;
    private final ScheduledExecutorService timers;
    private volatile SortedMap<ResourceName, ResourceDefinition> definitions = new TreeMap<>();
    // Guarded by this: what we put into the kernel or found there, and extend.
    private final SortedMap<ResourceName, Vip> held = new TreeMap<>();
    private boolean lettingGo;
    /** Networks whose clean is not confirmed yet: a link that is back so soon counts from the next check on. */
    private final Set<ResourceName> cleaned = ConcurrentHashMap.newKeySet();

    private long extendedNanos = System.nanoTime() - Duration.ofSeconds(1).toNanos();

    NativeAgents(Lease lease, Path instances, Listener listener) throws IOException {
        this.lease = lease;
        this.instances = Files.createDirectories(instances);
        this.listener = listener;
        netlink = Netlink.open();
        var pool = new ScheduledThreadPoolExecutor(
                4, Thread.ofPlatform().daemon().name("agent-", 0).factory());
        pool.setRemoveOnCancelPolicy(true);
        timers = pool;
        watch = NetlinkWatch.start(this::changed);
    }

    void definitions(SortedMap<ResourceName, ResourceDefinition> definitions) {
        this.definitions = definitions;
    }

    /**
     * Runs one action; returns at once, {@code whenDone} is called on another thread.
     *
     * @param wasInService the address was in service in this cluster a moment ago and is nowhere now
     */
    void run(
            ResourceDefinition resource,
            ActionKind kind,
            boolean wasInService,
            Consumer<ActionRunner.Result> whenDone) {
        long begun = System.nanoTime();
        timers.execute(() -> {
            ActionRunner.Result result;
            try {
                List<String> problem = resource.type().isA(TypeDefinition.NETWORK)
                        ? network(resource, kind)
                        : vip(resource, kind, wasInService);
                result = new ActionRunner.Result(
                        problem.isEmpty() ? 0 : 1, false, problem, Duration.ofNanos(System.nanoTime() - begun));
            } catch (IOException | RuntimeException e) {
                LOG.warn("{} of {}: {}", kind, resource.name(), e.toString());
                result = new ActionRunner.Result(
                        1, false, List.of("CRS_ERROR:" + e.getMessage()), Duration.ofNanos(System.nanoTime() - begun));
            }
            whenDone.accept(result);
        });
    }

    /** An empty list is success. */
    private List<String> network(ResourceDefinition resource, ActionKind kind) throws IOException {
        Path stopped =
                instances.resolve(ResourceGroups.directoryName(resource.name().text()) + ".stopped");
        switch (kind) {
            case START -> {
                Files.deleteIfExists(stopped);
                cleaned.remove(resource.name());
            }
            case STOP -> {
                Files.writeString(
                        stopped, ""); // The network itself stays up: only this says that it is not to be used.
                return List.of();
            }
            case CLEAN -> {
                cleaned.add(resource.name());
                return List.of();
            }
            case CHECK -> {
                if (Files.exists(stopped) || cleaned.remove(resource.name())) {
                    return List.of("CRS_STATE_DETAILS:");
                }
            }
        }
        PublicNetwork network = PublicNetwork.of(resource);
        return network.serving(netlink).isPresent()
                ? List.of()
                : List.of("CRS_STATE_DETAILS:no interface with carrier in the subnet");
    }

    private List<String> vip(ResourceDefinition resource, ActionKind kind, boolean wasInService) throws IOException {
        return switch (kind) {
            case START -> startVip(resource, wasInService);
            case STOP, CLEAN -> stopVip(resource);
            case CHECK -> checkVip(resource);
        };
    }

    private List<String> startVip(ResourceDefinition resource, boolean wasInService) throws IOException {
        IpAddress address = PublicNetwork.address(resource.value("USR_ORA_VIP"));
        PublicNetwork network = networkOf(resource);
        Subnet subnet = network.subnetOf(address)
                .orElseThrow(() -> new IOException("CRS-5008: address " + address + " is outside of its network"));
        Link link = network.serving(netlink, address)
                .orElseThrow(() -> new IOException("no interface with carrier in the subnet of " + address));
        Vip vip = new Vip(resource.name(), address, link, subnet.length());
        boolean mine = inKernel(address).isPresent();
        if (!mine && foreign(address)) {
            return List.of("CRS_ERROR:CRS-5005: IP Address: " + address
                    + " is already in use: this machine has it, and not from the cluster");
        }
        if (!mine && !wasInService) {
            Optional<MacAddress> holder = vip.otherHolder();
            if (holder.isPresent()) {
                return List.of("CRS_ERROR:CRS-5005: IP Address: " + address + " is already in use in the network ("
                        + holder.get() + " answers on " + link.name() + ")");
            }
        }
        synchronized (this) {
            Optional<Duration> left = lease.remaining(new Moment(System.nanoTime()));
            if (left.isEmpty() || lettingGo) {
                return List.of("CRS_ERROR:there is no lease, so the address is not taken");
            }
            netlink.put(vip.inKernel(lifetime(left.get())));
            held.put(vip.resource, vip);
        }
        announce(vip, 0);
        listener.event(
                "vip-up",
                address + " is up on " + link.name(),
                Map.of("resource", resource.name().text(), "address", address.toString()));
        if (!mine && wasInService) {
            timers.execute(() -> alarmIfDuplicate(vip));
        }
        return List.of();
    }

    private void alarmIfDuplicate(Vip vip) {
        try {
            vip.otherHolder().ifPresent(holder -> {
                String text = "ALARM: " + vip.address + " of " + vip.resource + " is also answered by " + holder
                        + " on " + vip.link.name() + "; it was taken over without a probe first";
                LOG.error(text);
                listener.event(
                        "vip-duplicate",
                        text,
                        Map.of("resource", vip.resource.text(), "address", vip.address.toString()));
            });
        } catch (IOException e) {
            LOG.warn("{} could not be probed: {}", vip.address, e.toString());
        }
    }

    /** Neighbours hear it now and, because networks lose packets, four times more; the start does not wait for that. */
    private void announce(Vip vip, int times) {
        synchronized (this) {
            if (lettingGo || !vip.equals(held.get(vip.resource))) {
                return;
            }
        }
        try {
            vip.announce();
        } catch (IOException e) {
            LOG.warn("{} could not be announced: {}", vip.address, e.toString());
        }
        if (times < ANNOUNCEMENTS.size()) {
            timers.schedule(
                    () -> announce(vip, times + 1), ANNOUNCEMENTS.get(times).toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private synchronized List<String> stopVip(ResourceDefinition resource) throws IOException {
        IpAddress address = PublicNetwork.address(resource.value("USR_ORA_VIP"));
        held.remove(resource.name());
        boolean any = false;
        for (Optional<InterfaceAddress> there = inKernel(address); there.isPresent(); there = inKernel(address)) {
            any |= netlink.delete(there.get());
        }
        if (any) {
            listener.event(
                    "vip-down",
                    address + " is down",
                    Map.of("resource", resource.name().text(), "address", address.toString()));
        }
        return List.of();
    }

    private synchronized List<String> checkVip(ResourceDefinition resource) throws IOException {
        IpAddress address = PublicNetwork.address(resource.value("USR_ORA_VIP"));
        Optional<InterfaceAddress> there = inKernel(address);
        if (there.isEmpty()) {
            held.remove(resource.name());
            return List.of("CRS_STATE_DETAILS:");
        }
        if (!held.containsKey(resource.name())) {
            adopt(resource, address, there.get());
        }
        return List.of();
    }

    /** Found after a restart of crsd: from now on it is extended again. */
    private void adopt(ResourceDefinition resource, IpAddress address, InterfaceAddress there) throws IOException {
        for (Link link : netlink.links()) {
            if (link.index() == there.link()) {
                held.put(resource.name(), new Vip(resource.name(), address, link, there.prefixLength()));
            }
        }
    }

    private Optional<InterfaceAddress> inKernel(IpAddress address) throws IOException {
        return netlink.addresses().stream()
                .filter(there -> isIt(there, address) && there.label().endsWith(PublicNetwork.VIP_LABEL))
                .findFirst();
    }

    /** An address that an administrator gave to this machine is not taken over: it would be removed with ours. */
    private boolean foreign(IpAddress address) throws IOException {
        return netlink.addresses().stream()
                .anyMatch(there -> isIt(there, address) && !there.label().endsWith(PublicNetwork.VIP_LABEL));
    }

    private static boolean isIt(InterfaceAddress there, IpAddress address) {
        return IpAddress.of(there.address().getAddress()).equals(address);
    }

    private PublicNetwork networkOf(ResourceDefinition vip) throws IOException {
        for (String type : vip.type().lineage()) {
            Matcher matcher = VIP_TYPE.matcher(type);
            if (matcher.matches()) {
                String name = PublicNetwork.resourceName(Integer.parseInt(matcher.group(1)));
                ResourceDefinition network = definitions.get(new ResourceName(name));
                if (network == null) {
                    throw new IOException("the network resource " + name + " does not exist");
                }
                return PublicNetwork.of(network);
            }
        }
        throw new IOException("type " + vip.type().name() + " names no network");
    }

    private static Duration lifetime(Duration left) {
        return Duration.ofSeconds(left.plusNanos(999_999_999).toSeconds()).plus(BEYOND_LEASE);
    }

    /** The lease was renewed: addresses live longer too. At most once a second; off the caller's thread. */
    void leaseRenewed() {
        long now = System.nanoTime();
        synchronized (this) {
            if (held.isEmpty()
                    || lettingGo
                    || now - extendedNanos < Duration.ofSeconds(1).toNanos()) {
                return;
            }
            extendedNanos = now;
        }
        timers.execute(this::extend);
    }

    /**
     * Extends every address of ours that is in the kernel, known to this process or not: after a restart of crsd they
     * must not run out before the registry is read again. With a lease they can't be anybody else's.
     */
    private synchronized void extend() {
        Optional<Duration> left = lease.remaining(new Moment(System.nanoTime()));
        if (left.isEmpty() || lettingGo) {
            return;
        }
        Duration lifetime = lifetime(left.get());
        Set<IpAddress> there = new HashSet<>();
        try {
            for (InterfaceAddress address : netlink.addresses()) {
                if (address.label().endsWith(PublicNetwork.VIP_LABEL)) {
                    there.add(IpAddress.of(address.address().getAddress()));
                    netlink.extend(new InterfaceAddress(
                            address.link(),
                            address.address(),
                            address.prefixLength(),
                            address.label(),
                            InterfaceAddress.NO_PREFIX_ROUTE,
                            lifetime));
                }
            }
        } catch (IOException e) {
            LOG.warn("addresses could not be extended: {}", e.toString());
        }
        for (Vip vip : held.values()) {
            if (!there.contains(vip.address)) {
                listener.look(vip.resource);
            }
        }
    }

    /** On the watch's thread. */
    private void changed(NetlinkWatch.Event event) {
        switch (event) {
            case NetlinkWatch.Event.Everything _ -> look(null);
            case NetlinkWatch.Event.LinkIs _ -> look(TypeDefinition.NETWORK);
            case NetlinkWatch.Event.LinkGone _ -> look(null);
            case NetlinkWatch.Event.AddressIs added -> {
                if (!added.address().label().endsWith(PublicNetwork.VIP_LABEL)) { // Ours, whenever they are extended.
                    look(TypeDefinition.NETWORK);
                }
            }
            case NetlinkWatch.Event.AddressGone gone ->
                look(gone.address().label().endsWith(PublicNetwork.VIP_LABEL) ? TypeDefinition.CLUSTER_VIP : null);
        }
    }

    private void look(@org.jspecify.annotations.Nullable String type) {
        definitions.values().stream()
                .filter(resource -> type == null
                        ? resource.type().isNative()
                        : resource.type().isA(type))
                .forEach(resource -> listener.look(resource.name()));
    }

    /** Removes every address of ours; {@code forGood}: and takes none any more. True once none is left. */
    boolean letGo(boolean forGood) {
        synchronized (this) {
            lettingGo |= forGood;
            held.clear();
        }
        try (Netlink own = Netlink.open()) {
            own.deleteLabelled(PublicNetwork.VIP_LABEL);
            return own.addresses().stream().noneMatch(there -> there.label().endsWith(PublicNetwork.VIP_LABEL));
        } catch (IOException e) {
            LOG.error("addresses could not be removed: {}", e.toString());
            return false;
        }
    }

    boolean anyAddress() throws IOException {
        return netlink.addresses().stream().anyMatch(there -> there.label().endsWith(PublicNetwork.VIP_LABEL));
    }

    @Override
    public void close() {
        timers.shutdownNow();
        watch.close();
        netlink.close();
    }
}
