package dev.holdfast.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The policies of the cluster, and the server pools that they are about.
 *
 * @param acl who may do what with it, as given; empty: nothing was given
 * @param lastActivated the policy that was activated last; empty: none
 * @param pools the pools that an activation changes; no other pool is touched by any policy
 * @param policies each says something of every one of these pools
 */
public record PolicySet(
        String acl, String lastActivated, SortedSet<String> pools, SortedMap<String, PoolPolicy> policies) {
    public static final PolicySet NONE = new PolicySet("", "", new TreeSet<>(), new TreeMap<>());

    public PolicySet {
        pools = Collections.unmodifiableSortedSet(new TreeSet<>(pools));
        policies = Collections.unmodifiableSortedMap(new TreeMap<>(policies));
    }

    public PolicySet withPolicies(SortedMap<String, PoolPolicy> others) {
        return new PolicySet(acl, others.containsKey(lastActivated) ? lastActivated : "", pools, others);
    }
}
