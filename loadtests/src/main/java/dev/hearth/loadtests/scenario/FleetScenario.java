package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Client;
import dev.hearth.loadtests.drive.Counts;
import dev.hearth.loadtests.drive.GrpcClient;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.OpenLoop;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.drive.RestClient;
import dev.hearth.loadtests.fleet.Fleet;
import dev.hearth.loadtests.report.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Members of a fleet behind HAProxy end at random, by SIGKILL and by SIGTERM, while both protocols are in use. A request
 * that its server has not begun to answer is HAProxy's to repeat, so no caller may see any of it.
 */
public final class FleetScenario implements Scenario {

    private static final double PER_SECOND = 100;
    private static final int CONNECTIONS = 32;
    private static final Duration SLICE = Duration.ofSeconds(4);

    @Override
    public String name() {
        return "fleet";
    }

    @Override
    public String line() {
        return "three servers behind HAProxy, one ends now and then: no caller notices, and it comes back";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Subject subject = Subject.DIGITS;
        Path store = lab.store(subject);
        Optional<Fleet> started =
                Fleet.start(lab.root(), lab.scratch(), subject.name(), List.of("--model_store_path=" + store));
        if (started.isEmpty()) {
            lab.report().note("SKIPPED: there is no HAProxy here (see above)");
            return;
        }
        String wanted = System.getenv("HEARTH_BENCH_SEED");
        long seed = wanted == null ? System.nanoTime() % 1_000_000 : Long.parseLong(wanted);
        Random random = new Random(seed);
        lab.report().note("who ends when is drawn with the seed %d (HEARTH_BENCH_SEED)", seed);
        try (Fleet fleet = started.get()) {
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<List<Measurement>> rest = driven(fleet, subject, Protocol.REST, over);
            CompletableFuture<List<Measurement>> grpc = driven(fleet, subject, Protocol.GRPC, over);
            List<Fleet.Return> returns = new ArrayList<>();
            try {
                long end =
                        System.nanoTime() + Duration.ofSeconds(lab.pick(120, 0)).toNanos();
                // Both endings for certain, whatever is drawn.
                boolean kill = random.nextBoolean();
                for (int i = 0; i < 2 || System.nanoTime() < end; i++) {
                    Thread.sleep(500 + random.nextInt(1500));
                    returns.add(
                            fleet.replace(random.nextInt(fleet.size()), i < 2 ? kill ^ i == 1 : random.nextBoolean()));
                    lab.report().progress("  %s", returns.get(i));
                }
                Thread.sleep(1000);
            } finally {
                over.set(true);
            }
            report(lab, "REST", rest.join());
            report(lab, "gRPC", grpc.join());
            report(lab, returns);
        }
    }

    /** Calls without a break, in slices, until it is over. */
    private static CompletableFuture<List<Measurement>> driven(
            Fleet fleet, Subject subject, Protocol protocol, AtomicBoolean over) {
        CompletableFuture<List<Measurement>> done = new CompletableFuture<>();
        Thread driver = new Thread(
                () -> {
                    List<Measurement> slices = new ArrayList<>();
                    try (Client client = protocol == Protocol.GRPC
                            ? new GrpcClient(fleet.grpcPort(), 4)
                            : new RestClient(fleet.restPort(), CONNECTIONS)) {
                        for (int i = 0; !over.get(); i++) {
                            slices.add(new OpenLoop(
                                            client,
                                            subject.rows(protocol),
                                            fleet.pid(),
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
                "fleet-" + protocol);
        driver.setDaemon(true);
        driver.start();
        return done;
    }

    private static void report(Lab lab, String protocol, List<Measurement> slices) {
        long sent = 0;
        long ok = 0;
        double longest = 0;
        for (Measurement slice : slices) {
            Counts counts = slice.counts();
            sent += counts.sent();
            ok += counts.ok();
            longest = Math.max(longest, slice.millis(100));
            counts.reasons().forEach((why, times) -> lab.report().note("%s: %d times %s", protocol, times, why));
        }
        lab.report()
                .verdict(
                        ok == sent && sent > 0,
                        protocol + ": every call is answered with a result",
                        "%,d of %,d; longest %.0f ms",
                        ok,
                        sent,
                        longest);
    }

    private static void report(Lab lab, List<Fleet.Return> returns) {
        Table table =
                lab.report().table("members that ended", "member", "by", "exit", "back after s", "requests since");
        boolean back = true;
        boolean clean = true;
        for (Fleet.Return one : returns) {
            table.row(
                    one.member(),
                    one.ending(),
                    one.status(),
                    String.format(Locale.ROOT, "%.1f", one.away().toMillis() / 1e3),
                    one.answered());
            back &= one.answered() > 0;
            clean &= one.ending().equals("KILL") || one.status() == 0;
        }
        lab.report()
                .verdict(
                        back,
                        "every member comes back and gets requests of both kinds",
                        "%d of %d",
                        returns.stream().filter(one -> one.answered() > 0).count(),
                        returns.size());
        lab.report().verdict(clean, "who is asked to end, ends with 0", clean ? "yes" : "no");
    }
}
