package dev.holdfast.crsctl;

import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.RegistryRequest;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What ocrcheck, ocrdump and ocrconfig have in common: they ask the cluster about its registry, and say what went wrong. */
final class RegistryDesk {
    /** A content that changes faster than it can be read is read anew this often. */
    private static final int TRIES = 5;

    private final Cluster cluster;
    /** Why there was no answer of the wanted kind; told already. */
    private int status = Cluster.DONE;

    RegistryDesk(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The content of one version. */
    record Content(long version, SortedMap<String, String> entries) {}

    int status() {
        return status;
    }

    Optional<RegistryReply.Check> check() throws Unreachable {
        return ask(new RegistryRequest.Check(), RegistryReply.Check.class);
    }

    Optional<RegistryReply.Check> locations() throws Unreachable {
        return ask(new RegistryRequest.Locations(), RegistryReply.Check.class);
    }

    Optional<RegistryReply.Backups> backups(RegistryRequest request) throws Unreachable {
        return ask(request, RegistryReply.Backups.class);
    }

    /** The lines of a request that is answered with Done. */
    Optional<Reply.Done> done(RegistryRequest request) throws Unreachable {
        Reply.Answer answer = cluster.ask(new Request.OfRegistry(request));
        if (answer instanceof Reply.Done done) {
            return Optional.of(done);
        }
        tell(answer);
        return Optional.empty();
    }

    Optional<Content> content() throws Unreachable {
        for (int attempt = 1; ; attempt++) {
            var entries = new TreeMap<String, String>();
            String after = "";
            long version = -1;
            RegistryReply.@Nullable Part part = null;
            do {
                Reply.Answer answer = cluster.ask(new Request.OfRegistry(new RegistryRequest.Read(after, version)));
                if (answer instanceof Reply.OfRegistry(RegistryReply.Part next)) {
                    part = next;
                    entries.putAll(next.entries());
                    version = next.version();
                    after = entries.isEmpty() ? "" : entries.lastKey();
                } else if (attempt < TRIES && part != null) {
                    part = null; // Another master in the middle of it.
                    break;
                } else {
                    tell(answer);
                    return Optional.empty();
                }
            } while (part.more());
            if (part != null) {
                return Optional.of(new Content(version, entries));
            }
        }
    }

    private <T extends RegistryReply> Optional<T> ask(RegistryRequest request, Class<T> wanted) throws Unreachable {
        Reply.Answer answer = cluster.ask(new Request.OfRegistry(request));
        if (answer instanceof Reply.OfRegistry(RegistryReply reply) && wanted.isInstance(reply)) {
            return Optional.of(wanted.cast(reply));
        }
        tell(answer);
        return Optional.empty();
    }

    private void tell(Reply.Answer answer) {
        if (!(answer instanceof Reply.Refused refused)) {
            throw new IllegalStateException("the cluster answered " + answer);
        }
        cluster.tell(refused);
        status = Cluster.REFUSED;
    }
}
