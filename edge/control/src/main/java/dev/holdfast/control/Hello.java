package dev.holdfast.control;

/**
 * The first frame in each direction. It comes before the protocol has a version, so it only ever grows: unknown fields are ignored.
 *
 * @param version of the protocol that the speaker wants; see {@link Codec#VERSION}
 * @param speaker program (crsctl, console) or name of the node that answers
 * @param release of the software, to be shown when versions differ
 */
public record Hello(int version, String speaker, String release) {}
