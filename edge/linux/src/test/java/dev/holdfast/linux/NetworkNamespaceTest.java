package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class NetworkNamespaceTest {
    private static final Path OWN = Path.of("/proc/thread-self/ns/net");

    @Test
    void work_runs_inside_and_the_caller_stays_outside() throws Exception {
        try (Sandbox sandbox = Sandbox.create("--net")) {
            Path before = Files.readSymbolicLink(OWN);

            Path inside = sandbox.network().call(() -> Files.readSymbolicLink(OWN));

            assertEquals(Path.of(sandbox.run("readlink /proc/self/ns/net").strip()), inside);
            assertNotEquals(before, inside);
            assertEquals(before, Files.readSymbolicLink(OWN));
        }
    }

    @Test
    void a_socket_opened_inside_belongs_there_whoever_uses_it() throws Exception {
        try (Sandbox sandbox = Sandbox.create("--net")) {
            sandbox.run("ip link add inside0 type bridge");
            try (Netlink netlink = sandbox.netlink()) {
                assertEquals(
                        List.of("lo", "inside0"),
                        netlink.links().stream().map(Link::name).toList());
            }
        }
    }

    @Test
    void what_the_work_throws_is_thrown_to_the_caller() throws Exception {
        try (Sandbox sandbox = Sandbox.create("--net")) {
            IOException failure = new IOException("from inside");

            assertSame(
                    failure,
                    assertThrows(
                            IOException.class,
                            () -> sandbox.network().call(() -> {
                                throw failure;
                            })));
        }
    }

    @Test
    void a_namespace_that_does_not_exist_is_an_error_with_words() {
        NetworkNamespace missing = NetworkNamespace.at(Path.of("/run/netns/holdfast-no-such"));

        SystemCallFailed failure = assertThrows(SystemCallFailed.class, () -> missing.call(() -> 1));

        assertEquals("open /run/netns/holdfast-no-such: ENOENT (does not exist)", failure.getMessage());
    }

    @Test
    void a_virtual_thread_is_refused_or_its_carrier_would_move() throws Exception {
        FutureTask<String> task = new FutureTask<>(() -> assertThrows(
                        IllegalStateException.class,
                        () -> NetworkNamespace.of(ProcessHandle.current().pid()).enter())
                .getMessage());
        Thread.ofVirtual().start(task);

        assertEquals("only a platform thread can enter a namespace; this one is virtual", task.get());
    }
}
