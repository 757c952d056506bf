package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Client;
import dev.hearth.loadtests.drive.ClosedLoop;
import dev.hearth.loadtests.drive.GrpcClient;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.OpenLoop;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.drive.RestClient;
import dev.hearth.loadtests.drive.Timeline;
import dev.hearth.loadtests.report.Report;
import dev.hearth.loadtests.server.RunningServer;
import dev.hearth.loadtests.server.Usage;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/** What a scenario works with: the repository, a scratch folder, its report, and how long things may take. */
public final class Lab {

    /** Share of a core, over a few seconds, that the compilers of a warm server take at most. */
    private static final double COMPILED = 0.05;

    private final Path root;
    private final Path scratch;
    private final boolean quick;
    private final Optional<Protocol> wanted;
    private final List<String> serverFlags;
    private final Report report;
    private int stores;

    /** @param serverFlags given to every Hearth server after the scenario's own */
    public Lab(
            Path root,
            Path scratch,
            boolean quick,
            Optional<Protocol> wanted,
            List<String> serverFlags,
            Report report) {
        this.root = root;
        this.scratch = scratch;
        this.quick = quick;
        this.wanted = wanted;
        this.serverFlags = List.copyOf(serverFlags);
        this.report = report;
    }

    Path root() {
        return root;
    }

    Path scratch() {
        return scratch;
    }

    boolean quick() {
        return quick;
    }

    Report report() {
        return report;
    }

    /** The protocol that the user chose, gRPC otherwise. */
    Protocol protocol() {
        return wanted.orElse(Protocol.GRPC);
    }

    /** The protocols of a scenario that looks at both, unless the user chose one. */
    List<Protocol> protocols() {
        return wanted.map(List::of).orElse(List.of(Protocol.GRPC, Protocol.REST));
    }

    int pick(int full, int short_) {
        return quick ? short_ : full;
    }

    /** A number that the user may set by a variable of the environment. */
    long setting(String variable, long otherwise) {
        String wanted = System.getenv(variable);
        return wanted == null ? otherwise : Long.parseLong(wanted);
    }

    /** Flags for a server whose requests have this deadline: REST carries none of its own, there it is the server's. */
    List<String> deadlineFlags(Duration deadline) {
        return protocol() == Protocol.REST ? List.of("--rest_api_timeout_in_ms=" + deadline.toMillis()) : List.of();
    }

    /** Warm-up and measured time in seconds; less of both in a quick run. */
    LoadTimes times(double warmup, double measure) {
        return LoadTimes.of(seconds(warmup * (quick ? 0.5 : 1)), seconds(measure * (quick ? 0.3 : 1)));
    }

    private static Duration seconds(double value) {
        return Duration.ofMillis(Math.round(value * 1000));
    }

    /** A folder with copies of these models, as {@code --model_store_path} wants it. */
    Path store(Subject... subjects) throws IOException {
        Path store = Files.createDirectory(scratch.resolve("models-" + stores++));
        for (Subject subject : subjects) {
            String version = String.valueOf(subject.version());
            copy(
                    root.resolve(subject.folder()).resolve(version),
                    store.resolve(subject.name()).resolve(version));
        }
        return store;
    }

    static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(folder).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    RunningServer hearth(Path store, List<String> flags) throws IOException, InterruptedException {
        return hearth(store, flags, Map.of());
    }

