package dev.holdfast.membership;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The timing constants of membership, and what follows from them, in one place.
 *
 * <p><b>Storage lease.</b> One node x, its last good renewal begins at t0 (before anything is written):
 *
 * <pre>
 *   t0            x takes the time, then writes its block, then reads everybody's; no eviction is seen
 *   then          x arms a kernel timer that kills cssd at t0+L, and only then pets the watchdog (arm, then pet)
 *   t0+L/3        not renewed: x asks the members of its view to acknowledge it (peer lease, below)
 *   t0+L/2        not renewed: x lets go of everything it runs (addresses, then processes), and says STOPPED
 *   t0+L          the kernel kills cssd if it is still there, also when it was stopped or stalled.
 *                 Closing the watchdog device pings it once more, at t0+L at the latest
 *   t0+L+W        the watchdog fires, whatever state the machine is in
 *   t0+L+W+g      no DMA, no packet leaves the machine any more
 * </pre>
 *
 * A survivor j counts S on its own clock from the read in which it first saw x's newest block. That read ended after the
 * block was written, hence after t0. Two clocks may each be wrong by rho, so that what takes (L+W+g) by the clock of x may
 * last (L+W+g)/(1-rho) of true time, and j must let its clock run for
 *
 * <pre>
 *   S = (L + W + g) (1 + rho) / (1 - rho)
 * </pre>
 *
 * A guard that checks and then pets would need L + 2W + g: the check may pass at t0+L and the pet come W later. That is
 * why the timer is armed before each pet.
 *
 * <p><b>Why the block that j saw is the newest that counts.</b> j committed (or learned) a view without x, announced it in
 * its own block on a majority at time c, and then read (write, majority, read: {@link DiskRound}).
 *
 * <ol>
 *   <li>A renewal of x whose reads begin after c sees the announcement, as any two majorities meet, and fails.
 *   <li>A renewal of x whose reads began before c had its own block on a majority before c; j's read came after c, so j saw
 *       that block or a newer one.
 * </ol>
 *
 * So every storage lease of x stems from a block that j has seen: it is over S after j saw it.
 *
 * <p><b>Peer lease.</b> If x can't renew because nobody reaches the voting disks, it asks every other member of its view at
 * t1; when all of them acknowledge that very question, x holds a lease until t1 + L. It asks only while
 * t1 - t0 &lt;= D, t0 being its last storage renewal.
 *
 * <pre>
 *   t0+L/3 ...    x asks, all acknowledge: lease until t1+L; letting go moves to t1+L/2, the kill timer to t1+L
 *   meanwhile     who is asked declines while its own voting disks have been in order for a lease. Safety does not ask for
 *                 that: none of the rules below mentions the disks of who acknowledges. It is so that one node that alone
 *                 loses its storage lets go at t0+L/2, and its resources run elsewhere.
 *   t0+D          the last t1 that counts
 *   t0+D+L/2      x lets go at the latest
 *   t0+D+L+W+g    nothing of x runs
 * </pre>
 *
 * Who may take over by timer when? Let e be the view of x, and e' the one in which it is voted out.
 *
 * <ol>
 *   <li>Whoever committed e' as a member of e does not acknowledge x any more. x's last lease began before that
 *       member's last acknowledgement, hence before the commit. A member j of e that takes over has itself acknowledged
 *       every peer lease of x in e, so it waits S after its own last acknowledgement. A j that joined later than x's last
 *       acknowledgement has been a member for more than S. Rule: block unchanged for S, and last acknowledgement longer
 *       ago than S, and j a member for longer than S.
 *   <li>If e' was committed by nodes that were not members of e (a cold start), the members of e may still acknowledge
 *       each other. But they do so for at most D after x's last storage renewal. Rule: block unchanged for
 *       (D + L + W + g) (1 + rho) / (1 - rho).
 * </ol>
 *
 * <p><b>Changing L, W, g or D while running.</b> A node publishes the larger of the old and the new S; only after a complete
 * round that showed it are leases of the new length taken; and only when S of the old timing has passed since then is
 * the smaller number published. So at every moment the number that others use covers every lease that may still run.
 *
 * @param heartbeat interval between network heartbeats
 * @param misscount M: silence on all links after which a peer is suspected
 * @param poll P: interval between rounds on the voting disks
 * @param fastPoll P_r: the same while anything is suspect
 * @param lease L: how long a renewal is good for
 * @param watchdog W: what the watchdog is set to
 * @param granularity g: until the platform really stops after the watchdog fired
 * @param diskTimeout D: how long the members of a view keep each other going when nobody reaches the voting disks; zero
 *     for not at all
 * @param rho bound of the relative error of a clock's rate
 */
