package dev.holdfast.cssd;

import dev.holdfast.linux.Cgroup;
import dev.holdfast.linux.DiskMark;
import dev.holdfast.linux.InterfaceAddress;
import dev.holdfast.linux.Netlink;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops everything that this node runs for the cluster, without asking anybody: first the addresses, so that no client
 * can tell a dying service from a live one, then every process in the resources' control groups; then looks whether it
 * is so.
 */
final class LettingGo {
    private static final Logger LOG = LoggerFactory.getLogger(LettingGo.class);

    /** Ends the label of every address that crsd adds. */
    static final String LABEL_SUFFIX = ":hf";

    /** How often one that does not end is looked at for what keeps it. */
    private static final Duration SLICE = Duration.ofMillis(50);

    private final Cgroup node;
    private final Duration patience;

    /**
     * @param group the node's control group; resources are in {@code res} below it, crsd in {@code crsd}
     * @param patience how long killed processes are given to be gone
     */
    LettingGo(Cgroup group, Duration patience) {
        node = group;
        this.patience = patience;
    }

    /** How it went; {@code verified} is true only if nothing is left. */
    record Result(boolean verified, String detail) {}

    /**
     * The order matters. crsd is killed first, and seen dead before anything is called verified: one that is stopped
     * between "my lease holds" and its next fork would start something after we had looked. Addresses go at once and are
     * looked at again when crsd is gone.
     */
    Result run() {
        StringBuilder detail = new StringBuilder();
        kill(node.child("crsd"), detail);
        removeAddresses(detail);
        kill(node.child("res"), detail);
        boolean verified = awaitCrsdOver(node.child("crsd"), detail);
        verified &= removeAddresses(detail);
        kill(node.child("res"), detail);
        verified &= awaitEmpty(node.child("res"), detail);
        String said = detail.isEmpty() ? "nothing was running" : detail.substring(2);
        LOG.info("let go: {} ({})", said, verified ? "verified" : "NOT verified");
        return new Result(verified, said);
    }

    /** True if no address of ours is left. */
    private static boolean removeAddresses(StringBuilder detail) {
        try (Netlink netlink = Netlink.open()) {
            List<InterfaceAddress> gone = netlink.deleteLabelled(LABEL_SUFFIX);
            if (!gone.isEmpty()) {
                detail.append(", ").append(gone.size()).append(" addresses removed");
            }
            return netlink.addresses().stream()
                    .noneMatch(address -> address.label().endsWith(LABEL_SUFFIX));
        } catch (IOException e) {
            detail.append(", addresses: ").append(e.getMessage());
            return false;
        }
    }

    private static void kill(Cgroup group, StringBuilder detail) {
        try {
            if (group.populated()) {
                group.kill();
                detail.append(", ").append(group.name()).append(" killed");
            }
        } catch (IOException e) {
            detail.append(", ").append(group.name()).append(": ").append(e.getMessage());
        }
    }

    /**
     * A killed crsd with a thread that is stuck in a disk of the registry stays for as long as the disk hangs, and does
     * nothing more: the one write under way may still arrive, which the registry's segments are made for, and the next
     * crsd here does not use that disk before.
     */
    private boolean awaitCrsdOver(Cgroup group, StringBuilder detail) {
        long began = System.nanoTime();
        try {
            while (group.exists() && !group.awaitEmpty(SLICE)) {
                List<Long> left = group.processes();
                if (left.stream().allMatch(process -> DiskMark.onlyBearersAreLeft(process, 'r', "registry"))) {
                    if (!left.isEmpty()) {
                        detail.append(", a killed crsd is still stuck in a disk: ")
                                .append(left);
                    }
                    return true;
                }
                if (System.nanoTime() - began > patience.toNanos()) {
                    detail.append(", crsd cannot be killed: processes ").append(left);
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            detail.append(", ").append(group.name()).append(": ").append(e.getMessage());
            return false;
        }
    }

    private boolean awaitEmpty(Cgroup group, StringBuilder detail) {
        try {
            boolean empty = !group.exists() || group.awaitEmpty(patience);
            if (!empty) {
                detail.append(", ").append(group.name()).append(" has processes that cannot be killed");
            }
            return empty;
        } catch (IOException e) {
            detail.append(", ").append(group.name()).append(": ").append(e.getMessage());
            return false;
        }
    }
}
