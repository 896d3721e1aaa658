package dev.holdfast.policy;

import dev.holdfast.model.Message;
import java.util.List;

/** How far a command has come. */
public sealed interface Progress {
    /** Everything it waits for is so. */
    record Done() implements Progress {}

    /** Actions are under way or about to be. */
    record Working() implements Progress {}

    /** Nothing more is going to happen by itself, and it is not as the command asked. */
    record Failed(List<Message> reasons) implements Progress {}
}
