package dev.holdfast.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/** What a program on the client host tells, line by line, while it runs. */
public final class Feed<T> implements AutoCloseable {
    private static final Duration TO_END = Duration.ofSeconds(5);

    private final String what;
    private final Process process;
    private final List<T> told = new ArrayList<>();

    private Feed(String what, Process process, Function<String, T> parse) {
        this.what = what;
        this.process = process;
        Thread.ofPlatform().daemon().name("feed-" + what).start(() -> read(parse));
    }

    /** Begins to ask {@code url} on the lab's client host. */
    public static Feed<Sample> client(LabConsole lab, String url) throws IOException {
        return new Feed<>("client", lab.startOnClient(LoadClient.class, List.of(url)), Sample::parse);
    }

    /** Begins to watch who answers for {@code addresses} on the lab's public network. */
    public static Feed<Sighting> observer(LabConsole lab, List<String> addresses) throws IOException {
        var arguments = new ArrayList<>(List.of("pub0"));
        arguments.addAll(addresses);
        return new Feed<>("observer", lab.startOnClient(AddressObserver.class, arguments), Sighting::parse);
    }

    private void read(Function<String, T> parse) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                T item = parse.apply(line);
                synchronized (told) {
                    told.add(item);
                }
            }
        } catch (IOException e) {
            // The program ended, or was ended; whoever asks notices by alive().
        }
    }

    /** What was told so far and passes, in the order in which it was told. */
    public List<T> told(Predicate<T> wanted) {
        synchronized (told) {
            return told.stream().filter(wanted).toList();
        }
    }

    /** Drops what passes: nobody will ask for it again. */
    public void forget(Predicate<T> unwanted) {
        synchronized (told) {
            told.removeIf(unwanted);
        }
    }

    /** Fails if the program is gone: without it nothing that is said about outages would mean anything. */
    public void mustBeAlive() throws IOException {
        if (!process.isAlive()) {
            throw new IOException("the " + what + " on the client host ended with exit code " + process.exitValue());
        }
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close(); // It ends when its standard input does.
            if (!process.waitFor(TO_END.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
