package dev.hearth.server.golden;

import dev.hearth.endpoints.golden.GoldenFiles;
import dev.hearth.endpoints.golden.GoldenRecording;
import dev.hearth.endpoints.warmup.LoggedRequests;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.GoldenCheck;
import dev.hearth.engine.golden.GoldenReport;
import dev.hearth.engine.golden.Tolerance;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.servable.LoaderFactory;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.protocol.record.PredictionLogs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * {@code golden record VERSION [--from=FILE] [--to=FILE]} asks a version what was recorded and keeps its answers;
 * {@code golden check VERSION} tells whether it still gives them. Loads the version in this process. For one thread.
 */
public final class GoldenCommand {

    private static final int OK = 0;
    private static final int DIFFERS = 1;
    private static final int WRONG = 2;
    private static final long MOST_BYTES = 128L << 20;

    private static final String USAGE =
            """
            usage: hearth golden record VERSION_FOLDER [--from=FILE] [--to=FILE]
                   hearth golden check VERSION_FOLDER

            record  asks the version what FILE has (PredictionLog TFRecords: a request log, or by default the version's own
                    assets.extra/tf_serving_warmup_requests) and keeps its answers in assets.extra/hearth_golden.tfrecord
            check   asks it again: 0 where every answer is as recorded, 1 where one differs
            """;

    private final List<LoaderFactory> backends;
    private final PrintStream out;
    private final LoggedRequests requests = new LoggedRequests(MOST_BYTES);

    /** @param backends asked in this order whether they recognise the folder */
    public GoldenCommand(List<LoaderFactory> backends, PrintStream out) {
        this.backends = List.copyOf(backends);
        this.out = out;
    }

    /** Whether a command line is for this. */
    public static boolean isMeant(String... args) {
        return args.length > 0 && args[0].equals("golden");
    }

    /** Does what the words after {@code golden} say; the process's exit code. */
    public int run(List<String> words) {
        List<String> plain =
                words.stream().filter(word -> !word.startsWith("--")).toList();
        Optional<String> from = option(words, "--from=");
        Optional<String> to = option(words, "--to=");
        if (plain.size() != 2 || words.size() != 2 + (from.isPresent() ? 1 : 0) + (to.isPresent() ? 1 : 0)) {
            out.print(USAGE);
            return WRONG;
        }
        Path folder = Path.of(plain.get(1));
        try {
            return switch (plain.get(0)) {
                case "record" ->
                    record(
                            folder,
                            from.map(Path::of).orElse(folder.resolve(PredictionLogs.WARMUP_FILE)),
                            to.map(Path::of).orElse(folder.resolve(GoldenFiles.RECORDS)));
                case "check" -> check(folder);
                default -> {
                    out.print(USAGE);
                    yield WRONG;
                }
            };
        } catch (IOException | RuntimeException e) {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            out.println("hearth golden: " + (cause.getMessage() == null ? cause.toString() : cause.getMessage()));
            return WRONG;
        }
    }

    private static Optional<String> option(List<String> words, String name) {
        return words.stream()
                .filter(word -> word.startsWith(name))
                .map(word -> word.substring(name.length()))
                .findFirst();
    }

    private int record(Path folder, Path from, Path to) throws IOException {
        if (!Files.exists(from)) {
            out.println("hearth golden: there is no " + from + "; --from=FILE names a file of recorded requests");
            return WRONG;
        }
        ServableId id = id(folder);
        try (Servable version = load(id, folder)) {
            Predictor direct = new Predictor((handle, request, metrics) ->
                    CompletableFuture.completedFuture(handle.servable().run(request)));
            int count = new GoldenRecording(requests, MOST_BYTES).record(direct, new Loaded(id, version), from, to);
            out.println(count + " answers of " + id + " are recorded in " + to);
            return OK;
        }
    }

    private int check(Path folder) {
        ServableId id = id(folder);
        GoldenFiles files = new GoldenFiles(requests, Tolerance.DEFAULT, MOST_BYTES);
        try (Servable version = load(id, folder)) {
            Optional<GoldenReport> report = new GoldenCheck(files).check(id, version, folder);
            out.println(report.map(GoldenReport::toString)
                    .orElse(folder + " brings no " + GoldenFiles.RECORDS + "; hearth golden record makes one"));
            return report.isEmpty() ? WRONG : report.get().passed() ? OK : DIFFERS;
        }
    }

    private Servable load(ServableId id, Path folder) {
        return backends.stream()
                .filter(backend -> backend.recognises(folder))
                .findFirst()
                .orElseThrow(() -> ServingException.notFound("no model is found in " + folder))
                .loader(id, folder)
                .load();
    }

    private static ServableId id(Path folder) {
        Path absolute = folder.toAbsolutePath().normalize();
        Path model = absolute.getParent();
        String version = absolute.getFileName().toString();
        return new ServableId(
                model == null || model.getFileName() == null
                        ? "model"
                        : model.getFileName().toString(),
                version.matches("\\d{1,18}") ? Long.parseLong(version) : 0);
    }

    private record Loaded(ServableId id, Servable servable) implements ServableHandle {
        @Override
        public void close() {}
    }
}
