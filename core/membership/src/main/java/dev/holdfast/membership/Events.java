package dev.holdfast.membership;

/** Names of the events that membership notes; they are part of the documented event log. */
public final class Events {
    private Events() {}

    public static final String JOINING = "joining";
    public static final String RESUMED = "resumed";
    public static final String SUSPECT = "suspect";
    public static final String TRUST = "trust";
    public static final String VOTE = "vote";
    public static final String COMMITTED = "view-committed";
    public static final String INSTALLED = "view-installed";
    public static final String EVICTED = "evicted";
    public static final String LEASE_LOST = "lease-lost";
    public static final String FROZEN = "storage-outage";
    public static final String THAWED = "storage-back";
    public static final String TIMING = "timing-changed";
    public static final String LETTING_GO = "letting-go";
    public static final String LET_GO = "let-go";
    public static final String FENCE = "fence-requested";
    public static final String FENCE_FAILED = "fence-failed";
    public static final String FENCE_CALLED_OFF = "fence-called-off";
    public static final String SETTLED = "settled";
    public static final String DISK_LOST = "voting-disk-lost";
    public static final String VOTING_SET = "voting-set-changed";
    public static final String DISK_BACK = "voting-disk-back";
}
