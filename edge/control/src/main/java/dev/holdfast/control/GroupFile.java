package dev.holdfast.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The groups of users, as a file like /etc/group names them. The kernel tells the socket one group of the caller only, so the others are
 * looked up where the administrator of this node wrote them.
 */
record GroupFile(Path file) {
    static final GroupFile SYSTEM = new GroupFile(Path.of("/etc/group"));

    /** Groups that list the user as a member; none if the file cannot be read: nobody gets a right by that. */
    List<String> of(String user) {
        var groups = new ArrayList<String>();
        try {
            for (String line : Files.readAllLines(file)) {
                String[] fields = line.split(":", -1);
                if (fields.length == 4 && List.of(fields[3].split(",")).contains(user)) {
                    groups.add(fields[0]);
                }
            }
        } catch (IOException _) {
            return List.of();
        }
        return groups;
    }
}
