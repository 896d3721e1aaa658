package dev.holdfast.model;

/**
 * Where the registry log begins: the pointer that the view register guards (membership protocol, section 9).
 *
 * @param ownerEpoch the epoch in which the segment's owner was master; 0: the registry was never written
 * @param ownerIncarnation the incarnation of that master
 * @param segment names the one base that counts; the registry alone knows how, for everybody else it is just a number
 * @param generation raised by each change of root; a new root with an old generation is refused
 */
public record RegistryRoot(long ownerEpoch, long ownerIncarnation, int segment, long generation) {
    /** The root of a registry that was never written. */
    public static final RegistryRoot NONE = new RegistryRoot(0, 0, 0, 0);
}
