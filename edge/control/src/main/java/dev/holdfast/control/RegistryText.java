package dev.holdfast.control;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The content of the registry in a file: an export, or a backup, which is sealed. One entry a line, key and value with a tab between them;
 * made to be read by people, compared by diff, and to be refused if it is not whole.
 *
 * <pre>
 * # Holdfast registry, format 1
 * # cluster NAME ID
 * # version 42, taken 2026-11-29T01:40:00Z on node1
 * resource/web        {"type":"cluster_resource", …}
 * # end 1 entries, SHA-256 …, seal …
 * </pre>
 *
 * Within keys and values a backslash stands before backslash, {@code t}, {@code n} and {@code r} for themselves.
 *
 * @param seal what {@link #digest} was sealed with; empty for an export
 * @param edited the checksum does not fit: somebody changed the file, or something did
 */
public record RegistryText(
        String cluster,
        String clusterId,
        long version,
        Instant taken,
        String node,
        SortedMap<String, String> entries,
        String digest,
        String seal,
        boolean edited) {
    private static final String FIRST = "# Holdfast registry, format ";
    private static final String FORMAT = "1";
    private static final String END = "# end ";

    /** What was read is no such file, or not all of it. */
    public static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        Unreadable(String message) {
            super(message);
        }
    }

    public RegistryText {
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    }

    /** @param seal seals a digest; answers an empty array for an export */
    public static byte[] write(
            String cluster,
            String clusterId,
            long version,
            Instant taken,
            String node,
            SortedMap<String, String> entries,
            UnaryOperator<byte[]> seal) {
        var text = new StringBuilder();
        text.append(FIRST).append(FORMAT).append('\n');
        text.append("# cluster ").append(cluster).append(' ').append(clusterId).append('\n');
        text.append("# version ").append(version).append(", taken ");
        text.append(taken.truncatedTo(ChronoUnit.SECONDS))
                .append(" on ")
                .append(node)
                .append('\n');
        entries.forEach((key, value) -> {
            escape(key, text);
            text.append('\t');
            escape(value, text);
            text.append('\n');
        });
        byte[] digest = sha256(text.toString().getBytes(StandardCharsets.UTF_8));
        byte[] sealed = seal.apply(digest);
        text.append(END).append(entries.size()).append(" entries, SHA-256 ").append(hex(digest));
        if (sealed.length > 0) {
            text.append(", seal ").append(hex(sealed));
        }
        return text.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Total: any bytes give a text or are {@link Unreadable}, with words for the administrator. */
    public static RegistryText read(byte[] bytes) throws Unreadable {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (!text.startsWith(FIRST)) {
            throw new Unreadable("it is no export or backup of a registry");
        }
        int end = text.lastIndexOf('\n' + END);
        if (end < 0 || !text.endsWith("\n") || text.indexOf('\n', end + 1) != text.length() - 1) {
            throw new Unreadable("it is not whole: its last line must begin with '" + END + "'");
        }
        String[] lines = text.substring(0, end).split("\n", -1);
        if (!lines[0].equals(FIRST + FORMAT)) {
            throw new Unreadable(
                    "its format is " + lines[0].substring(FIRST.length()) + "; this release knows format " + FORMAT);
        }
        String[] cluster = lines.length < 3 ? new String[0] : lines[1].split(" ");
        String[] taken = lines.length < 3 ? new String[0] : lines[2].split("[ ,]+");
        if (cluster.length != 4 || taken.length != 7) {
            throw new Unreadable("its second and third line do not say of which cluster it is, and when it was made");
        }
        var entries = new TreeMap<String, String>();
        for (int at = 3; at < lines.length; at++) {
            int tab = lines[at].indexOf('\t');
            if (tab < 1) {
                throw new Unreadable("line " + (at + 1) + " is not a key, a tab and a value");
            }
            if (entries.put(plain(lines[at].substring(0, tab)), plain(lines[at].substring(tab + 1))) != null) {
                throw new Unreadable("line " + (at + 1) + " has a key that was there before");
            }
        }
        String digest = hex(sha256(text.substring(0, end + 1).getBytes(StandardCharsets.UTF_8)));
        String[] last = text.substring(end + 1).strip().split("[ ,]+");
        boolean whole = last.length >= 6 && last[2].equals(Integer.toString(entries.size())) && last[5].equals(digest);
        String seal = last.length == 8 ? last[7] : "";
        try {
            return new RegistryText(
                    cluster[2],
                    cluster[3],
                    Long.parseLong(taken[2]),
                    Instant.parse(taken[4]),
                    taken[6],
                    entries,
                    digest,
                    seal,
                    !whole);
        } catch (NumberFormatException | DateTimeException e) {
            throw new Unreadable("its third line does not say which version it is, and when it was made");
        }
    }

    private static void escape(String plain, StringBuilder text) {
        for (int at = 0; at < plain.length(); at++) {
            char c = plain.charAt(at);
            switch (c) {
                case '\\' -> text.append("\\\\");
                case '\t' -> text.append("\\t");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                default -> text.append(c);
            }
        }
    }

    private static String plain(String escaped) throws Unreadable {
        if (escaped.indexOf('\\') < 0) {
            return escaped;
        }
        var plain = new StringBuilder();
        for (int at = 0; at < escaped.length(); at++) {
            char c = escaped.charAt(at);
            if (c != '\\') {
                plain.append(c);
                continue;
            }
            char next = ++at < escaped.length() ? escaped.charAt(at) : '?';
            switch (next) {
                case '\\' -> plain.append('\\');
                case 't' -> plain.append('\t');
                case 'n' -> plain.append('\n');
                case 'r' -> plain.append('\r');
                default -> throw new Unreadable("a backslash stands before '" + next + "'");
            }
        }
        return plain.toString();
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
