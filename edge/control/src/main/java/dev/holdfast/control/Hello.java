package dev.holdfast.control;

/**
 * The first frame in each direction. It comes before the protocol has a version, so it only ever grows: unknown fields are ignored.
 *
 * @param version of the protocol that the speaker wants; see {@link Codec#VERSION}
 * @param speaker program (crsctl, console) or name of the node that answers
 * @param release of the software, to be shown when versions differ
 */
public record Hello(int version, String speaker, String release) {
    /** Of the software that this class came with. */
    public static final String RELEASE = "0.1.0";

    /** How this release introduces itself. */
    public static Hello from(String speaker) {
        return new Hello(Codec.VERSION, speaker, RELEASE);
    }
}
