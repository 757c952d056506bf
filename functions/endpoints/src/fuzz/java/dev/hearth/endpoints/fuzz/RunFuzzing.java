package dev.hearth.endpoints.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs Jazzer on readers of what others send or leave, each in a process of its own. Arguments: the folder for what Jazzer
 * learns and finds, seconds for each reader, and the names of some readers; all where there is none.
 *
 * <p>Ends with 0 where nothing was found, with 1 where a reader threw what it must not, hung, or took too much memory, and with
 * 2 where Jazzer did not run.
 */
public final class RunFuzzing {

    private static final Pattern RUNS = Pattern.compile("number_of_executed_units: *(\\d+)");
    private static final Pattern COVERAGE = Pattern.compile(" cov: (\\d+)");

    /** How libFuzzer ends a process that has found something: an error, then too much memory and too long. */
    private static final List<Integer> FINDINGS = List.of(77, 71, 70);

    private final Path folder;
    private final String seconds;

    private RunFuzzing(Path folder, String seconds) {
        this.folder = folder;
        this.seconds = seconds;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Map<String, Samples.Target> all = new TreeMap<>(Samples.TARGETS);
        List<String> wanted =
                Arrays.stream(args).skip(2).filter(name -> !name.isBlank()).toList();
        if (!all.keySet().containsAll(wanted)) {
            System.err.println("There is " + all.keySet() + ", not " + wanted);
            System.exit(2);
        }
        RunFuzzing fuzzing = new RunFuzzing(Files.createDirectories(Path.of(args[0])), args[1]);
        int worst = 0;
        for (String name : wanted.isEmpty() ? all.keySet() : wanted) {
            worst = Math.max(worst, fuzzing.run(name, all.get(name)));
        }
        System.exit(worst);
    }

    private int run(String name, Samples.Target target) throws IOException, InterruptedException {
        Path corpus = Files.createDirectories(folder.resolve(name));
        Path log = folder.resolve(name + ".log");
        int number = 0;
        for (byte[] sample : target.samples()) {
            Files.write(corpus.resolve("sample-" + number++), sample);
        }
        int status = new ProcessBuilder(command(name, target.type(), corpus))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        String said = Files.readString(log, StandardCharsets.ISO_8859_1);
        String runs = last(RUNS, said);
        String coverage = last(COVERAGE, said);
        // Without coverage it would only be guessing.
        boolean ran = !runs.isEmpty() && !coverage.isEmpty();
        boolean found = FINDINGS.contains(status);
        String outcome = found
                ? "FOUND SOMETHING, see " + log
                : status == 0 && ran ? "nothing found" : "DID NOT RUN, see " + log;
        System.out.printf("%-14s %12s inputs %6s branches  %s%n", name, runs, coverage, outcome);
        return found ? 1 : status == 0 && ran ? 0 : 2;
    }

    private List<String> command(String name, Class<?> target, Path corpus) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // A reader that makes gigabytes of some bytes is to fail, not the machine.
                "-Xmx512m",
                "-XX:+UseSerialGC"));
        if (Runtime.version().feature() >= 21) {
            command.add("-XX:+EnableDynamicAgentLoading");
        }
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=dev.hearth.**:com.google.protobuf.TextFormat**",
                "--reproducer_path=" + folder,
                "-artifact_prefix=" + folder + "/" + name + "-",
                "-max_total_time=" + seconds,
                "-max_len=4096",
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-print_final_stats=1",
                corpus.toString()));
        return command;
    }

    private static String last(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        String last = "";
        while (matcher.find()) {
            last = matcher.group(1);
        }
        return last;
    }
}
