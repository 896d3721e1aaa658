package dev.holdfast.membership;

import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A change of the voting set, from the request until it is complete.
 *
 * <pre>
 * set S      every member opens the new disks, writes and reads them, and says so in its block; they have no vote yet
 *    |       ballot over majorities of S and of S'
 * joint J    whatever needs a majority needs one of S and one of S'
 *    |       every member's block announces J; ballot over both again
 * set S'     the disks that are not in it are written no more
 * |       the master announces S' in a complete round
 * done      the other disks may be given away
 * </pre>
 *
 * The last step is for who starts: the ballot for S' alone does not tell a reader of S' that it is law, so without S' in a block of S' it
 * would look for a majority of S for ever.
 *
 * Why nothing is lost. Views: see {@link ViewRegister}. Leases: a life that renews under S only has not announced J, so
 * the step to S' waits for it for as long as it is a member. And the master announced J on a majority of S, in a complete round, before
 * it proposes S': so every round over S that begins later learns of J. Such a round renews nothing, as a round counts only if its
 * disks cover the sets that are in force after it was read. The last round over S that counts began before that, and so before anybody
 * learned of S'. Others may not see it, as they look only into S' by then: so the silence of a voted-out life is counted from
 * the learning of S' at the earliest ({@code Membership.votingSetSince}). Lives: claims that only S knows of have lower numbers than all lives that
 * begin under S' ({@code Membership.newestLifeIn}).
 *
 * @param decided whether the first ballot is committed, so that it goes on by itself
 */
record VotingSetChange(Input.ChangeWanted wanted, ViewChange.ChangeDisks change, Moment since, boolean decided) {
    /** Longest path of a disk, in bytes: all of them must fit into a block. */
    static final int PATH_MAX = 100;

    /** How long members are given to open the new disks. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    VotingSetChange afterFirstBallot() {
        return new VotingSetChange(wanted, change, since, true);
    }

    /** The set that is wanted in the end, on top of {@code set}. */
    static SortedSet<UUID> resultOn(VotingSet set, ViewChange.ChangeDisks change) {
        SortedSet<UUID> result = new TreeSet<>(set.disks());
        result.removeAll(change.remove());
        result.addAll(change.add().keySet());
        return result;
    }

    /** Why {@code change} can never be made on {@code set}; empty if it can. */
    static String objection(VotingSet set, ViewChange.ChangeDisks change) {
        if (set.disks().isEmpty()) {
            return "the identities of the present voting disks are not known";
        }
        if (set.isJoint()) {
            return "a change of the voting disks is under way; wait until 'crsctl query css votedisk' shows that it is complete";
        }
        if (change.add().isEmpty() && change.remove().isEmpty()) {
            return "there is nothing to change: name disks to add or to delete";
        }
        for (String path : change.add().values()) {
            if (path.isEmpty() || path.getBytes(StandardCharsets.UTF_8).length > PATH_MAX) {
                return "the path of a new disk must have 1 to " + PATH_MAX + " bytes, got '" + path + "'";
            }
        }
        for (UUID id : change.remove()) {
            if (change.add().containsKey(id)) {
                return "disk " + text(id) + " cannot be added and deleted at once";
            }
            if (!set.disks().contains(id)) {
                return "disk " + text(id) + " is not a voting disk";
            }
        }
        for (UUID id : change.add().keySet()) {
            if (set.disks().contains(id)) {
                return "disk " + text(id) + " is a voting disk already";
            }
        }
        int size = resultOn(set, change).size();
        if (size != 1 && size != 3 && size != 5) {
            return "there would be " + size
                    + " voting disks; 1, 3 or 5 are possible, as an even number bears the loss of no more"
                    + " disks than one less. Add or delete several disks with one command";
        }
        return "";
    }

    /**
     * Which members do not use disks that they would need; empty if the change can be made now.
     *
     * @param usable what each member says that it uses, in its newest block
     */
    static String missing(
            VotingSet set, View view, ViewChange.ChangeDisks change, SortedMap<NodeId, SortedSet<UUID>> usable) {
        StringBuilder missing = new StringBuilder();
        SortedSet<UUID> result = resultOn(set, change);
        for (NodeId member : view.members().keySet()) {
            SortedSet<UUID> has = usable.getOrDefault(member, new TreeSet<>());
            change.add().forEach((id, path) -> {
                if (!has.contains(id)) {
                    missing.append("; ")
                            .append(member)
                            .append(" cannot use disk ")
                            .append(text(id));
                    missing.append(" (").append(path).append(" on the master)");
                }
            });
            if (!usesMajority(result, has)) {
                long seen = result.stream().filter(id -> has.contains(id)).count();
                missing.append("; ").append(member).append(" would use only ").append(seen);
                missing.append(" of the ").append(result.size()).append(" voting disks");
            }
        }
        return missing.isEmpty() ? "" : missing.substring(2);
    }

    /** Whether a node that uses the disks {@code usable} uses more than half of {@code set}, or there is no such set. */
    static boolean usesMajority(SortedSet<UUID> set, SortedSet<UUID> usable) {
        return set.isEmpty()
                || 2 * set.stream().filter(id -> usable.contains(id)).count() > set.size();
    }

    /** The first of the two steps. */
    static VotingSet joint(VotingSet set, ViewChange.ChangeDisks change) {
        return new VotingSet(set.generation() + 1, resultOn(set, change), set.disks());
    }

    /** The second. */
    static VotingSet complete(VotingSet joint) {
        return new VotingSet(joint.generation(), joint.disks(), new TreeSet<>());
    }

    /** As administrators see it: File Universal Id, without dashes. */
    static String text(UUID id) {
        return id.toString().replace("-", "");
    }
}
