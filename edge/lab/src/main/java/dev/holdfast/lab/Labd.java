package dev.holdfast.lab;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon of one lab: what is outside of the nodes, and what the command line talks to. Started by {@code holdfast lab up} as the
 * first process of new pid, mount and network namespaces, so that the kernel takes everything away with it, however it ends.
 *
 * <p>On standard output, for the one who waits: lines for a person, and last {@code READY} or {@code FAILED n}.
 */
public final class Labd {
    private static final Logger LOG = LoggerFactory.getLogger(Labd.class);

    private Labd() {}

    /**
     * @param arguments the state directory, the lab's control group, its name, its index, and then what {@code lab up} was given
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        PrintStream progress =
                new PrintStream(new FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
        Path state = Path.of(arguments[0]);
        logTo(state.resolve("labd.log"));
        LabSettings settings;
        try {
            settings = LabSettings.read(
                    arguments[2],
                    Integer.parseInt(arguments[3]),
                    List.of(arguments).subList(4, arguments.length));
        } catch (LabSettings.Refused e) {
            e.problems().forEach(progress::println);
            progress.println("FAILED 2");
            exit(2);
            return;
        }
        Places places = new Places(
                state,
                state.resolve("ram"),
                Path.of(arguments[1]),
                Path.of(System.getenv("HOLDFAST_HOME")),
                Path.of(System.getProperty("java.home")),
                Path.of(System.getenv("HOLDFAST_LIB")));
        Lab lab = new Lab(settings, places);
        LabCommands commands = new LabCommands(lab);
        try {
            Files.createDirectories(places.ram());
            Files.createDirectories(places.power());
            // Relative, because the path of a socket may have 107 bytes only, and this process was started in its
            // directory.
            CommandSocket.listen(Path.of("power", "power.sock"), commands::power);
            lab.up(progress::println);
            CommandSocket.listen(Path.of("lab.sock"), commands::run);
            progress.println("READY");
        } catch (Lab.Failed | IOException | RuntimeException e) {
            LOG.error("the lab does not come up", e);
            progress.println(e.getMessage());
            progress.println("FAILED 1");
            exit(1);
        }
        // A lab whose directory was removed can't be reached any more.
        while (Files.exists(state.resolve("lab.sock"))) {
            TimeUnit.SECONDS.sleep(1);
        }
        LOG.warn("{} is gone: the lab ends", state.resolve("lab.sock"));
        exit(0);
    }

    /** Without shutdown hooks: the native threads of the file systems can't be asked, and the kernel cleans up. */
    private static void exit(int status) {
        System.err.flush();
        Runtime.getRuntime().halt(status);
    }

    private static void logTo(Path file) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5level %logger{0} %msg%n");
        encoder.start();
        FileAppender<ILoggingEvent> appender = new FileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(encoder);
        appender.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(ch.qos.logback.classic.Level.INFO);
        context.getLogger("dev.holdfast.lab")
                .setLevel(
                        System.getenv("HOLDFAST_LAB_DEBUG") == null
                                ? ch.qos.logback.classic.Level.INFO
                                : ch.qos.logback.classic.Level.DEBUG);
    }
}
