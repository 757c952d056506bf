package dev.hearth.loadtests.scenario;

import dev.hearth.loadtests.drive.Arrivals;
import dev.hearth.loadtests.drive.Client;
import dev.hearth.loadtests.drive.ClosedLoop;
import dev.hearth.loadtests.drive.GrpcClient;
import dev.hearth.loadtests.drive.LoadTimes;
import dev.hearth.loadtests.drive.Measurement;
import dev.hearth.loadtests.drive.OpenLoop;
import dev.hearth.loadtests.drive.Protocol;
import dev.hearth.loadtests.drive.RestClient;
import dev.hearth.loadtests.fleet.QueueProxy;
import dev.hearth.loadtests.server.RunningServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The server behind Knative's own queue-proxy, as in a pod: its probe, both protocols on one h2c port, the limit of
 * concurrency, and the order of events when a pod ends.
 */
public final class QueueProxyScenario implements Scenario {

    /** Of deploy/knative/overlays/cpu. */
    private static final int DEPLOYED_CONCURRENCY = 128;

    private static final int TIMEOUT_SECONDS = 60;
    private static final int SMALL_CONCURRENCY = 4;
    private static final double PER_SECOND = 100;

    @Override
    public String name() {
        return "queue-proxy";
    }

    @Override
    public String line() {
        return "behind Knative's queue-proxy: probe, REST and gRPC on one port, concurrency limit, drain";
    }

    @Override
    public void run(Lab lab) throws IOException, InterruptedException {
        Optional<Path> program = QueueProxy.program(lab.root());
        if (program.isEmpty()) {
            lab.report().note("SKIPPED: there is no queue-proxy here (see above)");
            return;
        }
        Path store = lab.store(Subject.DIGITS, Subject.HEAVY);
        Path log = lab.scratch().resolve("queue-proxy.log");
        try (QueueProxy proxy = new QueueProxy(program.get(), log, 1, SMALL_CONCURRENCY, TIMEOUT_SECONDS)) {
            Thread.sleep(1000);
            int status = proxy.probe();
            lab.report().verdict(status == 503, "not ready where no server answers", "status %d", status);
        }
        try (RunningServer server = lab.hearth(store, List.of())) {
            try (QueueProxy proxy =
                    new QueueProxy(program.get(), log, server.restPort(), SMALL_CONCURRENCY, TIMEOUT_SECONDS)) {
                probe(lab, proxy);
                limit(lab, server, proxy);
            }
            try (QueueProxy proxy =
                    new QueueProxy(program.get(), log, server.restPort(), DEPLOYED_CONCURRENCY, TIMEOUT_SECONDS)) {
                probe(lab, proxy);
                for (Protocol protocol : Protocol.values()) {
                    both(lab, proxy, protocol);
                }
                drain(lab, server, proxy);
            }
        }
    }

    private static void probe(Lab lab, QueueProxy proxy) throws InterruptedException {
        long begun = System.nanoTime();
        int status = proxy.probe();
        while (status != 200 && System.nanoTime() - begun < 15e9) {
            Thread.sleep(20);
            status = proxy.probe();
        }
        lab.report()
                .verdict(
                        status == 200,
                        "queue-proxy finds the server ready",
                        "status %d, %.0f ms after its start",
                        status,
                        (System.nanoTime() - begun) / 1e6);
    }

    private static Client client(QueueProxy proxy, Protocol protocol, int users) {
        return protocol == Protocol.GRPC ? new GrpcClient(proxy.port(), 4) : new RestClient(proxy.port(), users);
    }

    private static void both(Lab lab, QueueProxy proxy, Protocol protocol) throws InterruptedException {
        try (Client client = client(proxy, protocol, 32)) {
            Measurement run = new ClosedLoop(
                            client,
                            Subject.DIGITS.rows(protocol),
                            proxy.pid(),
                            LoadTimes.of(Duration.ofSeconds(2), Duration.ofSeconds(lab.pick(8, 3))),
                            32)
                    .run();
            lab.report().run("through queue-proxy", protocol + ", 32 users", run);
            lab.report()
                    .verdict(
                            run.counts().ok() == run.counts().sent()
                                    && run.counts().ok() > 0,
                            protocol + " through the h2c port",
                            "%,d of %,d answered, p99 %.1f ms",
                            run.counts().ok(),
                            run.counts().sent(),
                            run.millis(99));
        }
    }

