package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who may do what with a resource: {@code owner:root:rwx,pgrp:root:r-x,other::r--,user:oracle:r-x}. r = see, w = change
 * and delete, x = start, stop, relocate and check; of a type: have resources of it; of a server pool: have resources in it. root may do
 * everything.
 */
record AccessList(List<Entry> entries) {
    /** @param kind owner, pgrp, other, user or group */
    record Entry(String kind, String name, String rights) {
        String text() {
            return kind + ":" + name + ":" + rights;
        }

        private boolean isFor(Entry other) {
            return kind.equals(other.kind) && name.equals(other.name);
        }
    }

    enum Right {
        READ('r'),
        WRITE('w'),
        EXECUTE('x');

        private final char letter;

        Right(char letter) {
            this.letter = letter;
        }
    }

    /** The text is no access list; the message says what is wrong with it. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    AccessList {
        entries = List.copyOf(entries);
    }

    /** What a resource gets whose creator says nothing. */
    static String ofCreator(Caller creator) {
        return "owner:" + creator.user() + ":rwx,pgrp:" + creator.group() + ":r-x,other::r--";
    }

    /** What a resource has whose definition says nothing: those of the cluster's own. */
    static final String OF_ROOT = "owner:root:rwx,pgrp:root:r-x,other::r--";

    /** What types and server pools have about which nothing was said: everybody may use them, root alone changes them. */
    static final String OF_SETUP = "owner:root:rwx,pgrp:root:r-x,other::r-x";

    /** Entries that are not understood give nobody a right. Of an empty text, {@link #OF_ROOT}. */
    static AccessList parse(String text) {
        List<Entry> entries = new ArrayList<>();
        for (String part : (text.isBlank() ? OF_ROOT : text).split(",")) {
            String[] fields = part.strip().split(":", -1);
            if (fields.length == 3) {
                entries.add(new Entry(fields[0], fields[1], fields[2]));
            }
        }
        return new AccessList(entries);
    }

    /** Reads what a person wrote: one owner, and every entry as it must be. */
    static AccessList read(String text) throws Malformed {
        List<Entry> entries = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Entry entry = entry(part.strip());
            if (entries.stream().anyMatch(entry::isFor)) {
                throw new Malformed("'" + entry.kind + ":" + entry.name + "' stands there twice");
            }
            boolean single = entry.kind.equals("owner") || entry.kind.equals("pgrp");
            if (single && entries.stream().anyMatch(other -> other.kind.equals(entry.kind))) {
                throw new Malformed("'" + entry.kind + "' stands there twice");
            }
            entries.add(entry);
        }
        if (entries.stream().noneMatch(entry -> entry.kind.equals("owner"))) {
            throw new Malformed("it has no owner: the actions of a resource run as its owner");
        }
        return new AccessList(entries);
    }

    /** One entry as a person writes it; left out rights are {@code rwx}. */
    static Entry entry(String text) throws Malformed {
        String[] fields = text.split(":", -1);
        String kind = fields[0];
        if (!List.of("owner", "pgrp", "other", "user", "group").contains(kind) || fields.length > 3) {
            throw new Malformed("'" + text + "' is no entry: write user:NAME:rights, group:NAME:rights, other::rights,"
                    + " owner:NAME:rights or pgrp:NAME:rights");
        }
        String name = fields.length > 1 ? fields[1] : "";
        String rights = fields.length > 2 ? fields[2] : "rwx";
        if (kind.equals("other") != name.isEmpty()) {
            throw new Malformed(
                    kind.equals("other")
                            ? "'" + text + "': others have no name; write other::" + rights
                            : "'" + text + "' names nobody; write " + kind + ":NAME:" + rights);
        }
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.$-]{0,31}|")) {
            throw new Malformed("'" + name + "' is no name of a user or group");
        }
        if (!rights.matches("[r-][w-][x-]")) {
            throw new Malformed(
                    "'" + rights + "' are no rights: write three letters, r or -, w or -, x or -, as in r-x");
        }
        return new Entry(kind, name, rights);
    }

    String text() {
        return String.join(",", entries.stream().map(Entry::text).toList());
    }

    /** With this entry in the place of the one for the same, or added. */
    AccessList with(Entry entry) {
        List<Entry> changed = new ArrayList<>();
        boolean replaced = false;
        for (Entry known : entries) {
            changed.add(known.isFor(entry) ? entry : known);
            replaced |= known.isFor(entry);
        }
        if (!replaced) {
            changed.add(entry);
        }
        return new AccessList(changed);
    }

    /** Empty if there is no such entry. */
    Optional<AccessList> without(Entry entry) {
        List<Entry> rest = entries.stream().filter(known -> !known.isFor(entry)).toList();
        return rest.size() == entries.size() ? Optional.empty() : Optional.of(new AccessList(rest));
    }

    /** With another {@code owner} or {@code pgrp}, who gets the rights of the one before. */
    AccessList withName(String kind, String name, String rightsIfNew) {
        List<Entry> changed = new ArrayList<>();
        boolean replaced = false;
        for (Entry known : entries) {
            boolean meant = known.kind.equals(kind);
            changed.add(meant ? new Entry(kind, name, known.rights) : known);
            replaced |= meant;
        }
        if (!replaced) {
            changed.add(new Entry(kind, name, rightsIfNew));
        }
        return new AccessList(changed);
    }

    /** Whom the actions run as. */
    String owner() {
        return entries.stream()
                .filter(entry -> entry.kind.equals("owner") && !entry.name.isEmpty())
                .map(Entry::name)
                .findFirst()
                .orElse("root");
    }

    boolean allows(Caller caller, Right right) {
        return caller.isRoot() || rights(caller).indexOf(right.letter) >= 0;
    }

    /** What someone may do, as three letters. */
    String rights(Caller caller) {
        var rights = new StringBuilder();
        for (Right right : Right.values()) {
            boolean given = entries.stream()
                    .filter(entry -> concerns(entry, caller))
                    .anyMatch(entry -> entry.rights.indexOf(right.letter) >= 0);
            rights.append(given || caller.isRoot() ? right.letter : '-');
        }
        return rights.toString();
    }

    private static boolean concerns(Entry entry, Caller caller) {
        return switch (entry.kind) {
            case "owner", "user" -> entry.name.equals(caller.user());
            case "pgrp", "group" -> caller.isIn(entry.name);
            case "other" -> true;
            default -> false;
        };
    }
}
