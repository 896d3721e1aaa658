package dev.holdfast.fuzz;

import java.util.List;
import java.util.SplittableRandom;

/**
 * One decoder and what it must do with any bytes.
 *
 * <p>The targets stand in the packages of what they try (and so on the class path, not on the module path): the decoders
 * are nobody else's business.
 */
public interface Target {
    /** For reports and {@code --target}: short, with dashes. */
    String name();

    /** A valid input, another one for other chances. */
    byte[] valid(SplittableRandom chance);

    /**
     * Decodes {@code input}.
     *
     * @param written what there is that is genuine: what of all this was once written or sent
     * @return whether it was accepted
     * @throws WrongAccept if it was, and must not have been
     */
    boolean decode(byte[] input, List<byte[]> written) throws WrongAccept;
}
