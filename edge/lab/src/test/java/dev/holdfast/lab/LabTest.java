package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lab on real namespaces, disks and power switches; only the daemons in the nodes are stand-ins. */
class LabTest {
    private static final String READ = "dd if=/dev/hf/disk1 of=/dev/null bs=4k count=1 iflag=direct";

    @TempDir
    static Path directory;

    private static LabUnderTest lab;

    @BeforeAll
    static void up() throws IOException, InterruptedException {
        assumeTrue(
                "root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/dev/fuse")),
                "the lab needs root and /dev/fuse");
        lab = new LabUnderTest(directory, "one");
        lab.done("up", "--profile", "fast");
    }

    @AfterAll
    static void down() throws IOException, InterruptedException {
        if (lab != null) {
            lab.end();
        }
    }

    @AfterEach
    void mend() throws IOException, InterruptedException {
        for (String node : List.of("node1", "node2")) {
            lab.done("mend", node, "storage");
            lab.done("mend", node, "public");
            lab.done("mend", node, "private");
            lab.done("power-on", node);
            if (lab.done("status").lines().anyMatch(line -> line.startsWith(node) && line.contains("frozen"))) {
                lab.done("thaw", node);
            }
        }
    }

    private static String network() throws IOException, InterruptedException {
        String status = lab.done("status", "-o", "json");
        return status.replaceFirst(".*\"publicNetwork\":\"(10\\.[0-9]+)\\.0\\.0/24\".*", "$1");
    }

    private static String bootOf(String node) throws IOException, InterruptedException {
        return lab.said(node, "cat /proc/sys/kernel/random/boot_id");
    }

    @Test
    void the_status_tells_what_the_daemons_say() throws Exception {
        LabUnderTest.await(
                "both nodes to answer",
                () -> lab.done("status", "-o", "json").split("\"inView\":true", -1).length == 3);
        String n = network();
        assertThat(lab.done("status", "-o", "json"))
                .contains("{\"name\":\"node2\",\"power\":\"on\",\"publicAddress\":\"" + n
                        + ".0.12\",\"inView\":true,\"epoch\":7,\"vips\":[]}");
        lab.said("node2", "ip addr add " + n + ".0.101/24 dev pub0 label pub0:hf");
        assertThat(lab.done("status", "-o", "json")).contains("\"vips\":[\"" + n + ".0.101\"]");
        lab.said("node2", "ip addr del " + n + ".0.101/24 dev pub0");
    }

    @Test
    void a_node_is_a_machine_of_its_own() throws Exception {
        String n = network();
        assertThat(lab.said("node1", "hostname; ip -4 -br addr show pub0 | tr -s ' ' | cut -d ' ' -f 3; echo $$"))
                .startsWith("node1\n" + n + ".0.11/24");
        assertThat(bootOf("node1")).isNotEqualTo(bootOf("node2"));
        lab.said("node1", "touch /etc/only-here /var/only-here /run/only-here; mkdir /sys/fs/cgroup/only-here");
        assertThat(lab.in("node2", "ls -d /etc/only-here /var/only-here /run/only-here /sys/fs/cgroup/only-here")
                        .out())
                .isEmpty();
        assertThat(Path.of("/etc/only-here")).doesNotExist();
        lab.said("node1", "echo hello > /shared/note");
        assertThat(lab.said("node2", "cat /shared/note")).isEqualTo("hello");
        assertThat(lab.done("client", "--", "cat", "/shared/note")).isEqualTo("hello");
    }

    @Test
    void a_power_cycle_is_a_new_boot_that_keeps_the_disk_and_loses_the_memory() throws Exception {
        String before = bootOf("node1");
        lab.said(
                "node1",
                "touch /etc/kept /var/lib/holdfast/kept /run/lost /tmp/lost; mkdir -p /sys/fs/cgroup/lost/deep");
        lab.done("power-off", "node1");
        assertThat(lab.run("exec", "node1", "--", "true"))
                .isEqualTo(new LabUnderTest.Answer(
                        125, "", "holdfast: node1 is off. Power it on: holdfast lab --name one power-on node1"));
        lab.done("power-on", "node1");
        assertThat(bootOf("node1")).isNotEqualTo(before);
        assertThat(lab.in("node1", "ls -d /etc/kept /var/lib/holdfast/kept /run/lost /tmp/lost /sys/fs/cgroup/lost")
                        .out())
                .isEqualTo("/etc/kept\n/var/lib/holdfast/kept");
    }

    @Test
    void a_cut_disk_fails_and_only_for_the_node_that_was_cut() throws Exception {
        lab.done("cut", "node1", "disk1");
        assertThat(lab.in("node1", READ).err()).contains("Input/output error");
        assertThat(lab.in("node1", READ.replace("disk1", "disk2")).exit()).isZero();
        assertThat(lab.in("node2", READ).exit()).isZero();
        assertThat(lab.done("status")).contains("node1: disk1 cut");
        lab.done("mend", "node1", "disk1");
        assertThat(lab.in("node1", READ).exit()).isZero();
    }

    @Test
    void the_nodes_see_each_others_writes() throws Exception {
        lab.said("node1", "printf 'from node1' | dd of=/dev/hf/disk2 bs=4096 seek=5 conv=notrunc,sync oflag=direct");
        assertThat(lab.said(
                        "node2", "dd if=/dev/hf/disk2 bs=4096 skip=5 count=1 iflag=direct 2>/dev/null | head -c 10"))
                .isEqualTo("from node1");
    }

    @Test
    void a_disk_has_an_end() throws Exception {
        long mebibytes = Long.parseLong(lab.said("node1", "stat -L -c %s /dev/hf/disk1")) >> 20;
        assertThat(lab.in("node1", "dd if=/dev/zero of=/dev/hf/disk1 bs=1M seek=" + mebibytes + " count=1 conv=notrunc")
                        .err())
                .contains("No space left on device");
    }

    private static void awaitStuck() throws IOException, InterruptedException {
        LabUnderTest.await(
                "dd to be stuck in the kernel",
                () -> lab.in("node1", "ps -C dd -o stat=").out().contains("D"));
    }

    @Test
    void a_hung_disk_answers_when_it_is_mended() throws Exception {
        lab.done("hang", "node1", "disk1");
        Process reader = lab.begin("exec", "node1", "--", "bash", "-c", READ);
        awaitStuck();
        assertThat(reader.isAlive()).isTrue();
        lab.done("mend", "node1", "disk1");
        assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(reader.exitValue()).isZero();
    }

    @Test
    void a_node_that_hangs_in_the_kernel_loses_its_power_and_its_last_write() throws Exception {
        lab.said("node2", "printf before | dd of=/dev/hf/disk1 bs=4096 seek=9 conv=notrunc,sync oflag=direct");
        lab.done("hang", "node1", "storage");
        Process writer = lab.begin(
                "exec",
                "node1",
                "--",
                "bash",
                "-c",
                "printf late | dd of=/dev/hf/disk1 bs=4096 seek=9 conv=notrunc,sync oflag=direct");
        awaitStuck();
        lab.done("power-off", "node1");
        assertThat(writer.waitFor(60, TimeUnit.SECONDS)).isTrue();
        lab.done("mend", "node1", "storage");
        assertThat(lab.said(
                        "node2",
                        "dd if=/dev/hf/disk1 bs=4096 skip=9 count=1 iflag=direct 2>/dev/null | head -c 6 | tr '\\0' ."))
                .isEqualTo("before");
    }

    @Test
    void a_slow_disk_takes_its_time() throws Exception {
        lab.done("slow", "node1", "disk1", "300");
        long began = System.nanoTime();
        lab.said("node1", READ);
        assertThat(System.nanoTime() - began).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(300));
        assertThat(lab.done("status")).contains("node1: disk1 slow (300 ms)");
    }

    @Test
    void a_frozen_node_does_nothing_and_can_be_powered_off() throws Exception {
        lab.said("node1", "nohup bash -c 'while true; do echo x >> /shared/alive; done' > /dev/null 2>&1 &");
        Path trace = lab.state().resolve("shared/alive");
        LabUnderTest.await("it to run", () -> Files.exists(trace) && Files.size(trace) > 0);
        lab.done("freeze", "node1");
        long size = Files.size(trace);
        assertThat(lab.done("status")).containsPattern("node1 +frozen");
        assertThat(lab.run("exec", "node1", "--", "true").err())
                .isEqualTo("holdfast: node1 is frozen. Let it go on: holdfast lab --name one thaw node1");
        assertThat(Files.size(trace)).isEqualTo(size);
        lab.done("thaw", "node1");
        LabUnderTest.await("it to go on", () -> Files.size(trace) > size);
        lab.done("freeze", "node1");
        lab.done("power-off", "node1");
        long last = Files.size(trace);
        lab.done("power-on", "node1");
        assertThat(Files.size(trace)).isEqualTo(last);
    }

    private static String reach(String address) throws IOException, InterruptedException {
        LabUnderTest.Answer answer = lab.in("node1", "timeout 2 bash -c ': > /dev/tcp/" + address + "/9'");
        return answer.err().contains("Connection refused") ? "reached" : "exit " + answer.exit();
    }

    @Test
    void a_cut_public_network_takes_the_carrier_and_a_cut_private_network_only_the_messages() throws Exception {
        String n = network();
        assertThat(reach(n + ".0.12")).isEqualTo("reached");
        assertThat(reach(n + ".1.12")).isEqualTo("reached");
        lab.done("cut", "node1", "public");
        lab.done("cut", "node1", "private1");
        assertThat(lab.said("node1", "cat /sys/class/net/pub0/carrier /sys/class/net/priv1/carrier"))
                .isEqualTo("0\n1");
        assertThat(reach(n + ".1.12")).isNotEqualTo("reached");
        assertThat(reach(n + ".2.12")).isEqualTo("reached");
        lab.done("power-off", "node1");
        lab.done("power-on", "node1");
        assertThat(lab.said("node1", "cat /sys/class/net/pub0/carrier"))
                .as("a cut outlives a boot")
                .isEqualTo("0");
        lab.done("mend", "node1", "public");
        lab.done("mend", "node1", "private");
        LabUnderTest.await("the cables to carry again", () -> reach(n + ".0.12").equals("reached"));
        LabUnderTest.await("the switch to carry again", () -> reach(n + ".1.12").equals("reached"));
    }

    /** Datagrams that arrived for port 9, where nobody listens. */
    private static long arrived(String node) throws IOException, InterruptedException {
        return Long.parseLong(lab.said(node, "awk '/^Udp:/ { n = $3 } END { print n }' /proc/net/snmp"));
    }

    /** Without asking for the other's hardware address, so that nothing has to come back. */
    private static void send(String from, String to) throws IOException, InterruptedException {
        String mac = lab.said(to, "cat /sys/class/net/priv1/address");
        String address = network() + (to.equals("node1") ? ".1.11" : ".1.12");
        lab.said(
                from,
                "ip neigh replace " + address + " lladdr " + mac + " dev priv1 nud permanent; echo hello > /dev/udp/"
                        + address + "/9");
    }

    /** What was sent first and did not come before this one is lost: a cable keeps the order. */
    private static void awaitOneMore(String from, String to, long than) throws IOException, InterruptedException {
        send(from, to);
        LabUnderTest.await("a datagram from " + from, () -> arrived(to) > than);
        assertThat(arrived(to)).isEqualTo(than + 1);
    }

    @Test
    void a_network_can_lose_what_goes_one_way() throws Exception {
        long arrivedAt1 = arrived("node1");
        long arrivedAt2 = arrived("node2");
        lab.done("cut", "node1", "private1", "--inbound");
        assertThat(lab.done("status")).contains("node1: private1 inbound loss");
        send("node2", "node1");
        awaitOneMore("node1", "node2", arrivedAt2);
        lab.done("mend", "node1", "private1");
        awaitOneMore("node2", "node1", arrivedAt1);

        lab.done("cut", "node1", "private1", "--outbound");
        send("node1", "node2");
        awaitOneMore("node2", "node1", arrivedAt1 + 1);
        lab.done("power-off", "node1");
        lab.done("power-on", "node1");
        send("node1", "node2");
        awaitOneMore("node2", "node1", 0);
        lab.done("mend", "node1", "private");
        awaitOneMore("node1", "node2", arrivedAt2 + 1);

        lab.done("cut", "node1", "private1", "--outbound");
        lab.done("power-off", "node1");
        lab.done("mend", "node1", "private"); // While there is no port.
        lab.done("power-on", "node1");
        awaitOneMore("node1", "node2", arrivedAt2 + 2);
    }

    @Test
    void a_fault_can_strike_several_places_on_all_nodes_at_once() throws Exception {
        lab.done("cut", "all", "private1", "disk2", "disk3");
        assertThat(lab.done("status"))
                .contains("node1: private1 cut", "node1: disk2 cut", "node1: disk3 cut")
                .contains("node2: private1 cut", "node2: disk2 cut", "node2: disk3 cut")
                .doesNotContain("disk1");
        lab.done("hang", "all", "storage");
        assertThat(lab.done("status")).contains("node1: disk1 hung", "node2: disk3 hung");
        lab.done("mend", "all", "private", "storage");
        assertThat(lab.done("status")).contains("no faults");
    }

    @Test
    void a_daemon_can_be_killed() throws Exception {
        String pid = "pgrep -f dev.holdfast.cssd.Cssd";
        LabUnderTest.await("cssd", () -> lab.in("node1", pid).exit() == 0);
        String first = lab.said("node1", pid);
        lab.done("kill", "node1", "cssd");
        LabUnderTest.await("another cssd", () -> {
            String now = lab.in("node1", pid).out();
            return !now.isEmpty() && !now.equals(first);
        });
        assertThat(lab.events()).contains("exit code 137");
        assertThat(lab.run("kill", "node1", "crsd").err()).contains("crsd does not run on node1");
    }

    private static LabUnderTest.Answer fence(String node, String... options) throws IOException, InterruptedException {
        return lab.in(
                node, "printf '%s\\n' " + String.join(" ", options) + " | $HOLDFAST_HOME/agents/fence_holdfast_lab");
    }

    @Test
    void the_fence_agent_switches_a_node_off_for_good() throws Exception {
        assertThat(fence("node1", "action=status", "plug=node2").exit()).isZero();
        assertThat(fence("node1", "action=monitor").exit()).isZero();
        assertThat(fence("node1", "action=list").out()).isEqualTo("node1,\nnode2,");
        assertThat(fence("node1", "action=off", "plug=node2").exit()).isZero();
        assertThat(lab.done("status")).containsPattern("node2 +off");
        assertThat(fence("node1", "action=status", "plug=node2").exit()).isEqualTo(2);
        assertThat(fence("node1", "action=off", "plug=node2").exit())
                .as("again")
                .isZero();
        assertThat(fence("node1", "action=on", "plug=node2").exit()).isZero();
        assertThat(lab.done("status")).containsPattern("node2 +on");
        assertThat(fence("node1", "action=reboot", "plug=node2").exit()).isZero();
    }

    @Test
    void the_fence_agent_never_says_done_when_it_is_not() throws Exception {
        assertThat(fence("node1", "action=off", "plug=nodeX"))
                .isEqualTo(new LabUnderTest.Answer(
                        1, "", "off of nodeX failed: the power switch has no plug 'nodeX'; it has node1, node2"));
        assertThat(fence("node1", "action=off").exit()).isEqualTo(1);
        assertThat(fence("node1", "action=explode", "plug=node2").exit()).isEqualTo(1);
        assertThat(fence("node1", "action=off", "plug=node2", "socket=/nowhere").exit())
                .isEqualTo(1);
        assertThat(fence("node1", "action=status", "plug=node2", "socket=/nowhere")
                        .exit())
                .isEqualTo(1);
        assertThat(lab.done("status")).containsPattern("node2 +on");
    }

    @Test
    void the_watchdog_resets_a_node_that_stopped_petting_it() throws Exception {
        long armed = lab.count("node1", "watchdog-armed");
        long on = lab.count("node1", "power-on");
        lab.said("node1", "touch /var/lib/holdfast/pet");
        LabUnderTest.await("the watchdog to be armed", () -> lab.count("node1", "watchdog-armed") > armed);
        String before = bootOf("node1");
        lab.done("freeze", "node1");
        LabUnderTest.await("the node to come back", () -> lab.count("node1", "power-on") > on);
        assertThat(lab.count("node1", "watchdog-expired")).isPositive();
        LabUnderTest.await(
                "the new boot",
                () -> lab.run("exec", "node1", "--", "rm", "/var/lib/holdfast/pet")
                                .exit()
                        == 0);
        assertThat(bootOf("node1")).isNotEqualTo(before);
        lab.done("power-off", "node1"); // Its watchdog is armed again.
    }

    @Test
    void a_node_that_asks_for_a_reset_gets_it() throws Exception {
        long on = lab.count("node1", "power-on");
        String before = bootOf("node1");
        LabUnderTest.Answer _ = lab.in("node1", "echo b > /dev/hf/sysrq");
        LabUnderTest.await("the node to come back", () -> lab.count("node1", "power-on") > on);
        assertThat(bootOf("node1")).isNotEqualTo(before);
    }

    @Test
    void cssd_is_started_again_unless_it_was_asked_to_leave() throws Exception {
        String pid = "pgrep -f dev.holdfast.cssd.Cssd";
        LabUnderTest.await("cssd", () -> lab.in("node1", pid).exit() == 0);
        String first = lab.said("node1", pid);
        lab.said("node1", "kill -9 " + first);
        LabUnderTest.await("another cssd", () -> {
            String now = lab.in("node1", pid).out();
            return !now.isEmpty() && !now.equals(first);
        });
        long exits = lab.count("node1", "cssd-exit");
        lab.said("node1", "echo 3 > /run/holdfast/exit");
        LabUnderTest.await("cssd to leave", () -> lab.count("node1", "cssd-exit") > exits);
        assertThat(lab.events()).contains("exit code 3");
        assertThat(lab.in("node1", pid).out()).isEmpty();
        lab.said("node1", "echo start > /run/holdfast-init");
        LabUnderTest.await("cssd on request", () -> lab.in("node1", pid).exit() == 0);
    }

    @Test
    void what_makes_no_sense_is_refused_and_changes_nothing() throws Exception {
        Map<List<String>, String> refused = Map.ofEntries(
                Map.entry(
                        List.of("power-off", "nodeX"),
                        "there is no node 'nodeX' in lab one; its nodes are node1, node2"),
                Map.entry(List.of("power-off"), "lab power-off needs the name of one node"),
                Map.entry(List.of("cut", "node1", "disk4"), "lab cut does not know 'disk4'"),
                Map.entry(List.of("cut", "node1"), "lab cut needs a node and what of it"),
                Map.entry(List.of("cut", "node1", "disk1", "--inbound"), "only a network loses what goes one way"),
                Map.entry(List.of("hang", "all", "disk1", "private"), "lab hang does not know 'private'"),
                Map.entry(List.of("kill", "node1", "init"), "lab kill needs a node and a daemon"),
                Map.entry(List.of("hang", "node1", "public"), "lab hang does not know 'public'"),
                Map.entry(List.of("slow", "node1", "disk1", "soon"), "the delay is in milliseconds"),
                Map.entry(List.of("explode"), "there is no command 'lab explode'"),
                Map.entry(List.of("status", "-o", "xml"), "lab status knows only -o json"),
                Map.entry(List.of("exec", "node1"), "the command stands after --"),
                Map.entry(List.of("exec", "nodeX", "--", "true"), "there is no node 'nodeX'"),
                Map.entry(List.of("down", "now"), "lab down takes no arguments"),
                Map.entry(List.of("up"), "lab 'one' is up already"));
        String before = power();
        for (var entry : refused.entrySet()) {
            LabUnderTest.Answer answer = lab.run(entry.getKey().toArray(String[]::new));
            assertThat(answer.exit()).as("%s", entry.getKey()).isNotZero();
            assertThat(answer.err()).as("%s", entry.getKey()).contains(entry.getValue());
        }
        assertThat(power()).isEqualTo(before);
    }

    private static String power() throws IOException, InterruptedException {
        return lab.done("status").lines().filter(line -> !line.contains("node")).collect(Collectors.joining("\n"))
                + lab.count("node1", "power-off")
                + lab.count("node2", "power-off");
    }

    @Test
    void two_labs_do_not_meet() throws Exception {
        LabUnderTest other = new LabUnderTest(directory, "other");
        try {
            other.done("up", "--node-names", "left,right", "--voting-disks", "1");
            String status = other.done("status", "-o", "json");
            assertThat(status).contains("\"name\":\"left\"").contains("\"name\":\"right\"");
            assertThat(status).doesNotContain("\"" + network() + ".0.0/24\"");
            other.done("power-off", "left");
            assertThat(other.done("status")).containsPattern("left +off");
        } finally {
            other.end();
        }
        assertThat(lab.in("node1", "true").exit()).isZero();
        assertThat(other.state()).doesNotExist();
        assertThat(other.run("status").err()).contains("there is no lab 'other'");
        assertThat(other.run("down").exit()).as("down again").isZero();
    }

    @Test
    void nothing_is_left_after_the_labs_daemon_was_killed() throws Exception {
        LabUnderTest crashed = new LabUnderTest(directory, "crashed");
        crashed.done("up", "--voting-disks", "1");
        Path group = Path.of(Files.readString(crashed.state().resolve("cgroup")).strip());
        crashed.done("hang", "node1", "storage");
        Process reader = crashed.begin("exec", "node1", "--", "bash", "-c", READ);
        LabUnderTest.await(
                "dd to be stuck in the kernel",
                () -> crashed.in("node1", "ps -C dd -o stat=").out().contains("D"));
        String daemon = Files.readString(crashed.state().resolve("labd.pid")).strip();
        ProcessHandle.of(Long.parseLong(daemon)).orElseThrow().destroyForcibly();
        assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
        LabUnderTest.await(
                "every process of the lab to be gone",
                () -> Files.readString(group.resolve("cgroup.events")).contains("populated 0"));
        assertThat(crashed.run("status").err()).contains("lab 'crashed' is not up");

        crashed.done("up", "--voting-disks", "1"); // Cleans up first.
        assertThat(crashed.done("status")).containsPattern("node2 +on");
        crashed.end();

        assertThat(crashed.state()).doesNotExist();
        assertThat(crashed.processes()).isEmpty();
        assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
                .doesNotContain(crashed.state().toString());
        assertThat(Files.readString(Path.of("/proc/net/dev")))
                .doesNotContain("br-pub")
                .doesNotContain("n1-pub");
    }
}
