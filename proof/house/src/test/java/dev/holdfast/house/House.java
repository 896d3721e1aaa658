package dev.holdfast.house;

import java.io.IOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.attribute.ModuleAttribute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The modules of this repository as they were compiled. */
record House(Path root, List<House.Module> modules) {
    private static final Pattern MODULE = Pattern.compile("<module>([\\w/-]+)</module>");

    /**
     * @param path as in the root pom, such as {@code core/registry}
     * @param requires the modules it names in module-info
     * @param exports the packages it exports
     */
    record Module(
            String path, List<CompiledClass> classes, List<String> requires, List<String> exports, boolean nullMarked) {
        /** core, edge or proof. */
        String verb() {
            return path.substring(0, path.indexOf('/'));
        }

        String ownPackage() {
            return "dev.holdfast." + path.substring(path.indexOf('/') + 1);
        }
    }

    /** Finds the root above the working directory, and reads what Maven compiled. */
    static House read() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.isDirectory(root.resolve("core"))) {
            root = root.getParent();
        }
        if (root == null) {
            throw new AssertionError("no directory above " + Path.of("").toAbsolutePath()
                    + " has a core/ in it: run the house rules inside the repository");
        }
        List<Module> modules = new ArrayList<>();
        Matcher named = MODULE.matcher(Files.readString(root.resolve("pom.xml")));
        while (named.find()) {
            read(root, named.group(1)).ifPresent(modules::add);
        }
        if (modules.isEmpty()) {
            throw new AssertionError(root.resolve("pom.xml") + " names no modules");
        }
        return new House(root, List.copyOf(modules));
    }

    Stream<Module> of(String verb) {
        return modules.stream().filter(module -> module.verb().equals(verb));
    }

    /** A module; empty if it has nothing but tests or scripts. */
    private static Optional<Module> read(Path root, String path) throws IOException {
        if (!Files.isRegularFile(root.resolve(path).resolve("src/main/java/module-info.java"))) {
            return Optional.empty();
        }
        Path compiled = root.resolve(path).resolve("target/classes");
        Path info = compiled.resolve("module-info.class");
        if (!Files.isRegularFile(info)) {
            throw new AssertionError(
                    path + " is not compiled: " + info + " is missing. Build everything first: ./holdfast test");
        }
        List<CompiledClass> classes = new ArrayList<>();
        try (Stream<Path> files = Files.walk(compiled)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".class"))
                    .filter(file -> !file.equals(info))
                    .sorted()
                    .toList()) {
                classes.add(CompiledClass.read(file));
            }
        }
        ClassModel model = ClassFile.of().parse(Files.readAllBytes(info));
        ModuleAttribute module = model.findAttribute(Attributes.module()).orElseThrow();
        List<String> requires = module.requires().stream()
                .map(required -> required.requires().name().stringValue())
                .sorted()
                .toList();
        List<String> exports = module.exports().stream()
                .map(export -> export.exportedPackage().name().stringValue().replace('/', '.'))
                .toList();
        boolean nullMarked = model.findAttribute(Attributes.runtimeVisibleAnnotations()).stream()
                .flatMap(annotations -> annotations.annotations().stream())
                .map(Annotation::className)
                .anyMatch(name -> name.stringValue().endsWith("/NullMarked;"));
        return Optional.of(new Module(path, List.copyOf(classes), requires, exports, nullMarked));
    }
}
