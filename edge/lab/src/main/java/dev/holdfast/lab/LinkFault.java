package dev.holdfast.lab;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What is wrong with a node's cable to a network. */
enum LinkFault {
    /** Nothing goes through. On the public network the carrier is gone, too, as when the cable is pulled. */
    CUT,
    /** What is sent to the node is lost; what it sends arrives. */
    INBOUND,
    /** What the node sends is lost; what is sent to it arrives. */
    OUTBOUND;

    /** As in the status: {@code cut}, {@code inbound loss}. */
    String text() {
        return this == CUT ? "cut" : name().toLowerCase(Locale.ROOT) + " loss";
    }

    /** @param option {@code --inbound} or {@code --outbound} */
    static Optional<LinkFault> ofOption(String option) {
        return Arrays.stream(values())
                .filter(fault -> fault != CUT)
                .filter(fault -> option.equals("--" + fault.name().toLowerCase(Locale.ROOT)))
                .findFirst();
    }
}
