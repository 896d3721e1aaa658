package dev.holdfast.control;

import java.io.IOException;

/** The cluster gave no answer. */
public final class Unreachable extends IOException {
    private static final long serialVersionUID = 1;

    /** What is known of the cause. In all but the last two the request was not sent. */
    public enum Reason {
        /** There is no socket: crsd does not run here, or has not come so far. */
        NO_SOCKET,
        /** The socket is there, but nobody listens: crsd died or is just being started again. */
        NOBODY_LISTENS,
        /** The kernel did not let us. */
        DENIED,
        /** The other side speaks another version of the protocol. */
        OTHER_VERSION,
        /** Something else listens there. */
        NOT_A_CLUSTER,
        /** Connected, but it is silent for longer than a live one ever is. */
        SILENT,
        /** The connection ended after the request was sent: nobody knows whether it was carried out. */
        BROKE_OFF
    }

    private final Reason reason;

    Unreachable(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
