package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LinuxTest {
    @Test
    void warming_up_leaves_no_descriptor_and_no_changed_scheduling_behind() throws Exception {
        Linux.warmUp();
        long before = descriptors();
        for (int i = 0; i < 10; i++) {
            Linux.warmUp();
        }

        assertEquals(before, descriptors());
        assertFalse(Scheduling.isRealTime());
        assertFalse(Files.readString(Path.of("/proc/self/status")).matches("(?s).*VmLck:\\s+[1-9].*"));
    }

    @Test
    void an_error_is_told_by_name_where_we_know_one() {
        assertEquals("mend it: EPERM (not permitted)", new SystemCallFailed("mend it", 1).getMessage());
        assertEquals("mend it: errno 71", new SystemCallFailed("mend it", 71).getMessage());
    }

    private static long descriptors() throws Exception {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
