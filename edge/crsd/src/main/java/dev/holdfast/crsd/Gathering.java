package dev.holdfast.crsd;

import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Questions about the registry's files from one crsd to others, with an attachment if need be, and their answers. Belongs to the loop. A
 * node that is lost, or does not answer in time, is silent; every gathering ends.
 */
final class Gathering {
    private static final int PIECE = 512 << 10;
    /** An attachment that nobody asked about is dropped: its sender was lost. */
    private static final int MOST_ATTACHMENTS = 8;

    /** Answers a question, at once or later, by calling the consumer on the loop. */
    interface Answerer {
        void answer(NodeId from, Json question, byte[] attachment, Consumer<Json> answer);
    }

    private static final class Open {
        final Set<NodeId> awaited = new TreeSet<>();
        final SortedMap<NodeId, Json> answers = new TreeMap<>();
        final Set<NodeId> silent = new TreeSet<>();
        final Moment until;
        final BiConsumer<SortedMap<NodeId, Json>, Set<NodeId>> whenDone;

        Open(Moment until, BiConsumer<SortedMap<NodeId, Json>, Set<NodeId>> whenDone) {
            this.until = until;
            this.whenDone = whenDone;
        }
    }

    private record Attachment(NodeId from, long id) {}

    private final NodeId self;
    private final BiConsumer<NodeId, Json> send;
    private final Supplier<Moment> clock;
    private final Answerer answerer;
    private final Map<Long, Open> open = new HashMap<>();
    private final Map<Attachment, ByteArrayOutputStream> attachments = new HashMap<>();
    private long numbers;

    Gathering(NodeId self, BiConsumer<NodeId, Json> send, Supplier<Moment> clock, Answerer answerer) {
        this.self = self;
        this.send = send;
        this.clock = clock;
        this.answerer = answerer;
    }

    /** Asks {@code nodes}, of which this one may be one; {@code whenDone} hears the answers and who was silent. */
    void ask(
            Set<NodeId> nodes,
            Json question,
            byte[] attachment,
            Duration patience,
            BiConsumer<SortedMap<NodeId, Json>, Set<NodeId>> whenDone) {
        long id = ++numbers;
        var gathering = new Open(clock.get().plus(patience), whenDone);
        gathering.awaited.addAll(nodes);
        open.put(id, gathering);
        question.with("t", "reg").with("id", id);
        for (NodeId node : List.copyOf(nodes)) {
            if (node.equals(self)) {
                answerer.answer(self, question, attachment, answer -> answered(self, id, answer));
            } else {
                attach(node, id, attachment);
                send.accept(node, question);
            }
        }
        endIfComplete(id);
    }

    private void attach(NodeId node, long id, byte[] attachment) {
        for (int at = 0; at < attachment.length; at += PIECE) {
            byte[] piece = java.util.Arrays.copyOfRange(attachment, at, Math.min(attachment.length, at + PIECE));
            send.accept(
                    node,
                    Json.object()
                            .with("t", "regpiece")
                            .with("id", id)
                            .with("data", Base64.getEncoder().encodeToString(piece)));
        }
    }

    /** True if the message was one of ours. */
    boolean received(NodeId peer, Json message) throws Json.Malformed {
        switch (message.string("t")) {
            case "regpiece" -> {
                if (attachments.size() > MOST_ATTACHMENTS) {
                    attachments.clear();
                }
                try {
                    attachments
                            .computeIfAbsent(
                                    new Attachment(peer, message.number("id")), _ -> new ByteArrayOutputStream())
                            .writeBytes(Base64.getDecoder().decode(message.string("data")));
                } catch (IllegalArgumentException e) {
                    throw new Json.Malformed("an attachment that is not base 64");
                }
            }
            case "reg" -> {
                long id = message.number("id");
                ByteArrayOutputStream attached = attachments.remove(new Attachment(peer, id));
                answerer.answer(
                        peer,
                        message,
                        attached == null ? new byte[0] : attached.toByteArray(),
                        answer -> send.accept(peer, answer.with("t", "regtold").with("id", id)));
            }
            case "regtold" -> answered(peer, message.number("id"), message);
            default -> {
                return false;
            }
        }
        return true;
    }

    void lost(NodeId peer) {
        attachments.keySet().removeIf(attachment -> attachment.from().equals(peer));
        for (Map.Entry<Long, Open> each : List.copyOf(open.entrySet())) {
            if (each.getValue().awaited.remove(peer)) {
                each.getValue().silent.add(peer);
                endIfComplete(each.getKey());
            }
        }
    }

    void tick() {
        Moment now = clock.get();
        for (Map.Entry<Long, Open> each : new ArrayList<>(open.entrySet())) {
            Open gathering = each.getValue();
            if (now.isAfter(gathering.until)) {
                gathering.silent.addAll(gathering.awaited);
                gathering.awaited.clear();
                endIfComplete(each.getKey());
            }
        }
    }

    private void answered(NodeId node, long id, Json answer) {
        Open gathering = open.get(id);
        if (gathering != null && gathering.awaited.remove(node)) {
            gathering.answers.put(node, answer);
            endIfComplete(id);
        }
    }

    private void endIfComplete(long id) {
        Open gathering = open.get(id);
        if (gathering != null && gathering.awaited.isEmpty()) {
            open.remove(id);
            gathering.whenDone.accept(gathering.answers, gathering.silent);
        }
    }
}
