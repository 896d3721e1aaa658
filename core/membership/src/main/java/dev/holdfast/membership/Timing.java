package dev.holdfast.membership;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The timing constants of membership, and what follows from them, in one place.
 *
 * <pre>
 * One node x, its last good renewal begins at t0 (before anything is written):
 *   t0            x takes the time, then writes its block, then reads everybody's; no eviction is seen
 *   then          x arms a kernel timer that kills cssd at t0+L, and only then pets the watchdog (arm, then pet)
 *   t0+L/2        not renewed: x lets go of everything it runs (addresses, then processes), and says STOPPED
 *   t0+L          the kernel kills cssd if it is still there, also when it was stopped or stalled.
 *                 Closing the watchdog device pings it once more, at t0+L at the latest
 *   t0+L+W        the watchdog fires, whatever state the machine is in
 *   t0+L+W+g      no DMA, no packet leaves the machine any more
 * A survivor counts S on its own clock from the read in which it first saw x's newest block, which is later than t0.
 * Two clocks may run apart by rho each:
 *   S = (L + W + g) (1 + rho) / (1 - rho)
 * </pre>
 *
 * A guard that checks and then pets would need L + 2W + g: the check may pass at t0+L and the pet come W later.
 * That is why the timer is armed before each pet.
 *
 * @param heartbeat interval between network heartbeats
 * @param misscount M: silence on all links after which a peer is suspected
 * @param poll P: interval between rounds on the voting disks
 * @param fastPoll P_r: the same while anything is suspect
 * @param lease L: how long a renewal is good for
 * @param watchdog W: what the watchdog is set to
 * @param granularity g: until the platform really stops after the watchdog fired
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
        double rho) {

    /** What a pause of the daemon may cost without harm: the worst seen with ZGC and SCHED_RR was 17 ms, without 0.76 s. */
    private static final Duration PAUSE_BUDGET = Duration.ofMillis(500);

    /** Two misscount intervals' worth of beats must fit, or one lost datagram makes a suspect. */
    private static final int BEATS_PER_MISSCOUNT = 5;

    public static Timing conservative() {
        return new Timing(ms(1000), ms(15_000), ms(1000), ms(250), ms(15_000), ms(15_000), ms(1000), 0.002);
    }

    public static Timing standard() {
        return new Timing(ms(200), ms(3000), ms(500), ms(50), ms(4000), ms(5000), ms(1000), 0.002);
    }

    public static Timing fast() {
        return new Timing(ms(50), ms(350), ms(200), ms(20), ms(1500), ms(2000), ms(500), 0.002);
    }

    /** S: how long after the last sight of a node's newest block it is certainly harmless, without any other proof. */
    public Duration takeoverAfter() {
        long nanos = lease.plus(watchdog).plus(granularity).toNanos();
        return Duration.ofNanos((long) Math.ceil(nanos * (1 + rho) / (1 - rho)));
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
                problems().isEmpty() ? "C1, C2, C3 hold" : String.join("; ", problems()));
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
