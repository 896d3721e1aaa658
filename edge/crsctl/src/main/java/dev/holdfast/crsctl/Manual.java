package dev.holdfast.crsctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the manual pages and the completion for bash from the same commands that {@code -h} tells of. */
public final class Manual {
    private Manual() {}

    /** Writes below the directory that is named. */
    public static void main(String[] args) throws IOException {
        Path root = Path.of(args.length == 1 ? args[0] : "share");
        for (Map.Entry<String, String> file : files().entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    /** By path below {@code share}. */
    static Map<String, String> files() {
        Map<String, String> files = new LinkedHashMap<>();
        files.put(
                "man/man1/crsctl.1",
                page("crsctl", "manages the resources of the cluster and looks at its state", Commands.ALL_COMMANDS));
        files.put(
                "man/man1/appvipcfg.1",
                page(
                        "appvipcfg",
                        "creates, changes and deletes virtual addresses for applications",
                        AppVipCfg.COMMANDS));
        files.put("man/man1/olsnodes.1", page("", "names the nodes of the cluster", List.of(OlsNodes.COMMAND)));
        files.put("man/man1/oifcfg.1", page("oifcfg", "shows which networks the cluster uses", OifCfg.COMMANDS));
        files.put("man/man1/ocrcheck.1", page("", "checks the registry", List.of(OcrCheck.COMMAND)));
        files.put("man/man1/ocrdump.1", page("", "writes what the registry holds", List.of(OcrDump.COMMAND)));
        files.put(
                "man/man1/ocrconfig.1",
                page("ocrconfig", "backs the registry up, restores it, and says where it is kept", OcrConfig.COMMANDS));
        files.put("bash-completion/completions/holdfast", completion());
        return files;
    }

    // ---- manual pages

    private static String page(String program, String what, List<Command> commands) {
        String name = program.isEmpty() ? commands.getFirst().words() : program;
        var text =
                new StringBuilder(".\\\" Written by: holdfast manual. Changes belong into the commands themselves.\n");
        text.append(".TH ").append(name.toUpperCase(java.util.Locale.ROOT)).append(" 1 \"\" Holdfast\n");
        text.append(".SH NAME\n")
                .append(name)
                .append(" \\- ")
                .append(roff(what))
                .append('\n');
        text.append(".SH COMMANDS\n");
        for (Command command : commands) {
            String line = (program + " " + command.words() + " " + command.usage()).strip();
            text.append(".SS ")
                    .append(roff((program + " " + command.words()).strip()))
                    .append('\n');
            text.append(roff(sentence(command.summary())))
                    .append("\n.PP\n.nf\n")
                    .append(roff(line))
                    .append("\n.fi\n");
            for (Command.Option option : command.options()) {
                text.append(".TP\n.B ")
                        .append(roff((option.name() + " " + option.value()).strip()))
                        .append('\n')
                        .append(roff(option.meaning()))
                        .append('\n');
            }
            text.append(".PP\nExample:\n.PP\n.nf\n    ")
                    .append(roff(command.example()))
                    .append("\n.fi\n");
        }
        text.append("""
                .SH EXIT STATUS
                .TP
                0
                done
                .TP
                1
                refused or failed, and nothing was changed that is not told; of
                .B crsctl diff
                also: there are differences
                .TP
                2
                not understood; nothing was sent
                .TP
                3
                the cluster cannot be reached
                .SH ENVIRONMENT
                .TP
                .B HOLDFAST_RUN
                where the sockets of the daemons are; /run/holdfast
                .TP
                .B HOLDFAST_LOG
                where the logs are, for advice only; /var/log/holdfast
                """);
        return text.toString();
    }

    private static String sentence(String summary) {
        return Character.toUpperCase(summary.charAt(0)) + summary.substring(1) + (summary.endsWith("?") ? "" : ".");
    }

    /** What means something to roff at that place is escaped. */
    private static String roff(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }

    // ---- completion

    private static String completion() {
        var table = new StringBuilder();
        List<Command> all = new ArrayList<>(Commands.ALL_COMMANDS);
        for (Command command : all) {
            table.append("    '").append(entry("crsctl", command)).append("'\n");
        }
        for (Command command : AppVipCfg.COMMANDS) {
            table.append("    '").append(entry("appvipcfg", command)).append("'\n");
        }
        for (Command command : OifCfg.COMMANDS) {
            table.append("    '").append(entry("oifcfg", command)).append("'\n");
        }
        for (Command command : OcrConfig.COMMANDS) {
            table.append("    '").append(entry("ocrconfig", command)).append("'\n");
        }
        for (Command command : List.of(OlsNodes.COMMAND, OcrCheck.COMMAND, OcrDump.COMMAND)) {
            table.append("    '").append(entry("", command)).append("'\n");
        }
        return """
                # Completion for bash: source it, or install it as the completion of each of the commands.
                # Written by: holdfast manual. Changes belong into the commands themselves.
                _holdfast_commands=(
                """ + table + """
                )

                _holdfast_complete() {
                    local program=${1##*/} current=$2 previous=$3 typed=() word entry words options known=0 best=-1 best_options= best_words=
                    local -A next=()
                    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                        [[ $word == -* ]] && break
                        case $word in stat) word=status ;; res) word=resource ;; esac
                        typed+=("$word")
                    done
                    local line="$program${typed[*]:+ ${typed[*]}}"
                    for entry in "${_holdfast_commands[@]}"; do
                        words=${entry%%|*}
                        options=${entry#*|}
                        if [[ "$line " == "$words "* ]]; then
                            known=${#words}
                            if (( known > best )); then best=$known best_options=$options best_words=$words; fi
                        fi
                        if [[ "$words" == "$line "* ]]; then
                            word=${words#"$line "}
                            next[${word%% *}]=1
                        fi
                    done
                    COMPREPLY=()
                    if (( best >= 0 )) && [[ $previous == -n || $previous == -s || $previous == -node ]]; then
                        COMPREPLY=($(compgen -W "$(olsnodes 2> /dev/null)" -- "$current"))
                    elif (( best >= 0 )) && [[ $current == -* ]]; then
                        COMPREPLY=($(compgen -W "$best_options" -- "$current"))
                    elif (( best >= 0 )) && [[ $best_words == *' resource' && $best_words != *'add resource' ]]; then
                        COMPREPLY=($(compgen -W "$(crsctl status resource -l 2> /dev/null | sed -n 's/^NAME=//p')" -- "$current"))
                    fi
                    if (( ${#next[@]} > 0 )); then
                        COMPREPLY+=($(compgen -W "${!next[*]}" -- "$current"))
                    elif (( best >= 0 && ${#COMPREPLY[@]} == 0 )) && [[ $current != -* ]]; then
                        COMPREPLY=($(compgen -f -- "$current"))
                    fi
                }
                complete -F _holdfast_complete crsctl appvipcfg oifcfg olsnodes ocrcheck ocrdump ocrconfig
                """;
    }

    private static String entry(String program, Command command) {
        var options = new ArrayList<String>();
        command.options().forEach(option -> options.add(option.name()));
        return (program + " " + command.words()).strip() + "|" + String.join(" ", options);
    }
}
