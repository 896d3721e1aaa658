package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A policy set as text: attributes of the set, then POLICY blocks with SERVERPOOL blocks in them. Indentation says nothing. */
record PolicySetFile(Map<String, String> attributes, List<Reply.Policy> policies) {
    private static final String POLICY = "POLICY";
    private static final String POOL = "SERVERPOOL";

    static String text(Map<String, String> attributes, List<Reply.Policy> policies) {
        var text = new StringBuilder();
        attributes.forEach((name, value) -> line(text, "", name, value));
        policies.forEach(policy -> text.append(text(policy)));
        return text.toString();
    }

    static String text(Reply.Policy policy) {
        var text = new StringBuilder(POLICY + "\n");
        line(text, "  ", "NAME", policy.name());
        line(text, "  ", "DESCRIPTION", policy.description());
        for (Reply.Shape pool : policy.pools()) {
            text.append("  ").append(POOL).append('\n');
            line(text, "    ", "NAME", pool.pool());
            pool.attributes().forEach((name, value) -> line(text, "    ", name, value));
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String indent, String name, String value) {
        text.append(indent).append(name).append('=').append(value).append('\n');
    }

    static PolicySetFile read(String name) throws UsageProblem {
        try {
            return parse(Files.readAllLines(Path.of(name)));
        } catch (NoSuchFileException e) {
            throw new UsageProblem("there is no file " + name);
        } catch (IOException | InvalidPathException e) {
            throw new UsageProblem("the file " + name + " cannot be read: " + e.getMessage());
        }
    }

    /** A block as it is read. */
    private static final class Block {
        final Map<String, String> values = new LinkedHashMap<>();
        final List<Map<String, String>> pools = new ArrayList<>();
    }

    static PolicySetFile parse(List<String> lines) throws UsageProblem {
        Map<String, String> attributes = new LinkedHashMap<>();
        List<Block> blocks = new ArrayList<>();
        @Nullable Block block = null;
        Map<String, String> into = attributes;
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            int equals = line.indexOf('=');
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.equals(POLICY)) {
                block = new Block();
                blocks.add(block);
                into = block.values;
            } else if (line.equals(POOL) && block != null) {
                into = new LinkedHashMap<>();
                block.pools.add(into);
            } else if (equals <= 0) {
                throw new UsageProblem("line " + (at + 1) + ", '" + line
                        + "', is neither NAME=value nor POLICY, nor SERVERPOOL within a policy");
            } else {
                String value = line.substring(equals + 1).strip();
                if (into.putIfAbsent(line.substring(0, equals).strip(), unquoted(value)) != null) {
                    throw new UsageProblem("line " + (at + 1) + ", '" + line + "', is given twice");
                }
            }
        }
        List<Reply.Policy> policies = new ArrayList<>();
        for (Block each : blocks) {
            policies.add(policy(each));
        }
        return new PolicySetFile(attributes, policies);
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1 && value.startsWith("'") && value.endsWith("'");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    private static Reply.Policy policy(Block block) throws UsageProblem {
        Map<String, String> values = new LinkedHashMap<>(block.values);
        String name = taken(values, "NAME", POLICY);
        String description = values.getOrDefault("DESCRIPTION", "");
        values.remove("DESCRIPTION");
        if (!values.isEmpty()) {
            throw new UsageProblem("policy " + name + " has NAME, DESCRIPTION and SERVERPOOL blocks, and no "
                    + values.keySet().iterator().next());
        }
        List<Reply.Shape> shapes = new ArrayList<>();
        for (Map<String, String> pool : block.pools) {
            Map<String, String> shape = new LinkedHashMap<>(pool);
            String of = taken(shape, "NAME", POOL);
            if (shapes.stream().anyMatch(each -> each.pool().equals(of))) {
                throw new UsageProblem("policy " + name + " has two blocks for server pool " + of);
            }
            shapes.add(new Reply.Shape(of, shape));
        }
        return new Reply.Policy(name, description, shapes);
    }

    private static String taken(Map<String, String> values, String key, String block) throws UsageProblem {
        String value = values.remove(key);
        if (value == null || value.isEmpty()) {
            throw new UsageProblem("a " + block + " block has no " + key);
        }
        return value;
    }

    static void write(String name, String text) throws UsageProblem {
        try {
            Files.writeString(Path.of(name), text, StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new UsageProblem("the file " + name + " exists already: remove it, or choose another name");
        } catch (IOException | InvalidPathException e) {
            throw new UsageProblem("the file " + name + " cannot be written: " + e.getMessage());
        }
    }
}
