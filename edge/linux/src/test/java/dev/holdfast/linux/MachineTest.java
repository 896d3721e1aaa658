package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
    @TempDir
    private Path root = Path.of("");

    @Test
    void the_boot_id_is_the_kernels() throws Exception {
        assertEquals(
                Sandbox.output(List.of("cat", "/proc/sys/kernel/random/boot_id")),
                Machine.bootId().toString());
        assertEquals(Machine.bootId(), Machine.bootId());
    }

    @Test
    void bare_metal_has_no_hypervisor() throws IOException {
        file("sys/class/dmi/id/product_name", "PowerEdge R650\n");
        file("sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
        file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sse2 hypervisorless\nbugs\t\t: hypervisor\n");

        assertEquals(Optional.empty(), Machine.hypervisor(root));
    }

    @Test
    void a_machine_tells_what_it_is() throws IOException {
        file("proc/cpuinfo", "processor\t: 0\ncpu MHz\t\t: 1197.412\n\nprocessor\t: 1\ncpu MHz\t\t: 800.000\n");
        file("proc/sys/kernel/hostname", "db1\n");
        file("sys/devices/system/cpu/smt/active", "1\n");

        assertEquals(
                Map.of("CPU_CLOCK_RATE", "1197", "CPU_HYPERTHREADING", "1", "PHYSICAL_HOSTNAME", "db1"),
                Machine.described(root));
        file("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3399800\n");
        assertEquals("3400", Machine.described(root).get("CPU_CLOCK_RATE"));
        file("sys/class/dmi/id/sys_vendor", "QEMU\n");
        assertEquals(null, Machine.described(root).get("PHYSICAL_HOSTNAME"), "only its host knows the host's name");
    }

    @Test
    void what_a_machine_does_not_tell_is_left_out() throws IOException {
        file("proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 50.00\n");
        file("sys/devices/system/cpu/smt/active", "unsupported\n");

        assertEquals(Map.of(), Machine.described(root));
    }

    @Test
    void a_machine_that_tells_nothing_has_none_known() {
        assertEquals(Optional.empty(), Machine.hypervisor(root));
    }

    @Test
    void the_firmware_names_the_hypervisor() throws IOException {
        file("sys/class/dmi/id/sys_vendor", "QEMU\n");
        file("sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)\n");

        assertEquals(Optional.of("qemu"), Machine.hypervisor(root));
        file("sys/class/dmi/id/product_name", "VMware Virtual Platform\n");
        assertEquals(Optional.of("vmware"), Machine.hypervisor(root));
    }

    @Test
    void the_processor_betrays_a_hypervisor_without_a_name() throws IOException {
        file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme hypervisor sse2\n");

        assertEquals(Optional.of("unknown"), Machine.hypervisor(root));
    }

    @Test
    void xen_says_its_name_itself() throws IOException {
        file("sys/hypervisor/type", "xen\n");

        assertEquals(Optional.of("xen"), Machine.hypervisor(root));
    }

    @Test
    void this_machine_agrees_with_its_processor_flags() throws IOException {
        boolean flagged = Files.readString(Path.of("/proc/cpuinfo")).contains(" hypervisor ");

        assertEquals(flagged, Machine.hypervisor().isPresent());
    }

    @Test
    void a_reset_writes_the_one_letter_that_neither_syncs_nor_unmounts() throws IOException {
        file("proc/sysrq-trigger", "");

        Machine.reset(root.resolve("proc/sysrq-trigger"));

        assertEquals("b", Files.readString(root.resolve("proc/sysrq-trigger")));
    }

    @Test
    void a_reset_that_is_not_possible_is_an_error() {
        SystemCallFailed failure =
                assertThrows(SystemCallFailed.class, () -> Machine.reset(root.resolve("proc/sysrq-trigger")));

        assertNotEquals(0, failure.errno());
    }

    private void file(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
