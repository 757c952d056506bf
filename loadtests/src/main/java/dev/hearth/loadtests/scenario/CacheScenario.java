package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Call;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.server.RedisProcess;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the cache costs and saves: CPU of a hit against a bare echo of the same bytes, of a miss against a server that does not
 * cache, throughput at several shares of hits, and the time of a hit in Redis.
 */
public final class CacheScenario implements Scenario {

    private static final int USERS = 32;
    private static final double MOST_HIT_MICROS = 10;
    private static final double MOST_MISS_SHARE = 1.05;
    private static final double LEAST_GAIN = 8;
    private static final double MOST_REDIS_MILLIS = 1;

    /** What of it is run, where not all of it fits into the time that a quiet machine can be had for. */
    public enum Part {
        ALL("cache", "the prediction cache: the four below"),
        HITS("cache-hits", "CPU of a hit against a bare echo"),
        SLOW("cache-slow", "a miss, and throughput at 0, 50, 90 and 99 % hits, of a model of 10 ms"),
        SMALL("cache-small", "the same of a model that does next to nothing"),
        REDIS("cache-redis", "the time of a hit in Redis");

        private final String name;
        private final String line;

        Part(String name, String line) {
            this.name = name;
            this.line = line;
        }

        boolean has(Part part) {
            return this == ALL || this == part;
        }
    }

    private final Part part;

    public CacheScenario(Part part) {
        this.part = part;
    }

    @Override
    public String name() {
        return part.name;
    }

    @Override
    public String line() {
        return part.line;
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        if (part.has(Part.HITS)) {
            hits(lab);
        }
        if (part.has(Part.SLOW)) {
            shares(lab, Subject.SLOW);
        }
        if (part.has(Part.SMALL)) {
            shares(lab, Subject.TRIVIAL);
        }
        if (part.has(Part.REDIS)) {
            redis(lab);
        }
    }

    private static List<String> cached(Subject subject, String... more) {
        List<String> flags = new ArrayList<>(List.of("--hearth.models." + subject.name() + ".cache.enabled=true"));
        flags.addAll(List.of(more));
        return flags;
    }

