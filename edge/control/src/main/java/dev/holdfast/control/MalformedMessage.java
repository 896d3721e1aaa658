package dev.holdfast.control;

/** Bytes that are not a message of this protocol. The connection is still in step: the next line may be a good one. */
public final class MalformedMessage extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean tooLong;

    MalformedMessage(String message) {
        this(message, false);
    }

    private MalformedMessage(String message, boolean tooLong) {
        super(message);
        this.tooLong = tooLong;
    }

    /** A text that would be understood if it were shorter. */
    static MalformedMessage tooLong(String name, int characters, int longest) {
        String what = name.isEmpty() ? "a text" : "the value of '" + name + "'";
        return new MalformedMessage(
                what + " has " + characters + " characters; one value has " + longest + " at most", true);
    }

    /** What a server answers. */
    public Reply.Refused refusal() {
        return tooLong
                ? Reply.Refused.because(
                        "HF-1007",
                        "The request was not taken: " + getMessage() + ". Nothing was changed.",
                        "Put what is long into a file that all nodes have, and name the file in the value.")
                : Reply.Refused.because(
                        "HF-1001",
                        "The request was not understood: " + getMessage(),
                        "Use the crsctl that came with the cluster: type -a crsctl");
    }
}
