package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.report.Bars;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.ColdStart;
import dev.hearth.loadtests.server.ColdStart.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * From the begin of the process to the first correct prediction: the two packages, and beside each the plain fast-jar with the
 * same model, in turns. Libraries and models are in the page cache, as on a host that has run the image before.
 * HEARTH_BENCH_ROUNDS says how many starts of each.
 */
public final class ColdStartScenario implements Scenario {

    private record Packaging(
            String name, String flag, Path models, Question question, double seconds, double megabytes) {}

    private record Runs(String name, List<ColdStart> starts) {

        double median(ToDoubleFunction<ColdStart> value) {
            return ColdStartScenario.median(starts.stream().mapToDouble(value));
        }

        double least(ToDoubleFunction<ColdStart> value) {
            return starts.stream().mapToDouble(value).min().orElse(Double.NaN);
        }
    }

    @Override
    public String name() {
        return "cold-start";
    }

    @Override
    public String line() {
        return "process start to first correct prediction, by phases: packages against the plain fast-jar";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Path models = lab.root().resolve("config/models");
        Path lite = lab.root().resolve("src/backends/tflite/test/resources/models");
        List<Packaging> packagings = List.of(
                new Packaging(
                        "TensorFlow Lite",
                        "--tflite",
                        lite.resolve("half_plus_two_lite"),
                        new Question("half_plus_two_lite", "{\"instances\": [1.0]}", "2.5"),
                        1.2,
                        140),
                new Packaging(
                        "TensorFlow",
                        "",
                        models.resolve("digits"),
                        new Question(
                                "digits",
                                Files.readString(models.resolve("samples/digits_predict.json")),
                                "\"digit\": 8"),
                        2.0,
                        380));
        for (Packaging packaging : packagings) {
            measure(lab, packaging);
        }
    }

    private static void measure(Lab lab, Packaging packaging) throws IOException, InterruptedException {
        Path folder = packaging.flag().isEmpty() ? lab.makePackage() : lab.makePackage(packaging.flag());
        List<String> model =
                List.of("--model_name=" + packaging.question().model(), "--model_base_path=" + packaging.models());
        List<String> packaged =
                concat(List.of(folder.resolve("bin/hearth-server").toString()), model);
        List<String> plain = concat(plain(lab), model);
        Runs fast = new Runs(packaging.name() + ", package", new ArrayList<>());
        Runs slow = new Runs(packaging.name() + ", plain fast-jar", new ArrayList<>());
        Path log = lab.scratch().resolve("cold.log");
        // One each that does not count: files come into the page cache.
        ColdStart.of(packaged, packaging.question(), log);
        ColdStart.of(plain, packaging.question(), log);
        long rounds = lab.setting("HEARTH_BENCH_ROUNDS", lab.pick(10, 3));
        for (int i = 0; i < rounds; i++) {
            fast.starts().add(ColdStart.of(packaged, packaging.question(), log));
            slow.starts().add(ColdStart.of(plain, packaging.question(), log));
            lab.report()
                    .progress(
                            "  %s, start %d: package %.2f s, plain %.2f s",
                            packaging.name(),
                            i + 1,
                            fast.starts().get(i).seconds(),
                            slow.starts().get(i).seconds());
        }
        report(lab, fast);
        report(lab, slow);
        judge(lab, packaging, fast, slow);
    }

    /** As it was started before there were packages; Lite's models, too, on a server with both backends. */
    private static List<String> plain(Lab lab) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                Arrays.asList(System.getProperty("hearth.native.args", "").split(" ")));
        command.addAll(List.of(
                "-XX:+IgnoreUnrecognizedVMOptions",
                "-jar",
                lab.root()
                        .resolve("functions/server/target/quarkus-app/quarkus-run.jar")
                        .toString()));
        return command;
    }

    private static void report(Lab lab, Runs runs) {
        lab.report()
                .table("starts: medians", "packaging", "starts", "seconds", "least", "most", "CPU s", "RSS MB")
                .row(
                        runs.name(),
                        runs.starts().size(),
                        runs.median(ColdStart::seconds),
                        runs.least(ColdStart::seconds),
                        -runs.least(start -> -start.seconds()),
                        runs.median(ColdStart::cpuSeconds),
                        runs.median(ColdStart::rssMegabytes));
        Table table = lab.report()
                .table("phases: medians in seconds since the process began", "phase", "begin", "end", "length");
        Bars bars = lab.report().bars(runs.name() + ": phases", "s");
        TreeSet<String> named = new TreeSet<>();
        runs.starts().stream()
                .flatMap(start -> start.phases().keySet().stream())
                .filter(named::add)
                .forEach(phase -> {
                    double begin = median(phase(runs, phase).mapToDouble(span -> span[0] / 1e3));
                    double end = median(phase(runs, phase).mapToDouble(span -> span[1] / 1e3));
                    table.row(runs.name() + ": " + phase, begin, end, end - begin);
                    bars.add(phase, begin, end);
                });
        bars.add("first correct answer", 0, runs.median(ColdStart::seconds));
        lab.report().progress("%n%s", bars.text());
    }

    private static Stream<long[]> phase(Runs runs, String phase) {
        return runs.starts().stream().map(start -> start.phases().get(phase)).filter(span -> span != null);
    }

    private static void judge(Lab lab, Packaging packaging, Runs fast, Runs slow) {
        double seconds = fast.median(ColdStart::seconds);
        double megabytes = fast.median(ColdStart::rssMegabytes);
        double cpu = fast.median(ColdStart::cpuSeconds) / slow.median(ColdStart::cpuSeconds);
        String name = packaging.name() + ": ";
        lab.report()
                .verdict(
                        seconds <= packaging.seconds(),
                        name + "first correct prediction within " + packaging.seconds() + " s",
                        "%.2f s; plain fast-jar %.2f s",
                        seconds,
                        slow.median(ColdStart::seconds));
        lab.report()
                .verdict(
                        megabytes <= packaging.megabytes(),
                        name + "at most " + Math.round(packaging.megabytes()) + " MB RSS then",
                        "%.0f MB; plain fast-jar %.0f MB",
                        megabytes,
                        slow.median(ColdStart::rssMegabytes));
        lab.report()
                .verdict(
                        cpu <= 0.5,
                        name + "at most half of the plain fast-jar's CPU time",
                        "%.2f s against %.2f s: %.2f",
                        fast.median(ColdStart::cpuSeconds),
                        slow.median(ColdStart::cpuSeconds),
                        cpu);
    }

    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length == 0
                ? Double.NaN
                : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static List<String> concat(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
