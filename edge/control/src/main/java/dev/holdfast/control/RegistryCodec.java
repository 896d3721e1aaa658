package dev.holdfast.control;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** {@link RegistryRequest} and {@link RegistryReply} as objects of JSON; a part of {@link Codec}. */
final class RegistryCodec {
    private RegistryCodec() {}

    static Map<String, Object> toObject(RegistryRequest request) {
        return switch (request) {
            case RegistryRequest.Check _ -> object("what", "check");
            case RegistryRequest.Locations _ -> object("what", "locations");
            case RegistryRequest.Read(String after, long version) ->
                object("what", "read", "after", after, "version", version);
            case RegistryRequest.BackUp _ -> object("what", "backUp");
            case RegistryRequest.ListBackups _ -> object("what", "listBackups");
            case RegistryRequest.SetBackups(var directory, var minutes, var keep) -> {
                Map<String, Object> set = object("what", "setBackups");
                directory.ifPresent(value -> set.put("directory", value));
                minutes.ifPresent(value -> set.put("minutes", value));
                keep.ifPresent(value -> set.put("keep", value));
                yield set;
            }
            case RegistryRequest.Restore(String file, boolean backup, boolean force) ->
                object("what", "restore", "file", file, "backup", backup, "force", force);
            case RegistryRequest.ChangeLocations(var add, var remove, boolean force) ->
                object("what", "changeLocations", "add", add, "remove", remove, "force", force);
        };
    }

    static RegistryRequest request(Fields in) throws MalformedMessage {
        String what = in.text("what");
        RegistryRequest request = switch (what) {
            case "check" -> new RegistryRequest.Check();
            case "locations" -> new RegistryRequest.Locations();
            case "read" -> new RegistryRequest.Read(in.text("after"), in.big("version"));
            case "backUp" -> new RegistryRequest.BackUp();
            case "listBackups" -> new RegistryRequest.ListBackups();
            case "setBackups" ->
                new RegistryRequest.SetBackups(
                        in.maybeText("directory"), maybeNumber(in, "minutes"), maybeNumber(in, "keep"));
            case "restore" -> new RegistryRequest.Restore(in.text("file"), in.flag("backup"), in.flag("force"));
            case "changeLocations" ->
                new RegistryRequest.ChangeLocations(in.texts("add"), in.texts("remove"), in.flag("force"));
            default -> throw new MalformedMessage("nothing of the registry is called '" + what + "'");
        };
        in.nothingElse();
        return request;
    }

    private static Optional<Integer> maybeNumber(Fields in, String key) throws MalformedMessage {
        return in.has(key) ? Optional.of(in.number(key)) : Optional.empty();
    }

    static Map<String, Object> toObject(RegistryReply reply) {
        return switch (reply) {
            case RegistryReply.Check check ->
                object(
                        "what",
                        "check",
                        "format",
                        check.format(),
                        "totalBytes",
                        check.totalBytes(),
                        "usedBytes",
                        check.usedBytes(),
                        "version",
                        check.version(),
                        "id",
                        check.id(),
                        "trouble",
                        check.trouble(),
                        "locations",
                        check.locations().stream().map(RegistryCodec::toObject).toList(),
                        "logicalChecked",
                        check.logicalChecked(),
                        "logical",
                        check.logical());
            case RegistryReply.Part(long version, var entries, boolean more) ->
                object("what", "part", "version", version, "entries", entries, "more", more);
            case RegistryReply.Backups(var backups, String directory, int minutes, int keep, var silent) ->
                object(
                        "what",
                        "backups",
                        "backups",
                        backups.stream().map(RegistryCodec::toObject).toList(),
                        "directory",
                        directory,
                        "minutes",
                        minutes,
                        "keep",
                        keep,
                        "silent",
                        silent);
        };
    }

    private static Map<String, Object> toObject(RegistryReply.Location location) {
        return object(
                "path",
                location.path(),
                "state",
                location.state(),
                "uuid",
                location.uuid(),
                "votes",
                location.votes(),
                "heldBytes",
                location.heldBytes(),
                "segmentBytes",
                location.segmentBytes(),
                "checked",
                location.checked(),
                "finding",
                location.finding(),
                "detail",
                location.detail());
    }

    private static Map<String, Object> toObject(RegistryReply.Backup backup) {
        return object(
                "node",
                backup.node(),
                "takenMillis",
                backup.takenMillis(),
                "path",
                backup.path(),
                "automatic",
                backup.automatic(),
                "version",
                backup.version(),
                "trouble",
                backup.trouble());
    }

    static RegistryReply reply(Fields in) throws MalformedMessage {
        String what = in.text("what");
        return switch (what) {
            case "check" ->
                new RegistryReply.Check(
                        in.number("format"),
                        in.big("totalBytes"),
                        in.big("usedBytes"),
                        in.big("version"),
                        in.text("id"),
                        in.text("trouble"),
                        in.objects(
                                "locations",
                                location -> new RegistryReply.Location(
                                        location.text("path"),
                                        location.text("state"),
                                        location.text("uuid"),
                                        location.flag("votes"),
                                        location.big("heldBytes"),
                                        location.big("segmentBytes"),
                                        location.flag("checked"),
                                        location.text("finding"),
                                        location.text("detail"))),
                        in.flag("logicalChecked"),
                        in.texts("logical"));
            case "part" -> RegistryReply.Part.of(in.big("version"), in.textMap("entries"), in.flag("more"));
            case "backups" ->
                new RegistryReply.Backups(
                        in.objects(
                                "backups",
                                backup -> new RegistryReply.Backup(
                                        backup.text("node"),
                                        backup.big("takenMillis"),
                                        backup.text("path"),
                                        backup.flag("automatic"),
                                        backup.big("version"),
                                        backup.text("trouble"))),
                        in.text("directory"),
                        in.number("minutes"),
                        in.number("keep"),
                        in.texts("silent"));
            default -> throw new MalformedMessage("nothing of the registry is answered with '" + what + "'");
        };
    }

    private static Map<String, Object> object(Object... keysAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int at = 0; at < keysAndValues.length; at += 2) {
            object.put((String) keysAndValues[at], keysAndValues[at + 1]);
        }
        return object;
    }
}
