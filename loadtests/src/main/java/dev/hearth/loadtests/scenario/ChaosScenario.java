package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.chaos.ClientResets;
import dev.hearth.loadtests.chaos.ClockJump;
import dev.hearth.loadtests.chaos.Fault;
import dev.hearth.loadtests.chaos.FullDisk;
import dev.hearth.loadtests.chaos.HangingRun;
import dev.hearth.loadtests.chaos.ManyConnections;
import dev.hearth.loadtests.chaos.ProcessFiles;
import dev.hearth.loadtests.chaos.RedisFault;
import dev.hearth.loadtests.chaos.SlowClients;
import dev.hearth.loadtests.chaos.TruncatedVersion;
import dev.hearth.loadtests.chaos.Victim;
import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Client;
import dev.hearth.loadtests.drive.Counts;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.Mix;
import dev.hearth.loadtests.drive.OpenLoop;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.report.Table;
import dev.hearth.loadtests.server.RedisProcess;
import dev.hearth.loadtests.server.RunningServer;
import dev.hearth.loadtests.server.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToLongFunction;

/**
 * One fault after the other is done to a server that others ask all the time, over both protocols, one request in a hundred
 * of them poisoned; then members of a fleet are ended. No good request may be lost, and what was held must be given back.
 */
public final class ChaosScenario implements Scenario {

    private static final double PER_SECOND = 100;
    private static final Duration SLICE = Duration.ofSeconds(4);
    private static final String GOOD = "good";
    private static final String POISON = "poison";
    private static final double MOST_RSS_GROWTH = 1.25;
    private static final long MOST_DESCRIPTORS_MORE = 30;

    @Override
    public String name() {
        return "chaos";
    }

    @Override
    public String line() {
        return "half an hour of faults, one after the other, under load: nothing is lost and nothing is kept";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Path store = lab.store(Subject.DIGITS, Subject.TRIVIAL, Subject.PICKY);
        Lab.copy(
                lab.root().resolve("src/backends/tensorflow/test/resources/models/reading/1"),
                Files.createDirectory(store.resolve("reading")).resolve("1"));
        List<String> flags = new ArrayList<>(List.of(
                "--hearth.hung.grace=500ms",
                "--rest_api_timeout_in_ms=2000",
                "--max_num_load_retries=0",
                "--hearth.batching.profiles=" + lab.scratch().resolve("profiles"),
                "--hearth.request-log.prefix=" + lab.scratch().resolve("requests"),
                "--hearth.request-log.models." + Subject.DIGITS.name() + "=0.2"));
        Map<String, String> environment = new HashMap<>();
        List<Fault> faults = new ArrayList<>(List.of(
                new TruncatedVersion(Subject.DIGITS.name(), Subject.DIGITS.version()),
                new SlowClients(),
                new ManyConnections(),
                new ClientResets(),
                new HangingRun()));
        if (FullDisk.possible()) {
            faults.add(new FullDisk());
        } else {
            lab.report().note("NOT TESTED: a full disk, since there is no prlimit");
        }
        ClockJump.prepare(lab.root(), lab.scratch(), environment).ifPresentOrElse(faults::add, () -> lab.report()
                .note("NOT TESTED: a clock that jumps, for want of libfaketime"));
        Optional<RedisProcess> redis = RedisProcess.start(lab.scratch());
        try {
            if (redis.isPresent()) {
                faults.addAll(RedisFault.all(redis.get()));
                flags.add("--hearth.models." + Subject.DIGITS.name() + ".cache.enabled=true");
                flags.add("--hearth.models." + Subject.DIGITS.name() + ".cache.tiers=redis");
                flags.add(
                        "--quarkus.redis.hosts=redis://127.0.0.1:" + redis.get().port());
            } else {
                lab.report().note("NOT TESTED: Redis, which does not run on this machine");
            }
            try (RunningServer server = lab.hearth(store, flags, environment)) {
                faults(lab, new Victim(server, store, lab.scratch()), faults);
            }
        } finally {
            redis.ifPresent(RedisProcess::close);
        }
        new FleetScenario(false).run(lab);
    }

    private static void faults(Lab lab, Victim victim, List<Fault> faults) throws IOException, InterruptedException {
        Table table = lab.report().table("faults", "round", "fault", "as wanted", "seen", "RSS MB", "descriptors");
        // Fills caches, and has the machine compile, before anything is done to it.
        AtomicBoolean warm = new AtomicBoolean();
        CompletableFuture<List<Measurement>> first = driven(lab, victim, Protocol.REST, warm);
        Thread.sleep(Duration.ofSeconds(lab.pick(20, 6)).toMillis());
        warm.set(true);
        first.join();
        Held before = Held.now(victim);
        Held afterFirst = before;
        int rounds = 0;
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<List<Measurement>> rest = driven(lab, victim, Protocol.REST, over);
        CompletableFuture<List<Measurement>> grpc = driven(lab, victim, Protocol.GRPC, over);
        Map<String, Boolean> asWanted = new TreeMap<>();
        try {
            long end = System.nanoTime() + Duration.ofMinutes(lab.pick(30, 0)).toNanos();
            do {
                rounds++;
                for (Fault fault : faults) {
                    Fault.Finding finding = fault.strike(victim);
                    asWanted.merge(fault.name(), finding.asWanted(), Boolean::logicalAnd);
                    lab.report().progress("  %s: %s", fault.name(), finding.seen());
                    Held now = Held.now(victim);
                    table.row(
                            rounds,
                            fault.name(),
                            finding.asWanted() ? "yes" : "no",
                            finding.seen(),
                            now.rss() / 1e6,
                            now.descriptors());
                    Thread.sleep(1000);
                }
                if (rounds == 1) {
                    afterFirst = Held.now(victim);
                }
            } while (System.nanoTime() < end);
        } finally {
            over.set(true);
        }
        report(lab, "REST", rest.join());
        report(lab, "gRPC", grpc.join());
        asWanted.forEach(
                (fault, well) -> lab.report().verdict(well, fault + ": the server goes on", well ? "yes" : "no"));
        // What a client left behind is noticed by its reset, at the latest when the next second begins.
        Thread.sleep(3000);
        kept(lab, before, afterFirst, Held.now(victim), rounds);
    }

