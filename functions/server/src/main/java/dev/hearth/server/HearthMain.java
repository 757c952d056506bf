package dev.hearth.server;

import dev.hearth.server.flags.CommandLine;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Reads the command line as TensorFlow Serving's model server does, then starts Quarkus. */
@QuarkusMain
public final class HearthMain {

    /** What a shell sees for the -1 that TensorFlow Serving exits with. */
    private static final int START_FAILED = 255;

    private HearthMain() {}

    public static void main(String... args) {
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
            EntryPoint.settings(line.settings(), System.getenv()).forEach(System::setProperty);
        } catch (IllegalArgumentException wrong) {
            failed(wrong);
        }
        Quarkus.run(null, (exitCode, failure) -> {
            if (failure != null) {
                failed(failure);
            }
            // After SIGTERM the machine is going down with 143 unless it is halted; everything is closed by now.
            Runtime.getRuntime().halt(exitCode);
        });
    }

    private static void failed(Throwable failure) {
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
