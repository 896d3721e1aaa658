package dev.holdfast.cssd;

import dev.holdfast.membership.NodeState;

/** A node's state as one byte, on the wire and on disk. */
final class StateCode {
    private static final byte JOINING = 1;
    private static final byte MEMBER = 2;
    private static final byte STOPPED = 3;

    private StateCode() {}

    static byte of(NodeState state) {
        return switch (state) {
            case JOINING -> JOINING;
            case MEMBER -> MEMBER;
            case STOPPED -> STOPPED;
        };
    }

    /** Fails with an IllegalArgumentException on a code that is not ours, which decoders take for unreadable. */
    static NodeState read(byte code) {
        return switch (code) {
            case JOINING -> NodeState.JOINING;
            case MEMBER -> NodeState.MEMBER;
            case STOPPED -> NodeState.STOPPED;
            default -> throw new IllegalArgumentException("no state has the code " + code);
        };
    }
}
