package dev.holdfast.model;

import java.util.List;
import java.util.stream.Collectors;

/** What was given for a resource cannot be taken. All problems at once: nobody likes to fix a line one error at a time. */
public final class InvalidAttributes extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Message> problems;

    public InvalidAttributes(List<Message> problems) {
        super(problems.stream().map(Message::line).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public List<Message> problems() {
        return problems;
    }
}
