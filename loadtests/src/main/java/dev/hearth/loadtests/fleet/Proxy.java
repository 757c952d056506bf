package dev.hearth.loadtests.fleet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** What stands before the members, with the file that is deployed. One thread uses it. */
interface Proxy extends AutoCloseable {

    /** Where a program is, fetched if need be; empty, with the reason told, where it cannot be had. */
    static Optional<Path> program(Path root, String script) throws IOException, InterruptedException {
        Process finding = new ProcessBuilder(
                        root.resolve("loadtests").resolve(script).toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String path = new String(finding.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return finding.waitFor() == 0 ? Optional.of(Path.of(path)) : Optional.empty();
    }

    /** Whether this member gets requests of both kinds. */
    boolean takes(Member member) throws IOException, InterruptedException;

    /** Requests that this member has got so far, of the protocol with fewer of them. */
    long requests(Member member) throws IOException, InterruptedException;

    int restPort();

    int grpcPort();

    long pid();

    Path log();

    @Override
    void close();
}
