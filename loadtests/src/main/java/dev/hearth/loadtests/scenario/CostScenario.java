package dev.hearth.loadtests.scenario;

import com.sun.net.httpserver.HttpServer;
import dev.hearth.loadtests.drive.Call;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executors;

/**
 * What a feature that is off by default costs each call of a trivial model: CPU time of a server with it against that of one
 * without, which run side by side and are asked in turns. The most expensive form of each, in which every call is logged or
 * followed, and for some a form for busy servers.
 */
public final class CostScenario implements Scenario {

    private static final int USERS = 32;
    private static final String SHARE = "0.01";
    private static final String KEY = "a-key-of-a-load-test-which-is-as-long-as-real-ones";
    private static final Subject SUBJECT = Subject.TRIVIAL;

    /** What a busy server may have on. */
    private static final double LITTLE = 1.2;

    /** What writes something for every call: more than this, and half of a fleet would work for its logs. */
    private static final double TWICE = 2;

    /** What is switched on. */
    public enum Feature {
        KEYS("cost-keys", "API keys", LITTLE),
        REQUEST_LOG("cost-request-log", "a request log of every call", TWICE),
        ACCESS_LOG("cost-access-log", "an access log", TWICE),
        TRACING("cost-tracing", "traces of every call, sent to a collector", TWICE),
        TRACING_DEFAULT(
                "cost-tracing-default", "traces as they are by default, of no more than 100 calls a second", LITTLE),
        TRACING_SHARE("cost-tracing-share", "traces of one call in a hundred", LITTLE),
        REQUEST_LOG_SHARE("cost-request-log-share", "a request log of one call in a hundred", LITTLE),
        WATCHDOG("cost-watchdog", "the watch over runs that hang, which is on by default", LITTLE);

        private final String name;
        private final String line;
        private final double mostTimes;

        Feature(String name, String line, double mostTimes) {
            this.name = name;
            this.line = line;
            this.mostTimes = mostTimes;
        }
    }

    private final Feature feature;

    public CostScenario(Feature feature) {
        this.feature = feature;
    }

    @Override
    public String name() {
        return feature.name;
    }

    @Override
    public String line() {
        return "CPU of a call of a trivial model with " + feature.line + ", and without";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        HttpServer collector = collector();
        try (RunningServer without = lab.hearth(lab.store(SUBJECT), flagsWithout());
                RunningServer with = lab.hearth(lab.store(SUBJECT), flagsWith(lab, collector))) {
            for (Protocol protocol : lab.protocols()) {
                compare(lab, protocol, without, with);
            }
        } finally {
            collector.stop(0);
        }
    }

    private List<String> flagsWithout() {
        return feature == Feature.WATCHDOG ? List.of("--hearth.hung.grace=0S") : List.of();
    }

    private List<String> flagsWith(Lab lab, HttpServer collector) throws IOException {
        return switch (feature) {
            case KEYS -> {
                Path keys = lab.scratch().resolve("keys.txt");
                Files.writeString(keys, "load sha256:" + sha256(KEY) + " predict\n");
                yield List.of("--hearth.security.keys-file=" + keys, "--hearth.security.anonymous-roles=status");
            }
            case REQUEST_LOG -> requestLog(lab, "1");
            case REQUEST_LOG_SHARE -> requestLog(lab, SHARE);
            case ACCESS_LOG -> List.of("--hearth.log.access=true");
            case TRACING -> List.of(endpoint(collector), "--hearth.tracing.per-second=0");
            case TRACING_DEFAULT -> List.of(endpoint(collector));
            case TRACING_SHARE ->
                List.of(
                        endpoint(collector),
                        "--hearth.tracing.per-second=0",
                        "--hearth.tracing.sampling-rate=" + SHARE);
            case WATCHDOG -> List.of();
        };
    }

    private static List<String> requestLog(Lab lab, String share) {
        return List.of(
                "--hearth.request-log.prefix=" + lab.scratch().resolve("requests"),
                "--hearth.request-log.sampling-rate=" + share);
    }

    private static String endpoint(HttpServer collector) {
        return "--hearth.tracing.endpoint=http://127.0.0.1:"
                + collector.getAddress().getPort();
    }

    private void compare(Lab lab, Protocol protocol, RunningServer without, RunningServer with)
            throws InterruptedException {
        Call plain = SUBJECT.call(protocol, new float[] {1}, 1);
        Call call = feature == Feature.KEYS ? plain.with("authorization", "Bearer " + KEY) : plain;
        List<Double> ratios = new ArrayList<>();
        List<Double> before = new ArrayList<>();
        List<Double> after = new ArrayList<>();
        Lab.together(
                () -> warm(lab, protocol + " with", with, call),
                () -> warm(lab, protocol + " without", without, plain));
        for (int round = 1; round <= lab.pick(8, 3); round++) {
            LoadTimes times = lab.times(0.5, 2);
            Measurement one = lab.closed(without, protocol, Mix.of(plain), USERS, times);
            Measurement costly = lab.closed(with, protocol, Mix.of(call), USERS, times);
            lab.report().run("rounds", protocol + " without, round " + round, one);
            lab.report().run("rounds", protocol + " with, round " + round, costly);
            Levels.noErrors(lab, protocol + " with: ", costly);
            before.add(one.serverMicros());
            after.add(costly.serverMicros());
            ratios.add(costly.serverMicros() / one.serverMicros());
        }
        lab.report()
                .verdict(
                        median(ratios) <= feature.mostTimes,
                        "%s: a predict takes at most %.1f times the CPU with %s"
                                .formatted(protocol, feature.mostTimes, feature.line),
                        "%.2f times (median of %d pairs; medians %.1f us against %.1f us)",
                        median(ratios),
                        ratios.size(),
                        median(after),
                        median(before));
    }

    private static void warm(Lab lab, String what, RunningServer server, Call call) throws InterruptedException {
        lab.warm(server, what, times -> lab.closed(server, call.protocol(), Mix.of(call), USERS / 2, times));
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    /** Takes what is sent, as a collector of traces does, and forgets it. */
    private static HttpServer collector() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "collector");
            thread.setDaemon(true);
            return thread;
        }));
        server.start();
        return server;
    }

    private static String sha256(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
