package dev.holdfast.linux;

/**
 * A network interface as the kernel described it.
 *
 * @param index the kernel's number for it in its network namespace
 * @param up an administrator switched it on
 * @param carrier the cable, or the bridge behind it, is live (IFF_RUNNING)
 */
public record Link(int index, String name, MacAddress mac, int mtu, boolean up, boolean carrier, boolean loopback) {}
