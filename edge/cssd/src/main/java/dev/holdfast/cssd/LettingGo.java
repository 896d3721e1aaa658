package dev.holdfast.cssd;

import dev.holdfast.linux.Cgroup;
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

    Result run(boolean alsoCrsd) {
        StringBuilder detail = new StringBuilder();
        boolean verified = true;
        try (Netlink netlink = Netlink.open()) {
            List<InterfaceAddress> gone = netlink.deleteLabelled(LABEL_SUFFIX);
            boolean left = netlink.addresses().stream()
                    .anyMatch(address -> address.label().endsWith(LABEL_SUFFIX));
            verified = !left;
            detail.append(gone.size()).append(left ? " addresses removed, but some are left" : " addresses removed");
        } catch (IOException e) {
            verified = false;
            detail.append("addresses: ").append(e.getMessage());
        }
        verified &= empty(node.child("res"), detail);
        if (alsoCrsd) {
            verified &= empty(node.child("crsd"), detail);
            verified &= sweep(detail);
        }
        LOG.info("let go: {} ({})", detail, verified ? "verified" : "NOT verified");
        return new Result(verified, detail.toString());
    }

    /** A crsd that was killed may have added an address after the first look. */
    private static boolean sweep(StringBuilder detail) {
        try (Netlink netlink = Netlink.open()) {
            netlink.deleteLabelled(LABEL_SUFFIX);
            return netlink.addresses().stream()
                    .noneMatch(address -> address.label().endsWith(LABEL_SUFFIX));
        } catch (IOException e) {
            detail.append(", second look: ").append(e.getMessage());
            return false;
        }
    }

    private boolean empty(Cgroup group, StringBuilder detail) {
        try {
            if (!group.exists()) {
                return true;
            }
            boolean had = group.populated();
            group.kill();
            boolean gone = group.awaitEmpty(patience);
            if (had || !gone) {
                detail.append(", ")
                        .append(group.name())
                        .append(gone ? " killed" : " has processes that cannot be killed");
            }
            return gone;
        } catch (IOException e) {
            detail.append(", ").append(group.name()).append(": ").append(e.getMessage());
            return false;
        }
    }
}
