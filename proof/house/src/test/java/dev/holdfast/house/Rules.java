package dev.holdfast.house;

import dev.holdfast.house.House.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules. Each returns what breaks it, one sentence for each place: what was found, and what to do instead. */
final class Rules {
    private static final List<String> IMPURE_CLASSES = List.of(
            "java.io.",
            "java.nio.file.",
            "java.nio.channels.",
            "java.net.",
            "java.lang.Process",
            "java.lang.ProcessBuilder",
            "java.lang.ProcessHandle",
            "java.lang.Runtime",
            "java.lang.Thread",
            "java.lang.ThreadGroup",
            "java.lang.ThreadLocal",
            "java.lang.InheritableThreadLocal",
            "java.lang.ScopedValue",
            "java.lang.foreign.",
            "java.time.Clock",
            "java.util.Random",
            "java.util.Scanner",
            "java.util.Timer",
            "java.util.concurrent.",
            "java.util.logging.",
            "java.security.SecureRandom");

    /** Values that happen to live in a package of threads: a unit, a marker that a method may be interrupted. */
    private static final Set<String> PURE_AFTER_ALL =
            Set.of("java.util.concurrent.TimeUnit", "java.lang.Runtime$Version");

    private static final Pattern IMPURE_MEMBERS =
            Pattern.compile("java\\.lang\\.System\\.(nanoTime|currentTimeMillis|out|err|in|getenv|getProperty|exit|"
                    + "identityHashCode|load|loadLibrary|console)"
                    + "|java\\.time\\.\\w+\\.now|java\\.lang\\.Math\\.random|java\\.util\\.UUID\\.randomUUID"
                    + "|java\\.util\\.Collections\\.shuffle|java\\.lang\\.Object\\.(wait|notify|notifyAll)");

    private static final Pattern NOBODYS_NAME = Pattern.compile(".*(Manager|Helper|Util|Utils)\\d*");

    private static final Pattern MESSAGE_CODE = Pattern.compile("HF-\\d{4}");

    /** Codes that several modules say on purpose, because they mean the same by it. */
    private static final Map<String, String> SAID_TOGETHER = Map.of(
            "HF-3102", "that attribute is not known, of whatever kind of thing",
            "HF-3103", "this version does not support that attribute, wherever it is noticed",
            "HF-3173", "there is no such server category, to be named or to be shown",
            "HF-3181", "there is no such policy, to be named or to be shown");

    private Rules() {}

    static List<String> coreIsPure(Stream<Module> core) {
        return core.flatMap(module -> module.classes().stream().flatMap(type -> impurities(module.path(), type)))
                .toList();
    }

    static Stream<String> impurities(String module, CompiledClass type) {
        Predicate<String> impure = name -> !PURE_AFTER_ALL.contains(name)
                && IMPURE_CLASSES.stream().anyMatch(forbidden -> isOrIsIn(name, forbidden));
        Stream<String> classes = type.classes().stream().filter(impure);
        Stream<String> members = type.members().stream()
                .filter(member -> IMPURE_MEMBERS.matcher(member).matches());
        return Stream.concat(classes, members)
                .map(found -> module + ": " + type.name() + " uses " + found
                        + ". Core decides, edge acts: pass it in as an Input, ask for it with an Effect");
    }

    /** {@code java.lang.Thread} stands for Thread$State too; a package, which ends in a dot, for what is in it. */
    private static boolean isOrIsIn(String name, String forbidden) {
        return forbidden.endsWith(".")
                ? name.startsWith(forbidden)
                : name.equals(forbidden) || name.startsWith(forbidden + "$");
    }

    static List<String> arrows(List<Module> modules) {
        Map<String, String> verbOf = new TreeMap<>();
        modules.forEach(module -> verbOf.put(module.ownPackage(), module.verb()));
        List<String> broken = new ArrayList<>();
        for (Module module : modules) {
            for (String required : module.requires()) {
                String verb = verbOf.get(required);
                boolean ours = verb != null;
                switch (module.verb()) {
                    case "core" -> {
                        if (!Set.of("java.base", "org.jspecify").contains(required) && !"core".equals(verb)) {
                            broken.add(module.path() + " requires " + required
                                    + ". Core knows nobody outside core: name what is needed as an Input, an Effect or a"
                                    + " port, and let edge/ provide it");
                        }
                    }
                    case "edge" -> {
                        if ("proof".equals(verb)) {
                            broken.add(
                                    module.path() + " requires " + required + ". What ships does not need its proof");
                        }
                        if (module.path().equals("edge/crsctl") && ours && !required.equals("dev.holdfast.control")) {
                            broken.add(module.path() + " requires " + required + ". crsctl parses, asks and prints:"
                                    + " it knows the control protocol alone, and decides nothing");
                        }
                    }
                    default -> {} // proof knows both.
                }
            }
        }
        return broken;
    }

    static List<String> oneDoor(List<Module> modules) {
        List<String> broken = new ArrayList<>();
        for (Module module : modules) {
            if (!module.exports().equals(List.of(module.ownPackage()))) {
                broken.add(module.path() + " exports " + module.exports() + ". A module has one door: the package "
                        + module.ownPackage());
            }
            Set<String> elsewhere = new TreeSet<>();
            module.classes().forEach(type -> elsewhere.add(type.packageName()));
            elsewhere.remove(module.ownPackage());
            if (!elsewhere.isEmpty()) {
                broken.add(module.path() + " has classes in " + elsewhere + ". They live in " + module.ownPackage()
                        + ", package-private where no other module needs them");
            }
        }
        return broken;
    }

    static List<String> nullIsMarked(List<Module> modules) {
        return modules.stream()
                .filter(module -> !module.nullMarked())
                .map(module -> module.path() + ": module-info is not @NullMarked, so nobody checks it for null")
                .toList();
    }

    static List<String> names(Stream<CompiledClass> classes) {
        return classes.filter(type -> NOBODYS_NAME.matcher(type.simpleName()).matches())
                .map(type -> type.name() + ": such a name says that nobody found the noun."
                        + " EvictionOrder, DiskSlot, RetryBudget say what they are")
                .toList();
    }

    /** A module may say a code in several places; two modules that say the same one mean two things by it. */
    static List<String> oneMeaningPerCode(Stream<CompiledClass> classes) {
        Map<String, Set<String>> users = new TreeMap<>();
        classes.forEach(type -> type.texts()
                .forEach(text -> MESSAGE_CODE
                        .matcher(text)
                        .results()
                        .forEach(code -> users.computeIfAbsent(code.group(), _ -> new TreeSet<>())
                                .add(type.topLevelName()))));
        users.keySet().removeAll(SAID_TOGETHER.keySet());
        return users.entrySet().stream()
                .filter(entry -> entry.getValue().stream()
                                .map(name -> name.substring(0, name.lastIndexOf('.')))
                                .distinct()
                                .count()
                        > 1)
                .map(entry -> entry.getKey() + " is said by " + entry.getValue()
                        + ". A code means one thing, or searching the manual for it helps nobody: take a free one")
                .toList();
    }
}