    /** @param environment variables on top of this process's own */
    RunningServer hearth(Path store, List<String> flags, Map<String, String> environment)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("--model_store_path=" + store));
        all.addAll(flags);
        all.addAll(serverFlags);
        return RunningServer.hearth(root, scratch.resolve("hearth.log"), all, environment);
    }

    /**
     * Makes a package.
     *
     * @param options of {@code hearth package}
     * @return its folder
     */
    Path makePackage(String... options) throws IOException, InterruptedException {
        report.progress("Making a package (a minute)");
        Path folder = scratch.resolve("package" + String.join("", options));
        List<String> command =
                new ArrayList<>(List.of(root.resolve("hearth").toString(), "package", "--out=" + folder));
        command.addAll(List.of(options));
        Path log = scratch.resolve("package.log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        if (builder.start().waitFor() != 0) {
            throw new IllegalStateException("the package was not made:\n" + Files.readString(log));
        }
        return folder;
    }

    /** The server of a package, on the models of this folder. */
    RunningServer packaged(Path made, Path store) throws IOException, InterruptedException {
        List<String> flags = new ArrayList<>(List.of("--model_store_path=" + store));
        flags.addAll(serverFlags);
        return RunningServer.packaged(made, scratch.resolve("hearth.log"), flags);
    }

    RunningServer echo() throws IOException, InterruptedException {
        return RunningServer.echo(root, scratch.resolve("echo.log"));
    }

    Client client(RunningServer server, Protocol protocol, int concurrency) {
        return protocol == Protocol.GRPC
                ? new GrpcClient(server.grpcPort(), Math.max(1, Math.min(8, concurrency / 8)))
                : new RestClient(server.restPort(), Math.min(512, concurrency));
    }

    Measurement closed(RunningServer server, Protocol protocol, Mix mix, int users, LoadTimes times)
            throws InterruptedException {
        try (Client client = client(server, protocol, users)) {
            return new ClosedLoop(client, mix, server.pid(), times, users).run();
        }
    }

    Measurement open(
            RunningServer server, Protocol protocol, Mix mix, Arrivals arrivals, double perSecond, LoadTimes times)
            throws InterruptedException {
        try (Client client = client(server, protocol, 512)) {
            return new OpenLoop(client, mix, server.pid(), times, arrivals, perSecond).run();
        }
    }

    /** The same with a time line. */
    Measurement open(
            RunningServer server, Protocol protocol, Mix mix, double perSecond, LoadTimes times, Timeline timeline)
            throws InterruptedException {
        try (Client client = client(server, protocol, 512)) {
            return new OpenLoop(client, mix, server.pid(), times, Arrivals.poisson(perSecond, 11), perSecond)
                    .into(timeline)
                    .run();
        }
    }

    /**
     * Drives the server until its virtual machine has compiled what this load needs: on two cores that takes a minute and
     * half a core meanwhile, which would count against whatever is measured first. Reports how long it took.
     *
     * @param load drives it for the time given
     */
    void warm(RunningServer server, String what, WarmUp load) throws InterruptedException {
        long begun = System.nanoTime();
        Duration longest = Duration.ofSeconds(pick(60, 20));
        LoadTimes slice = LoadTimes.of(Duration.ofMillis(1), Duration.ofSeconds(3));
        double share;
        double seconds;
        do {
            double before = Usage.compilerSeconds(server.pid());
            long from = System.nanoTime();
            load.drive(slice);
            long now = System.nanoTime();
            share = Math.max(0, Usage.compilerSeconds(server.pid()) - before) / ((now - from) / 1e9);
            seconds = (now - begun) / 1e9;
        } while (share > COMPILED && seconds < longest.toSeconds());
        report.note("%s: warmed up for %.0f s; then compiling took %.2f of a core", what, seconds, share);
    }

    /**
     * The same with open arrivals. The driver's side of them is compiled then, too: cold, it would be late itself, and what
     * it takes of the cores would be a backlog at once.
     */
    void warmOpen(RunningServer server, String what, Protocol protocol, Mix mix, double perSecond)
            throws InterruptedException {
        warm(
                server,
                what + ", open arrivals",
                times -> open(server, protocol, mix, Arrivals.poisson(perSecond, 7), perSecond, times));
    }

    /** A step of a scenario. */
    @FunctionalInterface
    interface Step {
        void run() throws InterruptedException;
    }

    /** Does both at the same time, so that of two servers that are compared neither has had more time to compile. */
    static void together(Step one, Step other) throws InterruptedException {
        CompletableFuture<Void> beside = CompletableFuture.runAsync(() -> {
            try {
                one.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            }
        });
        other.run();
        beside.join();
    }

    /** Load that warms up. */
    @FunctionalInterface
    interface WarmUp {

        void drive(LoadTimes times) throws InterruptedException;
    }

    /**
     * The most answers a second that the server gives to users who always want one, over some numbers of users. The
     * driver takes part of the machine, here as later.
     */
    double capacity(RunningServer server, Protocol protocol, Subject subject) throws InterruptedException {
        return capacity(server, protocol, subject, 32, 64, 128, 256);
    }

    double capacity(RunningServer server, Protocol protocol, Subject subject, int... numbersOfUsers)
            throws InterruptedException {
        double best = 0;
        int most = numbersOfUsers[numbersOfUsers.length - 1];
        warm(server, subject + ", " + protocol, times -> closed(server, protocol, subject.rows(protocol), most, times));
        for (int users : numbersOfUsers) {
            Measurement run = closed(server, protocol, subject.rows(protocol), users, times(2, 6));
            report.run("capacity", "%s, %s, %d users".formatted(subject, protocol, users), run);
            best = Math.max(best, run.throughput());
        }
        report.note("%s: capacity %,.0f answers a second over %s", subject, best, protocol);
        return best;
    }
}
