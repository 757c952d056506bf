package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Counts;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Not a load: whether the server that was built serves, and refuses to where a GPU is required and there is none. Run by
 * {@code ./hearth test --gpu} with TensorFlow's GPU libraries, which fall back to the CPU on a machine without a GPU.
 */
public final class GpuScenario implements Scenario {

    private static final Duration REFUSAL = Duration.ofSeconds(90);
    private static final String NO_GPU = "A GPU is required and TensorFlow found none";
    private static final Pattern DEVICE = Pattern.compile("\"device\":\"([^\"]*)\"");

    @Override
    public String name() {
        return "gpu";
    }

    @Override
    public String line() {
        return "a server with what was built (-Pgpu): does it predict over both protocols, and refuse where there is no GPU";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Subject subject = Subject.DIGITS;
        Path store = lab.store(subject);
        libraries(lab);
        try (RunningServer server = lab.hearth(store, List.of())) {
            String body = Files.readString(lab.root().resolve("config/models/samples/digits_predict.json"));
            String answer = server.post("/v1/models/digits:predict", body);
            List<String> digits = digits(answer);
            lab.report()
                    .verdict(
                            digits.equals(List.of("8", "2", "9")),
                            "digits are read right over REST",
                            "%s",
                            digits.isEmpty() ? answer : digits);
            for (Protocol protocol : Protocol.values()) {
                LoadTimes times = LoadTimes.of(Duration.ZERO, Duration.ofSeconds(lab.pick(5, 1)));
                Counts counts = lab.closed(server, protocol, subject.rows(protocol), 2, times)
                        .counts();
                lab.report()
                        .verdict(
                                counts.sent() > 0 && counts.ok() == counts.sent(),
                                protocol + ": every call is answered with a result",
                                "%,d of %,d",
                                counts.ok(),
                                counts.sent());
            }
            Matcher device = DEVICE.matcher(server.get("/functions/model-status"));
            lab.report().note("the model runs on %s", device.find() ? device.group(1) : "an unknown device");
        }
        refusal(lab, store);
    }

    /** Without this a server with the CPU's libraries would pass. */
    private static void libraries(Lab lab) {
        String args = String.valueOf(System.getenv("HEARTH_BUILD_ARGS"));
        lab.report().verdict(args.contains("-Pgpu"), "built with -Pgpu", "HEARTH_BUILD_ARGS=%s", args);
    }

    private static List<String> digits(String answer) {
        return Pattern.compile("\"digit\":\\s*(\\d+)")
                .matcher(answer)
                .results()
                .map(result -> result.group(1))
                .toList();
    }

    /** On a machine with a GPU it is hidden, so the check is the same everywhere. */
    private static void refusal(Lab lab, Path store) throws IOException, InterruptedException {
        List<String> flags =
                List.of("--model_store_path=" + store, "--hearth.gpu.required=true", "--max_num_load_retries=0");
        Path log = lab.scratch().resolve("refusal.log");
        try (RunningServer server =
                RunningServer.starting(lab.root(), log, flags, Map.of("CUDA_VISIBLE_DEVICES", ""))) {
            String state = server.await("/v1/models/digits", NO_GPU, REFUSAL);
            lab.report()
                    .verdict(
                            state.contains(NO_GPU),
                            "with hearth.gpu.required and no GPU the load is refused",
                            "%s",
                            state.contains(NO_GPU) ? "the error says so" : state + Files.readString(log));
            int ready = server.status("/q/health/ready");
            lab.report().verdict(ready != 200, "and the server is not ready", "status %d", ready);
        }
    }
}
