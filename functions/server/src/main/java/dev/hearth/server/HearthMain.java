package dev.hearth.server;

import dev.hearth.engine.start.StartTimeline;
import dev.hearth.server.flags.CommandLine;
import dev.hearth.server.golden.GoldenCommand;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Reads the command line as TensorFlow Serving's model server does, then starts Quarkus. */
@QuarkusMain
public final class HearthMain {

    /** What a shell sees for the -1 that TensorFlow Serving exits with. */
    private static final int START_FAILED = 255;

    /** Open when nothing will halt the machine any more. */
    private static final CountDownLatch NO_HALT = new CountDownLatch(1);

    private HearthMain() {}

    public static void main(String... args) {
        StartTimeline.ofProcess();
        if (GoldenCommand.isMeant(args)) {
            List<String> words = List.of(args).subList(1, args.length);
            System.exit(new GoldenCommand(Backends.plain(), System.out).run(words));
        }
        CommandLine line = CommandLine.parse(args);
        if (line.help()) {
            System.out.print(CommandLine.helpPage());
            return;
        }
        if (line.version()) {
            System.out.print(Version.text());
            return;
        }
        if (!line.errors().isEmpty()) {
            line.errors().forEach(System.err::println);
            System.err.print(CommandLine.helpPage());
            System.exit(START_FAILED);
        }
        line.notes().forEach(System.err::println);
        try {
            Map<String, String> settings = EntryPoint.settings(line.settings(), System.getenv());
            settings.forEach(System::setProperty);
            NativesAhead.start(settings, System.getenv());
        } catch (IllegalArgumentException wrong) {
            failed(wrong);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(HearthMain::awaitHalt, "hearth-exit"));
        try {
            Quarkus.run(null, (exitCode, failure) -> {
                if (failure != null) {
                    failed(failure);
                }
                // After SIGTERM the machine is going down with 143 unless it is halted; everything is closed by now.
                Runtime.getRuntime().halt(exitCode);
            });
        } finally {
            NO_HALT.countDown();
        }
    }

    /**
     * Holds the machine's own way out, which begins with SIGTERM and ends with 143 as soon as every hook has returned:
     * without this hook it overtakes the halt now and then.
     */
    private static void awaitHalt() {
        try {
            NO_HALT.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void failed(Throwable failure) {
        NO_HALT.countDown();
        System.err.println("Failed to start server. Error: " + reason(failure));
        System.exit(START_FAILED);
    }

    /** The innermost message: the outer ones only say that the application did not start. */
    private static String reason(Throwable failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner.getMessage() == null ? inner.toString() : inner.getMessage();
    }
}