    /** Alternating rounds, as in the overhead scenario: CPU time, since the driver shares the machine. */
    private static void hits(Lab lab) throws IOException, InterruptedException {
        Subject subject = Subject.TRIVIAL;
        try (RunningServer hearth = lab.hearth(lab.store(subject), cached(subject));
                RunningServer echo = lab.echo()) {
            for (Protocol protocol : lab.protocols()) {
                Mix echoed = Mix.of(subject.echo(protocol));
                Mix known = Mix.of(subject.call(protocol, new float[] {1}, 1));
                List<Double> floor = new ArrayList<>();
                List<Double> cost = new ArrayList<>();
                lab.warm(echo, protocol + " echo", times -> lab.closed(echo, protocol, echoed, USERS, times));
                lab.warm(hearth, protocol + " hits", times -> lab.closed(hearth, protocol, known, USERS, times));
                for (int round = 1; round <= lab.pick(5, 3); round++) {
                    Measurement bare = lab.closed(echo, protocol, echoed, USERS, lab.times(1, 4));
                    Measurement hit = lab.closed(hearth, protocol, known, USERS, lab.times(1, 4));
                    lab.report().run("hits", protocol + " echo, round " + round, bare);
                    lab.report().run("hits", protocol + " hit, round " + round, hit);
                    floor.add(bare.serverMicros());
                    cost.add(hit.serverMicros());
                }
                double above = median(cost) - median(floor);
                lab.report()
                        .verdict(
                                above <= MOST_HIT_MICROS,
                                "%s: a hit takes at most %.0f us CPU above an echo"
                                        .formatted(protocol, MOST_HIT_MICROS),
                                "%.1f us against %.1f us: %.1f us above",
                                median(cost),
                                median(floor),
                                above);
            }
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    /** Two servers, of which one caches, asked in turns: what else the machine does falls on both. */
    private static void shares(Lab lab, Subject subject) throws IOException, InterruptedException {
        Protocol protocol = lab.protocol();
        LoadTimes times = lab.times(1, 4);
        List<Double> costs = new ArrayList<>();
        List<Double> gains = new ArrayList<>();
        try (RunningServer bare = lab.hearth(lab.store(subject), List.of());
                RunningServer cached = lab.hearth(lab.store(subject), cached(subject))) {
            warm(lab, bare, protocol, subject);
            warm(lab, cached, protocol, subject);
            // Many short rounds: a run of ten milliseconds takes a tenth more or less from one second to the next.
            for (int round = 1; round <= lab.pick(9, 3); round++) {
                Measurement without = lab.closed(bare, protocol, mix(subject, protocol, 0), USERS, times);
                Measurement misses = lab.closed(cached, protocol, mix(subject, protocol, 0), USERS, times);
                Measurement ninety = lab.closed(cached, protocol, mix(subject, protocol, 0.9), USERS, times);
                lab.report().run("in turns", subject.name() + ", no cache, round " + round, without);
                lab.report().run("in turns", subject.name() + ", 0 % hits, round " + round, misses);
                lab.report().run("in turns", subject.name() + ", 90 % hits, round " + round, ninety);
                costs.add(misses.serverMicros() / without.serverMicros());
                gains.add(ninety.throughput() / without.throughput());
            }
            for (int share : new int[] {50, 99}) {
                Measurement run = lab.closed(cached, protocol, mix(subject, protocol, share / 100.0), USERS, times);
                lab.report().run("shares of hits", "%s, %d %% hits".formatted(subject.name(), share), run);
            }
        }
        if (subject == Subject.SLOW) {
            lab.report()
                    .verdict(
                            median(costs) <= MOST_MISS_SHARE,
                            "a miss of the slow model costs at most 5 % more CPU than no cache",
                            "%.3f times, median of %s",
                            median(costs),
                            rounded(costs));
            lab.report()
                    .verdict(
                            median(gains) >= LEAST_GAIN,
                            "90 % hits on the slow model: at least 8 times the answers",
                            "%.1f times, median of %s",
                            median(gains),
                            rounded(gains));
        }
    }

    private static String rounded(List<Double> values) {
        return values.stream().map("%.2f"::formatted).collect(Collectors.joining(", "));
    }

    private static void warm(Lab lab, RunningServer server, Protocol protocol, Subject subject)
            throws InterruptedException {
        lab.closed(server, protocol, mix(subject, protocol, 0.5), USERS, lab.times(10, 1));
    }

    /** Calls of rows that were never asked, and calls of few rows again and again. */
    private static Mix mix(Subject subject, Protocol protocol, double hits) {
        Mix mix = new Mix();
        if (hits > 0) {
            mix.add("known", subject.call(protocol, subject.values(1, -1), 1), hits);
        }
        int[] seed = {(int) System.nanoTime()};
        Supplier<Call> fresh = () -> subject.call(protocol, exact(subject, seed[0]++), 1);
        return mix.addFresh("new", fresh, 1 - hits);
    }

    /** Rows with so many digits that no two are alike, also of a model with one number. */
    private static float[] exact(Subject subject, int seed) {
        float[] values = subject.values(1, seed);
        values[0] = Float.intBitsToFloat(0x3f000000 + (seed & 0x7fffff));
        return values;
    }

    private static void redis(Lab lab) throws IOException, InterruptedException {
        Optional<RedisProcess> found = RedisProcess.start(lab.scratch());
        if (found.isEmpty()) {
            lab.report().note("Redis: not measured, its binary does not run here");
            return;
        }
        Subject subject = Subject.TRIVIAL;
        Protocol protocol = lab.protocol();
        try (RedisProcess redis = found.get();
                RunningServer hearth = lab.hearth(
                        lab.store(subject),
                        cached(
                                subject,
                                "--hearth.models." + subject.name() + ".cache.tiers=redis",
                                "--quarkus.redis.hosts=redis://127.0.0.1:" + redis.port()))) {
            Mix known = Mix.of(subject.call(protocol, new float[] {1}, 1));
            lab.closed(hearth, protocol, known, USERS, lab.times(20, 1));
            Measurement one = lab.closed(hearth, protocol, known, 1, lab.times(2, 6));
            lab.report().run("Redis", "one user, hits in Redis only", one);
            Measurement many = lab.closed(hearth, protocol, known, USERS, lab.times(2, 6));
            lab.report().run("Redis", USERS + " users, hits in Redis only", many);
            String page = hearth.get("/q/metrics");
            lab.report()
                    .verdict(
                            one.millis(50) <= MOST_REDIS_MILLIS && page.contains("tier=\"redis\""),
                            "p50 of a hit in Redis at most %.0f ms".formatted(MOST_REDIS_MILLIS),
                            "%.2f ms for one user, %.2f ms for %d",
                            one.millis(50),
                            many.millis(50),
                            USERS);
        }
    }
}
