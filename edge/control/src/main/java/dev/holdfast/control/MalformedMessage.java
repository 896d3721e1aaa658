package dev.holdfast.control;

/** Bytes that are not a message of this protocol. The connection is still in step: the next line may be a good one. */
public final class MalformedMessage extends Exception {
    private static final long serialVersionUID = 1;

    MalformedMessage(String message) {
        super(message);
    }

    /** What a server answers. */
    public Reply.Refused refusal() {
        return Reply.Refused.because(
                "HF-1001",
                "The request was not understood: " + getMessage(),
                "Use the crsctl that came with the cluster: type -a crsctl");
    }
}