    /** Within limit and queue everything is answered; the server never sees more than the limit at once. */
    private static void limit(Lab lab, RunningServer server, QueueProxy proxy)
            throws IOException, InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Double> most = CompletableFuture.supplyAsync(() -> mostInFlight(server, over));
        Measurement within = limited(lab, proxy, 5 * SMALL_CONCURRENCY);
        Measurement beyond = limited(lab, proxy, 50 * SMALL_CONCURRENCY);
        over.set(true);
        lab.report()
                .verdict(
                        within.counts().ok() == within.counts().sent(),
                        "as many as the queue holds wait and are answered",
                        "%,d of %,d",
                        within.counts().ok(),
                        within.counts().sent());
        lab.report()
                .verdict(
                        beyond.counts().refused() > 0 && beyond.counts().failed() == 0,
                        "more are refused by queue-proxy, and nothing else happens to them",
                        "%,d answered, %,d refused, %,d failed",
                        beyond.counts().ok(),
                        beyond.counts().refused(),
                        beyond.counts().failed());
        double inFlight = most.join();
        lab.report()
                .verdict(
                        inFlight > 0 && inFlight <= SMALL_CONCURRENCY,
                        "the server never has more in flight than containerConcurrency",
                        "at most %.0f of %d",
                        inFlight,
                        SMALL_CONCURRENCY);
    }

    private static Measurement limited(Lab lab, QueueProxy proxy, int users) throws InterruptedException {
        try (Client client = client(proxy, Protocol.REST, users)) {
            Measurement run = new ClosedLoop(
                            client,
                            Subject.HEAVY.rows(Protocol.REST),
                            proxy.pid(),
                            LoadTimes.of(Duration.ofSeconds(1), Duration.ofSeconds(lab.pick(5, 3))),
                            users)
                    .run();
            lab.report().run("limit of " + SMALL_CONCURRENCY, users + " users", run);
            return run;
        }
    }

    private static double mostInFlight(RunningServer server, AtomicBoolean over) {
        double most = 0;
        try {
            while (!over.get()) {
                double now = server.get("/q/metrics")
                        .lines()
                        .filter(line -> line.startsWith("hearth_requests_in_flight"))
                        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                        .sum();
                most = Math.max(most, now);
                Thread.sleep(20);
            }
        } catch (IOException e) {
            return Double.NaN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return most;
    }

    /** What happens when a pod is deleted, with calls that go on until the network has heard of it. */
    private static void drain(Lab lab, RunningServer server, QueueProxy proxy) throws InterruptedException {
        Measurement run;
        CompletableFuture<Integer> hook;
        long begun;
        try (Client client = client(proxy, Protocol.GRPC, 1)) {
            CompletableFuture<Integer> started = new CompletableFuture<>();
            hook = started.thenCompose(unused -> proxy.drain());
            CompletableFuture.delayedExecutor(2, TimeUnit.SECONDS).execute(() -> started.complete(0));
            begun = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            run = new OpenLoop(
                            client,
                            Subject.DIGITS.rows(Protocol.GRPC),
                            proxy.pid(),
                            LoadTimes.of(Duration.ZERO, Duration.ofSeconds(6)),
                            Arrivals.poisson(PER_SECOND, 3),
                            PER_SECOND)
                    .run();
        }
        int probed = proxy.probe();
        int status = hook.join();
        double waited = (System.nanoTime() - begun) / 1e9;
        long term = System.nanoTime();
        int ended = server.end();
        double serverSeconds = (System.nanoTime() - term) / 1e9;
        int proxyEnded = proxy.awaitEnd(Duration.ofSeconds(30));
        lab.report().run("drain", "calls go on for 4 s after SIGTERM", run);
        lab.report()
                .verdict(
                        run.counts().ok() == run.counts().sent() && run.counts().ok() > 0,
                        "calls that come after SIGTERM are answered",
                        "%,d of %,d",
                        run.counts().ok(),
                        run.counts().sent());
        lab.report().verdict(probed == 503, "not ready any more while it drains", "status %d", probed);
        lab.report()
                .verdict(
                        status == 200 && ended == 0 && proxyEnded == 0 && waited + serverSeconds < TIMEOUT_SECONDS,
                        "the pod ends by itself within timeoutSeconds",
                        "hook %d after %.1f s, server %d after %.1f s more, queue-proxy %d",
                        status,
                        waited,
                        ended,
                        serverSeconds,
                        proxyEnded);
    }
}
