package dev.holdfast.house;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What a class file says about its class. Names are as in source: dots, and $ before a nested class. */
final class CompiledClass {
    /** A class name inside a descriptor or signature. */
    private static final Pattern IN_DESCRIPTOR = Pattern.compile("L([\\w/$]+)[;<]");

    private final ClassModel model;

    private CompiledClass(ClassModel model) {
        this.model = model;
    }

    static CompiledClass read(Path file) throws IOException {
        return new CompiledClass(ClassFile.of().parse(Files.readAllBytes(file)));
    }

    static CompiledClass of(Class<?> type) throws IOException {
        String resource = "/" + type.getName().replace('.', '/') + ".class";
        try (var in = type.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no class file " + resource);
            }
            return new CompiledClass(ClassFile.of().parse(in.readAllBytes()));
        }
    }

    String name() {
        return dotted(model.thisClass().asInternalName());
    }

    /** The name without package and enclosing classes. */
    String simpleName() {
        String name = name();
        return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
    }

    /** The outermost class around this one, or this one. */
    String topLevelName() {
        String name = name();
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    String packageName() {
        String name = topLevelName();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(0, dot);
    }

    /** Every class that this one names: uses, extends, takes, returns, catches. */
    Set<String> classes() {
        Set<String> result = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            switch (entry) {
                case ClassEntry type -> result.add(dotted(type.asInternalName().replaceAll("^\\[+L?|;$", "")));
                case Utf8Entry text -> {
                    var inDescriptor = IN_DESCRIPTOR.matcher(text.stringValue());
                    while (isDescriptor(text.stringValue()) && inDescriptor.find()) {
                        result.add(dotted(inDescriptor.group(1)));
                    }
                }
                default -> {}
            }
        }
        result.remove(name());
        return result;
    }

    /** Every method and field of other classes that this one uses, as {@code java.lang.System.nanoTime}. */
    Set<String> members() {
        Set<String> result = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof MemberRefEntry member) {
                result.add(dotted(member.owner().asInternalName()) + "."
                        + member.name().stringValue());
            }
        }
        return result;
    }

    /** Every string constant, and the pieces of every string put together. */
    Set<String> texts() {
        Set<String> result = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof StringEntry text) {
                result.add(text.stringValue());
            }
        }
        return result;
    }

    private static boolean isDescriptor(String text) {
        return text.startsWith("(") || text.startsWith("L") || text.startsWith("[") || text.startsWith("<");
    }

    private static String dotted(String internalName) {
        return internalName.replace('/', '.');
    }
}
