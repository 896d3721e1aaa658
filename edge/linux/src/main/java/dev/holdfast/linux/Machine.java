package dev.holdfast.linux;

import java.io.IOException;
import java.util.Optional;
import java.util.UUID;

/** The machine, or virtual machine, that we run on. */
public final class Machine {
    private Machine() {}

    /** Differs after every boot of the kernel. */
    public static UUID bootId() throws IOException {
        return Linux.later();
    }

    /** The hypervisor's name as far as it can be told ({@code "kvm"}, {@code "vmware"}, {@code "unknown"}); empty on bare metal. */
    public static Optional<String> hypervisor() {
        return Linux.later();
    }

    /**
     * Resets the machine now (sysrq b): no sync, no shutdown, unwritten data is lost. That is the point: a sync could hang, and what is
     * still unwritten must not be written later. Inside a container or namespace it resets the <em>host</em>: the caller decides whether it may.
     *
     * @throws IOException if the kernel refused; otherwise this does not return for long
     */
    public static void reset() throws IOException {
        Linux.later();
    }
}
