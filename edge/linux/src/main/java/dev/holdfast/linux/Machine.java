package dev.holdfast.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** The machine, or virtual machine, that we run on. */
public final class Machine {
    /** Where the kernel takes orders such as the one of {@link #reset}. */
    public static final Path SYSRQ_TRIGGER = Path.of("/proc/sysrq-trigger");

    private static final Path ROOT = Path.of("/");
    /** What DMI fields of virtual machines begin with, and the name systemd-detect-virt gives them. */
    private static final List<Map.Entry<String, String>> DMI_BEGINNINGS = List.of(
            Map.entry("KVM", "kvm"),
            Map.entry("OpenStack", "kvm"),
            Map.entry("KubeVirt", "kvm"),
            Map.entry("Amazon EC2", "amazon"),
            Map.entry("QEMU", "qemu"),
            Map.entry("VMware", "vmware"),
            Map.entry("VMW", "vmware"),
            Map.entry("innotek GmbH", "oracle"),
            Map.entry("VirtualBox", "oracle"),
            Map.entry("Xen", "xen"),
            Map.entry("Bochs", "bochs"),
            Map.entry("Parallels", "parallels"),
            Map.entry("BHYVE", "bhyve"),
            Map.entry("Hyper-V", "microsoft"),
            Map.entry("Virtual Machine", "microsoft"),
            Map.entry("Apple Virtualization", "apple"),
            Map.entry("Google Compute Engine", "google"));

    private static final List<String> DMI_FIELDS =
            List.of("product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version");

    private Machine() {}

    /** Differs after every boot of the kernel. */
    public static UUID bootId() throws IOException {
        return UUID.fromString(
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip());
    }

    /** How many processors this process may use. */
    public static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** The memory of the machine; 0 if the kernel does not say. */
    public static long memoryMegabytes() {
        return read(Path.of("/proc/meminfo"))
                .lines()
                .filter(line -> line.startsWith("MemTotal:"))
                .map(line -> line.replaceAll("\\D", ""))
                .filter(digits -> !digits.isEmpty() && digits.length() < 16)
                .mapToLong(digits -> Long.parseLong(digits) / 1024)
                .findFirst()
                .orElse(0);
    }

    /**
     * What the kernel tells of it, by the names that administrators know: CPU_CLOCK_RATE (MHz), CPU_HYPERTHREADING (1: in use) and PHYSICAL_HOSTNAME,
     * which only a machine knows that is not a virtual one. What it does not tell is left out.
     */
    public static SortedMap<String, String> described() {
        return described(ROOT);
    }

    static SortedMap<String, String> described(Path root) {
        SortedMap<String, String> described = new TreeMap<>();
        Path processors = root.resolve("sys/devices/system/cpu");
        // The rate that it is sold with, where there is one: what cpuinfo tells changes with the load.
        String highest = read(processors.resolve("cpu0/cpufreq/cpuinfo_max_freq"));
        String present = read(root.resolve("proc/cpuinfo"))
                .lines()
                .filter(line -> line.startsWith("cpu MHz"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
        if (highest.matches("\\d{4,12}")) {
            described.put("CPU_CLOCK_RATE", Long.toString(Math.round(Long.parseLong(highest) / 1000.0)));
        } else if (present.matches("\\d{1,9}(\\.\\d{1,9})?")) {
            described.put("CPU_CLOCK_RATE", Long.toString(Math.round(Double.parseDouble(present))));
        }
        String threads = read(processors.resolve("smt/active"));
        if (threads.equals("0") || threads.equals("1")) {
            described.put("CPU_HYPERTHREADING", threads);
        }
        String name = read(root.resolve("proc/sys/kernel/hostname"));
        if (!name.isEmpty() && hypervisor(root).isEmpty()) {
            described.put("PHYSICAL_HOSTNAME", name);
        }
        return described;
    }

    /**
     * The hypervisor's name as far as it can be told ({@code "kvm"}, {@code "vmware"}, {@code "unknown"}); empty on bare metal. Any sign
     * of a hypervisor counts, because what depends on bare metal (a timer that cannot stand still) is not safe without.
     */
    public static Optional<String> hypervisor() {
        return hypervisor(ROOT);
    }

    static Optional<String> hypervisor(Path root) {
        for (String field : DMI_FIELDS) {
            String value = read(root.resolve("sys/class/dmi/id").resolve(field));
            for (Map.Entry<String, String> known : DMI_BEGINNINGS) {
                if (value.startsWith(known.getKey())) {
                    return Optional.of(known.getValue());
                }
            }
        }
        String type = read(root.resolve("sys/hypervisor/type"));
        if (!type.isEmpty()) {
            return Optional.of(type);
        }
        if (Files.exists(root.resolve("proc/device-tree/hypervisor"))) {
            return Optional.of("unknown");
        }
        boolean flagged = read(root.resolve("proc/cpuinfo"))
                .lines()
                .filter(line -> line.startsWith("flags"))
                .anyMatch(line -> List.of(line.split("\\s+")).contains("hypervisor"));
        return flagged ? Optional.of("unknown") : Optional.empty();
    }

    /**
     * Resets the machine now (sysrq b): no sync, no shutdown, unwritten data is lost. That is the point: a sync could hang, and what is
     * still unwritten must not be written later. Inside a container or namespace it resets the <em>host</em>: the caller decides whether it may.
     *
     * @param sysrqTrigger where the kernel takes that order, usually {@link #SYSRQ_TRIGGER}
     * @throws IOException if the kernel refused; otherwise this does not return for long
     */
    public static void reset(Path sysrqTrigger) throws IOException {
        Libc.writeKernelFile(sysrqTrigger, "b");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException _) {
            return ""; // Not on this architecture, or not for us: no sign either way.
        }
    }
}