    /** What the server holds, its files and connections being the descriptors. */
    private record Held(long rss, long descriptors) {

        static Held now(Victim victim) throws IOException {
            long pid = victim.server().pid();
            return new Held(Usage.rss(pid), ProcessFiles.descriptors(pid));
        }
    }

    /**
     * Every fault takes its memory once, and a heap that may grow keeps it; a leak takes it again each time. So memory is
     * compared with what it was after each fault had its turn.
     */
    private static void kept(Lab lab, Held before, Held afterFirst, Held now, int rounds) {
        lab.report()
                .note(
                        "RSS: %.0f MB before, %.0f MB after the first of %d rounds of faults, %.0f MB after the last",
                        before.rss() / 1e6, afterFirst.rss() / 1e6, rounds, now.rss() / 1e6);
        if (rounds > 1) {
            lab.report()
                    .verdict(
                            now.rss() <= afterFirst.rss() * MOST_RSS_GROWTH,
                            "RSS at most a quarter above what it was after one round",
                            "%.0f against %.0f MB",
                            now.rss() / 1e6,
                            afterFirst.rss() / 1e6);
        }
        lab.report()
                .verdict(
                        now.descriptors() <= before.descriptors() + MOST_DESCRIPTORS_MORE,
                        "descriptors at most " + MOST_DESCRIPTORS_MORE + " more than before",
                        "%d against %d",
                        now.descriptors(),
                        before.descriptors());
    }

    /** Calls without a break, in slices, until it is over; one in a hundred is poisoned. */
    private static CompletableFuture<List<Measurement>> driven(
            Lab lab, Victim victim, Protocol protocol, AtomicBoolean over) {
        Mix mix = new Mix()
                .add(GOOD, Subject.PICKY.call(protocol, new float[] {1}, 1), 49)
                .add(GOOD, Subject.DIGITS.call(protocol, Subject.DIGITS.values(1, 0), 1), 50)
                .add(POISON, Subject.PICKY.call(protocol, new float[] {-1}, 1), 1);
        CompletableFuture<List<Measurement>> done = new CompletableFuture<>();
        Thread driver = new Thread(
                () -> {
                    List<Measurement> slices = new ArrayList<>();
                    try (Client client = lab.client(victim.server(), protocol, 32)) {
                        for (int i = 0; !over.get(); i++) {
                            slices.add(new OpenLoop(
                                            client,
                                            mix,
                                            victim.server().pid(),
                                            LoadTimes.of(Duration.ZERO, SLICE),
                                            Arrivals.poisson(PER_SECOND, i),
                                            PER_SECOND)
                                    .run());
                        }
                        done.complete(slices);
                    } catch (InterruptedException | RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                },
                "chaos-" + protocol);
        driver.setDaemon(true);
        driver.start();
        return done;
    }

    private static void report(Lab lab, String protocol, List<Measurement> slices) {
        List<Counts> good = of(GOOD, slices);
        List<Counts> poison = of(POISON, slices);
        good.forEach(counts ->
                counts.reasons().forEach((why, times) -> lab.report().note("%s: %d times %s", protocol, times, why)));
        long sent = sum(good, Counts::sent);
        long lost = sum(good, Counts::failed);
        lab.report()
                .verdict(
                        lost == 0 && sent > 0,
                        protocol + ": no good request is lost",
                        "%,d sent, %,d answered, %,d refused, %,d late, %,d lost",
                        sent,
                        sum(good, Counts::ok),
                        sum(good, Counts::refused),
                        sum(good, Counts::expired),
                        lost);
        lab.report()
                .verdict(
                        sum(poison, Counts::ok) == 0 && sum(poison, Counts::sent) > 0,
                        protocol + ": every poisoned request fails",
                        "%d of %d",
                        sum(poison, Counts::failed),
                        sum(poison, Counts::sent));
    }

    private static List<Counts> of(String kind, List<Measurement> slices) {
        return slices.stream()
                .map(slice -> slice.kinds().get(kind))
                .filter(Objects::nonNull)
                .toList();
    }

    private static long sum(List<Counts> counts, ToLongFunction<Counts> what) {
        return counts.stream().mapToLong(what).sum();
    }
}
