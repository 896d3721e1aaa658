package dev.holdfast.cssd;

import dev.holdfast.model.NodeId;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * The two blocks in which a node keeps one value (rule R3). Only one of them is being written at a time, and never the one
 * that holds the newest value, so whatever a power loss leaves of a write, the other block holds the value before it.
 * Before the first write that value is none: an unreadable first block beside a blank second one is a first write that
 * was torn, and means that nothing was written yet. That takes a device that damages no block but the one being written.
 */
final class BlockPair<B> {
    static final int BYTES = 2 * BlockSeal.BLOCK;

    /** Reads the block at an offset as that of a node; empty if it is not one. */
    interface Decoder<B> {
        Optional<B> read(byte[] area, int offset, NodeId node);
    }

    /**
     * What a pair holds.
     *
     * @param torn whether there was a value that cannot be read; then there is none here
     */
    record Found<B>(Optional<B> value, boolean torn) {}

    private final Decoder<B> decoder;
    private final BiPredicate<B, B> isNewer;

    BlockPair(Decoder<B> decoder, BiPredicate<B, B> isNewer) {
        this.decoder = decoder;
        this.isNewer = isNewer;
    }

    /** The newer of the values in the pair of {@code node} that begins at {@code at}. */
    Found<B> read(byte[] area, int at, NodeId node) {
        Optional<B> first = decoder.read(area, at, node);
        Optional<B> second = decoder.read(area, at + BlockSeal.BLOCK, node);
        if (first.isPresent() && second.isPresent()) {
            return new Found<>(isNewer.test(second.get(), first.get()) ? second : first, false);
        }
        Optional<B> only = first.or(() -> second);
        // Only the second block tells: it is written when the first one holds a value, and not before.
        boolean lost = only.isEmpty() && !BlockSeal.isBlank(area, at + BlockSeal.BLOCK);
        return new Found<>(only, lost);
    }

    /** Which of the two blocks, 0 or 1, must be written next: the one that does not hold the newest value. */
    int next(byte[] area, int at, NodeId node) {
        Optional<B> first = decoder.read(area, at, node);
        Optional<B> second = decoder.read(area, at + BlockSeal.BLOCK, node);
        if (first.isEmpty()) {
            return 0;
        }
        return second.isPresent() && isNewer.test(second.get(), first.get()) ? 0 : 1;
    }
}