public record Timing(
        Duration heartbeat,
        Duration misscount,
        Duration poll,
        Duration fastPoll,
        Duration lease,
        Duration watchdog,
        Duration granularity,
        Duration diskTimeout,
        double rho) {

    /** The settings that can be changed for the whole cluster while it runs, in the order in which they are listed. */
    public static final List<String> NAMES =
            List.of("misscount", "disktimeout", "lease", "watchdog", "granularity", "poll", "fastpoll", "heartbeat");

    /** What a pause of the daemon may cost without harm: the worst seen with ZGC and SCHED_RR was 17 ms, without 0.76 s. */
    private static final Duration PAUSE_BUDGET = Duration.ofMillis(500);

    /** Twice what may lie between two looks of cssd at its clock: a longer gap than a heartbeat counts as a pause of its own. */
    private static final Duration HEARTBEAT_MIN = Duration.ofMillis(50);

    /** Two misscount intervals' worth of beats must fit, or one lost datagram makes a suspect. */
    private static final int BEATS_PER_MISSCOUNT = 5;

    public static Timing conservative() {
        return new Timing(
                ms(1000), ms(15_000), ms(1000), ms(250), ms(15_000), ms(15_000), ms(1000), ms(200_000), 0.002);
    }

    public static Timing standard() {
        return new Timing(ms(200), ms(3000), ms(500), ms(50), ms(4000), ms(5000), ms(1000), ms(120_000), 0.002);
    }

    public static Timing fast() {
        return new Timing(ms(50), ms(300), ms(200), ms(20), ms(1500), ms(2000), ms(500), ms(60_000), 0.002);
    }

    /** One setting by name. */
    public Duration get(String name) {
        return switch (name) {
            case "heartbeat" -> heartbeat;
            case "misscount" -> misscount;
            case "poll" -> poll;
            case "fastpoll" -> fastPoll;
            case "lease" -> lease;
            case "watchdog" -> watchdog;
            case "granularity" -> granularity;
            case "disktimeout" -> diskTimeout;
            default -> throw new IllegalArgumentException("no timing setting is called " + name);
        };
    }

    /** This timing with some settings replaced, in milliseconds by name; names that are not settings change nothing. */
    public Timing with(Map<String, Integer> changes) {
        return new Timing(
                changed(changes, "heartbeat", heartbeat),
                changed(changes, "misscount", misscount),
                changed(changes, "poll", poll),
                changed(changes, "fastpoll", fastPoll),
                changed(changes, "lease", lease),
                changed(changes, "watchdog", watchdog),
                changed(changes, "granularity", granularity),
                changed(changes, "disktimeout", diskTimeout),
                rho);
    }

    private static Duration changed(Map<String, Integer> changes, String name, Duration present) {
        Integer millis = changes.get(name);
        return millis == null ? present : ms(millis);
    }

    /** S: how long after the last sight of a node's newest block it is certainly harmless, without any other proof. */
    public Duration takeoverAfter() {
        return drifted(lease.plus(watchdog).plus(granularity));
    }

    /** D + S: the same for a taker who cannot know whom the victim's peers acknowledged. */
    public Duration coldTakeoverAfter() {
        return drifted(diskTimeout.plus(lease).plus(watchdog).plus(granularity));
    }

    /** What must pass on one clock so that {@code span} has passed on another. */
    private Duration drifted(Duration span) {
        return Duration.ofNanos((long) Math.ceil(span.toNanos() * (1 + rho) / (1 - rho)));
    }

    /** When a node that could not renew asks its peers to acknowledge it. */
    Duration askAfter() {
        return Duration.ofNanos(lease.toNanos() / 3);
    }

    /**
     * A round on the voting disks that takes longer says that they do not answer. If in truth they were only slow, a peer that
     * is alone without them is kept going for half a lease more.
     */
    Duration disksAnswerWithin() {
        return times(fastPoll, 3);
    }

    /**
     * How long after its last renewal a node is acknowledged for certain, if the storage is lost for all within one poll. It asks
     * from L/3 on, anew every fast poll, and each question makes the asked one look at its own disks: two fast polls and
     * {@link #disksAnswerWithin} after these have failed it declines no more. As the last renewal is up to one poll older than
     * the loss, nobody stops if the last node loses its disks within L/2 - poll - 5 x fastpoll after the first (profile
     * default: 1.25 s).
     */
    private Duration noticeStorageLoss() {
        Duration lost = times(poll, 2);
        Duration asked = askAfter().compareTo(lost) > 0 ? askAfter() : lost;
        return asked.plus(times(fastPoll, 2)).plus(disksAnswerWithin());
    }

    /** When a node that could not renew begins to let go. */
    public Duration letGoAfter() {
        return Duration.ofNanos(lease.toNanos() / 2);
    }

    /** How long the answers of peers are awaited once something is suspect; who did not answer counts as isolated. */
    public Duration collect() {
        Duration threePolls = times(fastPoll, 3);
        return threePolls.compareTo(ms(60)) < 0 ? ms(60) : threePolls;
    }

    /** How long the next proposer waits for the one before it. */
    public Duration proposerRank() {
        return ms(100);
    }

    /** How long nodes outside the chosen cohort wait before they try themselves (the chosen may have died). */
    public Duration holdOff() {
        return ms(1000);
    }

    /**
     * How long an evicted node that still uses its voting disks is given to say STOPPED before it is shot: it reads
     * the eviction within one fast poll, lets go (9 ms worst seen for cgroup.kill), and writes; plus a pause.
     */
    public Duration letGoGrace() {
        return times(fastPoll, 2).plus(PAUSE_BUDGET);
    }

    /** The checks C1 to C3; an empty list means safe. Each problem says what to change. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        Duration leaseFloor = times(poll, 3).plus(PAUSE_BUDGET);
        if (lease.compareTo(leaseFloor) < 0) {
            problems.add("C1: lease " + text(lease) + " must be at least 3 x poll + pause budget = " + text(leaseFloor)
                    + "; raise lease or lower poll");
        }
        Duration watchdogFloor = poll.plus(PAUSE_BUDGET);
        if (watchdog.compareTo(watchdogFloor) <= 0) {
            problems.add("C2: watchdog " + text(watchdog) + " must be more than poll + pause budget = "
                    + text(watchdogFloor) + "; raise watchdog");
        }
        if (misscount.compareTo(takeoverAfter()) > 0) {
            problems.add("C3: misscount " + text(misscount) + " must not exceed S = " + text(takeoverAfter())
                    + ", or detection costs more than it saves; lower misscount");
        }
        if (!diskTimeout.isZero() && diskTimeout.compareTo(lease) < 0) {
            problems.add("C4: disktimeout " + text(diskTimeout) + " must be at least one lease (" + text(lease)
                    + ") and longer than the storage needs to fail over, or 0 to stop when the storage is lost");
        }
        if (noticeStorageLoss().compareTo(letGoAfter()) > 0) {
            problems.add("C1: half a lease (" + text(letGoAfter())
                    + ") must be more than the larger of lease/3 and 2 x poll, and 5 x fastpoll = "
                    + text(noticeStorageLoss())
                    + ", or a node lets go before its peers notice that the storage is lost for all; raise lease or"
                    + " lower poll");
        }
        for (String name : NAMES) {
            boolean mayBeZero = name.equals("disktimeout") || name.equals("granularity");
            if (get(name).isNegative() || (get(name).isZero() && !mayBeZero)) {
                problems.add(name + " must be more than 0");
            }
        }
        if (heartbeat.isPositive() && heartbeat.compareTo(HEARTBEAT_MIN) < 0) {
            problems.add("heartbeat " + text(heartbeat) + " must be at least " + text(HEARTBEAT_MIN)
                    + ", twice the interval at which cssd looks at its clock, or it takes itself for stalled all the time"
                    + " and suspects nobody; raise heartbeat");
        }
        if (misscount.compareTo(times(heartbeat, BEATS_PER_MISSCOUNT)) < 0) {
            problems.add("misscount " + text(misscount) + " must be at least " + BEATS_PER_MISSCOUNT
                    + " x heartbeat = " + text(times(heartbeat, BEATS_PER_MISSCOUNT))
                    + ", or a few lost datagrams evict a healthy node; raise misscount");
        }
        return problems;
    }

    /** The numbers and what follows from them, as lines for people: what a node logs at start. */
    public List<String> certificate() {
        return List.of(
                "M = %s: a peer silent for so long on all private networks is suspect".formatted(text(misscount)),
                "L = %s: a lease counts from before the write that renewed it; at %s without renewal a node lets go"
                        .formatted(text(lease), text(letGoAfter())),
                "W = %s, g = %s: the watchdog resets a node that did not, and the platform is quiet after g"
                        .formatted(text(watchdog), text(granularity)),
                "S = (L + W + g)(1 + rho)/(1 - rho) = %s: after that nothing of a silent node can still run"
                        .formatted(text(takeoverAfter())),
                "D = %s: so long all nodes together go on when nobody reaches the voting disks; then takeover by who was"
                                .formatted(text(diskTimeout))
                        + " not there waits %s".formatted(text(coldTakeoverAfter())),
                "a voting disk that was not written and read for %s is OFFLINE".formatted(text(offlineAfter())),
                problems().isEmpty() ? "C1, C2, C3, C4 hold" : String.join("; ", problems()));
    }

    /** How long a voting disk may go without a complete write and read before it is shown as OFFLINE and not used for a change. */
    public Duration offlineAfter() {
        return times(poll, 4).plus(letGoGrace());
    }

    /** {@code Duration.multipliedBy} reckons in decimals: too dear for what is asked with every tick. */
    static Duration times(Duration span, long factor) {
        return Duration.ofNanos(Math.multiplyExact(span.toNanos(), factor));
    }

    static String text(Duration span) {
        return "%.3f s".formatted(span.toNanos() / 1e9);
    }

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }
}
