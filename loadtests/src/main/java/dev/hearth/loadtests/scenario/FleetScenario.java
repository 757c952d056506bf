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
import dev.hearth.loadtests.fleet.Ending;
import dev.hearth.loadtests.fleet.Fleet;
import dev.hearth.loadtests.report.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Members of a fleet behind HAProxy or nginx end at random, by SIGKILL and by SIGTERM, or are stopped for some seconds, while
 * both protocols are in use. A request that its server has not begun to answer is the proxy's to repeat, so no caller may see
 * any of it. HEARTH_BENCH_ROUNDS says how often, HEARTH_BENCH_BUSY how many other processes want a core meanwhile.
 */
public final class FleetScenario implements Scenario {

    private static final double PER_SECOND = 100;
    private static final int CONNECTIONS = 32;
    private static final Duration SLICE = Duration.ofSeconds(4);

    private final boolean nginx;

    /** @param nginx in place of HAProxy */
    public FleetScenario(boolean nginx) {
        this.nginx = nginx;
    }

    @Override
    public String name() {
        return nginx ? "fleet-nginx" : "fleet";
    }

    @Override
    public String line() {
        return "three servers behind " + proxy()
                + ", one ends or stops now and then: no caller notices, and it comes back";
    }

    private String proxy() {
        return nginx ? "nginx" : "HAProxy";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Subject subject = Subject.DIGITS;
        Path store = lab.store(subject);
        // nginx does not say what it sends to whom, so the members have to: by protocol, on TensorFlow Serving's page.
        Path monitoring = Files.writeString(lab.scratch().resolve("monitoring"), "prometheus_config { enable: true }");
        Optional<Fleet> started = Fleet.start(
                lab.root(),
                lab.scratch(),
                subject.name(),
                nginx,
                List.of("--model_store_path=" + store, "--monitoring_config_file=" + monitoring));
        if (started.isEmpty()) {
            lab.report().note("SKIPPED: there is no %s here (see above)", proxy());
            return;
        }
        long seed = lab.setting("HEARTH_BENCH_SEED", System.nanoTime() % 1_000_000);
        long rounds = lab.setting("HEARTH_BENCH_ROUNDS", lab.quick() ? 2 : 12);
        long busy = lab.setting("HEARTH_BENCH_BUSY", 0);
        Random random = new Random(seed);
        lab.report().note("who ends when is drawn with the seed %d (HEARTH_BENCH_SEED)", seed);
        lab.report().note("%d rounds, %d other busy processes", rounds, busy);
        List<Process> others = new ArrayList<>();
        try (Fleet fleet = started.get()) {
            for (int i = 0; i < busy; i++) {
                Process other = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
                Runtime.getRuntime().addShutdownHook(new Thread(other::destroyForcibly));
                others.add(other);
            }
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<List<Measurement>> rest = driven(fleet, subject, Protocol.REST, over);
            CompletableFuture<List<Measurement>> grpc = driven(fleet, subject, Protocol.GRPC, over);
            List<Fleet.Return> returns = new ArrayList<>();
            try {
                // Every ending as often as the others, in another order each time; a quick run has two rounds for two
                // of them.
                List<Ending> left = new ArrayList<>();
                for (int i = 0; i < rounds; i++) {
                    if (left.isEmpty()) {
                        left.addAll(lab.quick() ? Ending.ENDINGS : List.of(Ending.values()));
                        Collections.shuffle(left, random);
                    }
                    Thread.sleep(500 + random.nextInt(1500));
                    returns.add(fleet.suffer(random.nextInt(fleet.size()), left.remove(left.size() - 1)));
                    lab.report().progress("  %s", returns.get(i));
                }
                Thread.sleep(1000);
            } finally {
                over.set(true);
            }
            report(lab, "REST", rest.join());
            report(lab, "gRPC", grpc.join());
            report(lab, returns);
        } finally {
            others.forEach(Process::destroyForcibly);
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
