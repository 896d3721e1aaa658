package dev.holdfast.registry;

import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;

/**
 * Who writes a segment: one mastership of one life of crsd, and nobody else, ever.
 *
 * @param ticket the root generation that was claimed for this segment; no two claims get the same
 * @param epoch of the view in which the owner was master when it claimed
 * @param incarnation of the master's cssd; 0 if the ticket was claimed by somebody we know nothing about
 * @param node number of the master; 0 if unknown
 */
record Owner(long ticket, long epoch, long incarnation, int node) {
    /** Bytes in a snapshot. */
    static final int BYTES = 28;

    /** Somebody claimed {@code ticket} and never got as far as setting the root; a write of it may be under way. */
    static Owner unknown(long ticket) {
        return new Owner(ticket, 0, 0, 0);
    }

    /** The one segment that may be written under {@code ticket}. */
    static int segmentOf(long ticket) {
        return (int) (ticket % RegistryFormat.SEGMENTS);
    }

    /**
     * What the root says of a base written under {@code ticket}: enough of the ticket to tell it from every other base that may still stand
     * in the same segment.
     */
    static int markOf(long ticket) {
        return (int) (ticket % RegistryFormat.MARKS);
    }

    /** A root that names the base of this owner and no other. */
    RegistryRoot rootOfBase() {
        return new RegistryRoot(epoch, incarnation, markOf(ticket), ticket + 1);
    }

    int segment() {
        return segmentOf(ticket);
    }

    /** True if this owner may be the life {@code unsettled}: an unknown owner may be anybody. */
    boolean mayBe(View.Unsettled unsettled) {
        return node == 0
                || (node == unsettled.node().number()
                        && incarnation == unsettled.incarnation().number());
    }

    void encode(BytesOut out) {
        out.number(ticket).number(epoch).number(incarnation).number(node);
    }

    static Owner decode(BytesIn in) throws Malformed {
        var owner = new Owner(in.longNumber(), in.longNumber(), in.longNumber(), in.number());
        if (owner.ticket < 0) {
            throw new Malformed("a negative ticket");
        }
        return owner;
    }
}
