package dev.holdfast.registry;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** What somebody else may have made of a disk: known by what file systems, volume managers and partition tables leave at its start. */
public final class OtherUse {
    /** As much of the start of a file or device as tells all that is known here. */
    public static final int BYTES = 256 << 10;

    /** ZFS keeps a ring of uberblocks there, one a KiB. */
    private static final int UBERBLOCKS = 128 << 10;

    private static final byte[] UBERBLOCK = {0x0c, (byte) 0xb1, (byte) 0xba, 0};

    @SuppressWarnings("ArrayRecordComponent") // Constants, only looked at.
    private record Sign(String use, int at, byte[] magic) {
        Sign(String use, int at, String magic) {
            this(use, at, magic.getBytes(StandardCharsets.ISO_8859_1));
        }

        static Sign hex(String use, int at, String digits) {
            return new Sign(use, at, HexFormat.of().parseHex(digits));
        }

        boolean isIn(byte[] start) {
            int end = at + magic.length;
            return end <= start.length && Arrays.equals(start, at, end, magic, 0, magic.length);
        }
    }

    private static final List<Sign> SIGNS = List.of(
            new Sign("a partition table (GPT)", 512, "EFI PART"),
            new Sign("a partition table (GPT)", 4096, "EFI PART"),
            Sign.hex("a partition table or boot sector", 510, "55aa"),
            new Sign("an LVM volume", 0, "LABELONE"),
            new Sign("an LVM volume", 512, "LABELONE"),
            new Sign("an LVM volume", 1024, "LABELONE"),
            new Sign("an LVM volume", 1536, "LABELONE"),
            Sign.hex("a LUKS volume", 0, "4c554b53babe"),
            Sign.hex("a software RAID", 0, "fc4e2ba9"),
            Sign.hex("a software RAID", 4096, "fc4e2ba9"),
            Sign.hex("a file system (ext2, ext3 or ext4)", 1080, "53ef"),
            new Sign("a file system (XFS)", 0, "XFSB"),
            new Sign("a file system (Btrfs)", (64 << 10) + 64, "_BHRfS_M"),
            Sign.hex("a file system (F2FS)", 1024, "1020f5f2"),
            Sign.hex("a file system (GFS2)", 64 << 10, "01161970"),
            new Sign("a file system (OCFS2)", 1024, "OCFSV2"),
            new Sign("a file system (OCFS2)", 2048, "OCFSV2"),
            new Sign("a file system (OCFS2)", 4096, "OCFSV2"),
            new Sign("a file system (OCFS2)", 8192, "OCFSV2"),
            new Sign("a file system (SquashFS)", 0, "hsqs"),
            new Sign("a file system (ISO 9660)", (32 << 10) + 1, "CD001"),
            new Sign("a swap area", 4086, "SWAPSPACE2"),
            new Sign("a swap area", 4086, "SWAP-SPACE"),
            new Sign("an Oracle ASM disk", 32, "ORCLDISK"),
            new Sign("a disk of SBD", 0, "SBD_SBD_"));

    private OtherUse() {}

    /** What {@code start} shows; empty if nothing that is known here. Any bytes are welcome, of any length. */
    public static Optional<String> in(byte[] start) {
        Optional<String> known =
                SIGNS.stream().filter(sign -> sign.isIn(start)).map(Sign::use).findFirst();
        if (known.isPresent()) {
            return known;
        }
        for (int at = UBERBLOCKS; at + UBERBLOCK.length <= start.length; at += 1024) {
            if (Arrays.equals(start, at, at + UBERBLOCK.length, UBERBLOCK, 0, UBERBLOCK.length)) {
                return Optional.of("a ZFS pool");
            }
        }
        return Optional.empty();
    }
}
