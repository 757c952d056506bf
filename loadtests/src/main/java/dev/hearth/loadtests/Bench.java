package dev.hearth.loadtests;

import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Report;
import dev.hearth.loadtests.scenario.BatchingScenario;
import dev.hearth.loadtests.scenario.BinaryScenario;
import dev.hearth.loadtests.scenario.BurstScenario;
import dev.hearth.loadtests.scenario.CacheScenario;
import dev.hearth.loadtests.scenario.ChaosScenario;
import dev.hearth.loadtests.scenario.ColdStartScenario;
import dev.hearth.loadtests.scenario.CostScenario;
import dev.hearth.loadtests.scenario.FleetScenario;
import dev.hearth.loadtests.scenario.GpuScenario;
import dev.hearth.loadtests.scenario.Lab;
import dev.hearth.loadtests.scenario.LargeScenario;
import dev.hearth.loadtests.scenario.MixedScenario;
import dev.hearth.loadtests.scenario.OverheadScenario;
import dev.hearth.loadtests.scenario.OverloadScenario;
import dev.hearth.loadtests.scenario.PoisonScenario;
import dev.hearth.loadtests.scenario.QueueProxyScenario;
import dev.hearth.loadtests.scenario.RampScenario;
import dev.hearth.loadtests.scenario.Scenario;
import dev.hearth.loadtests.scenario.SoakScenario;
import dev.hearth.loadtests.scenario.SteadyScenario;
import dev.hearth.loadtests.scenario.SwapScenario;
import dev.hearth.loadtests.server.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The command line of the load tests; the launcher sets {@code hearth.root} and {@code hearth.native.args}. */
public final class Bench {

    static final List<Scenario> SCENARIOS = List.of(
            new OverheadScenario(),
            new CacheScenario(CacheScenario.Part.ALL),
            new CacheScenario(CacheScenario.Part.HITS),
            new CacheScenario(CacheScenario.Part.SLOW),
            new CacheScenario(CacheScenario.Part.SMALL),
            new CacheScenario(CacheScenario.Part.REDIS),
            new CostScenario(CostScenario.Feature.KEYS),
            new CostScenario(CostScenario.Feature.REQUEST_LOG),
            new CostScenario(CostScenario.Feature.REQUEST_LOG_SHARE),
            new CostScenario(CostScenario.Feature.ACCESS_LOG),
            new CostScenario(CostScenario.Feature.TRACING),
            new CostScenario(CostScenario.Feature.TRACING_DEFAULT),
            new CostScenario(CostScenario.Feature.TRACING_SHARE),
            new CostScenario(CostScenario.Feature.WATCHDOG),
            new BatchingScenario(),
            new OverloadScenario(),
            new SteadyScenario(),
            new RampScenario(),
            new BurstScenario(),
            new PoisonScenario(),
            new SwapScenario(),
            new FleetScenario(false),
            new FleetScenario(true),
            new ChaosScenario(),
            new QueueProxyScenario(),
            new MixedScenario(),
            new LargeScenario(),
            new BinaryScenario(),
            new ColdStartScenario(),
            new SoakScenario(),
            new GpuScenario());

    private Bench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        List<Scenario> chosen = new ArrayList<>();
        List<String> serverFlags = new ArrayList<>();
        boolean quick = false;
        Optional<Protocol> protocol = Optional.empty();
        Path reports = root().resolve("loadtests/target/reports");
        for (String arg : args) {
            if (arg.equals("--quick")) {
                quick = true;
            } else if (arg.startsWith("--protocol=")) {
                protocol = Optional.of(Protocol.valueOf(value(arg).toUpperCase(Locale.ROOT)));
            } else if (arg.startsWith("--server=")) {
                serverFlags.add(value(arg));
            } else if (arg.startsWith("--reports=")) {
                reports = Path.of(value(arg));
            } else if (arg.equals("all")) {
                SCENARIOS.stream()
                        .filter(scenario -> !scenario.name().startsWith("cache-")
                                && !scenario.name().startsWith("cost-"))
                        .forEach(chosen::add);
            } else {
                chosen.add(SCENARIOS.stream()
                        .filter(scenario -> scenario.name().equals(arg))
                        .findFirst()
                        .orElseGet(() -> unknown(arg)));
            }
        }
        if (chosen.isEmpty()) {
            list();
            return;
        }
        List<Report> done = new ArrayList<>();
        for (Scenario scenario : chosen) {
            done.add(run(scenario, quick, protocol, serverFlags, reports));
            if (chosen.size() > 1) {
                summary(done, chosen, reports);
            }
        }
        System.exit(done.stream().allMatch(Report::met) ? 0 : 1);
    }

    private static String value(String arg) {
        return arg.substring(arg.indexOf('=') + 1);
    }

    private static Scenario unknown(String arg) {
        System.err.println("hearth bench: unknown scenario or option: " + arg);
        list();
        System.exit(2);
        throw new IllegalStateException();
    }

    private static void list() {
        System.out.println(
                "usage: hearth bench SCENARIO... | all  [--quick] [--protocol=grpc|rest] [--server=FLAG ...] [--reports=FOLDER]\n");
        SCENARIOS.forEach(scenario -> System.out.printf("  %-22s %s%n", scenario.name(), scenario.line()));
        System.out.println(
                "\nServers are started and ended by the scenario itself, on free ports of this machine. Ends with 1");
        System.out.println("where a service level was missed. Figures are worth something on a quiet machine only.");
    }

    private static Path root() {
        return Path.of(System.getProperty("hearth.root", ".")).toAbsolutePath();
    }

    private static Report run(
            Scenario scenario, boolean quick, Optional<Protocol> protocol, List<String> serverFlags, Path reports)
            throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("hearth-bench");
        Report report = new Report("hearth bench " + scenario.name() + (quick ? " --quick" : ""), System.out);
        try {
            report.note("%s", scenario.line());
            report.note("%s; commit %s", Machine.describe(), System.getProperty("hearth.commit", "unknown"));
            report.note("before the run: load average %.2f, %.2f CPUs busy", Machine.loadAverage(), Machine.busyCpus());
            if (!serverFlags.isEmpty()) {
                report.note("every server has %s", String.join(" ", serverFlags));
            }
            long begun = System.nanoTime();
            scenario.run(new Lab(root(), scratch, quick, protocol, serverFlags, report));
            report.note(
                    "took %.0f s; load average at the end %.2f (driver and server count)",
                    (System.nanoTime() - begun) / 1e9, Machine.loadAverage());
            String time = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
            Path folder = reports.resolve(scenario.name() + "-" + time);
            report.write(folder);
            report.printVerdicts();
            System.out.println("\nreports: " + folder.resolve("report.txt") + ", " + folder.resolve("report.html"));
            return report;
        } finally {
            delete(scratch);
        }
    }

    /** All verdicts of a longer run as one Markdown table, written anew after every scenario. */
    private static void summary(List<Report> done, List<Scenario> chosen, Path reports) throws IOException {
        StringBuilder text = new StringBuilder("| scenario | wanted | measured | met |\n|---|---|---|---|\n");
        for (int i = 0; i < done.size(); i++) {
            String name = chosen.get(i).name();
            done.get(i)
                    .verdicts()
                    .forEach(verdict -> text.append("| %s | %s | %s | %s |%n"
                            .formatted(name, verdict.goal(), verdict.measured(), verdict.met() ? "yes" : "**no**")));
        }
        Files.createDirectories(reports);
        Files.writeString(reports.resolve("summary.md"), text);
        System.out.println("summary: " + reports.resolve("summary.md"));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
