package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import java.util.ArrayList;
import java.util.List;

/**
 * Who may do what with a resource: {@code owner:root:rwx,pgrp:root:r-x,other::r--,user:oracle:r-x}. r = see, w = change
 * and delete, x = start, stop, relocate and check. root may do everything.
 */
record AccessList(List<Entry> entries) {
    record Entry(String kind, String name, String rights) {}

    enum Right {
        WRITE('w'),
        EXECUTE('x');

        private final char letter;

        Right(char letter) {
            this.letter = letter;
        }
    }

    AccessList {
        entries = List.copyOf(entries);
    }

    /** What a resource gets whose creator says nothing. */
    static String ofCreator(Caller creator) {
        return "owner:" + creator.user() + ":rwx,pgrp:" + creator.group() + ":r-x,other::r--";
    }

    /** Entries that are not understood give nobody a right. */
    static AccessList parse(String text) {
        List<Entry> entries = new ArrayList<>();
        for (String part : text.split(",")) {
            String[] fields = part.strip().split(":", -1);
            if (fields.length == 3) {
                entries.add(new Entry(fields[0], fields[1], fields[2]));
            }
        }
        return new AccessList(entries);
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
        return caller.isRoot()
                || entries.stream()
                        .filter(entry -> concerns(entry, caller))
                        .anyMatch(entry -> entry.rights.indexOf(right.letter) >= 0);
    }

    private static boolean concerns(Entry entry, Caller caller) {
        return switch (entry.kind) {
            case "owner", "user" -> entry.name.equals(caller.user());
            case "pgrp", "group" -> entry.name.equals(caller.group());
            case "other" -> true;
            default -> false;
        };
    }
}
