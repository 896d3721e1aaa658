package dev.holdfast.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class OtherUseTest {
    @Test
    void a_blank_disk_or_one_of_ours_shows_no_other_use() {
        assertThat(OtherUse.in(new byte[OtherUse.BYTES])).isEmpty();
        assertThat(OtherUse.in(new byte[0])).isEmpty();
        assertThat(OtherUse.in(with(0, "HFVOTE01".getBytes(StandardCharsets.ISO_8859_1))))
                .isEmpty();
        assertThat(OtherUse.in(RegistryFormat.header(DirectRun.CLUSTER, DirectRun.CLUSTER, FalseLocation.SEAL)))
                .isEmpty();
    }

    @Test
    void file_systems_volumes_and_partition_tables_are_known_by_what_they_leave_at_the_start() {
        assertThat(OtherUse.in(with(1080, new byte[] {0x53, (byte) 0xef})))
                .get()
                .asString()
                .contains("ext4");
        assertThat(OtherUse.in(with(510, new byte[] {0x55, (byte) 0xaa})))
                .get()
                .asString()
                .contains("partition table");
        assertThat(OtherUse.in(with(512, ascii("EFI PART")))).get().asString().contains("GPT");
        assertThat(OtherUse.in(with(0, ascii("XFSB")))).get().asString().contains("XFS");
        assertThat(OtherUse.in(with(65_600, ascii("_BHRfS_M"))))
                .get()
                .asString()
                .contains("Btrfs");
        assertThat(OtherUse.in(with(512, ascii("LABELONE")))).get().asString().contains("LVM");
        assertThat(OtherUse.in(with(0, new byte[] {'L', 'U', 'K', 'S', (byte) 0xba, (byte) 0xbe})))
                .get()
                .asString()
                .contains("LUKS");
        assertThat(OtherUse.in(with(4096, new byte[] {(byte) 0xfc, 0x4e, 0x2b, (byte) 0xa9})))
                .get()
                .asString()
                .contains("RAID");
        assertThat(OtherUse.in(with((128 << 10) + 5 * 1024, new byte[] {0x0c, (byte) 0xb1, (byte) 0xba, 0})))
                .get()
                .asString()
                .contains("ZFS");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] with(int at, byte[] magic) {
        byte[] start = new byte[OtherUse.BYTES];
        System.arraycopy(magic, 0, start, at, magic.length);
        return start;
    }
}
