package dev.hearth.loadtests.drive;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The loops and the REST client against the JDK's own web server. */
class DriverTest {

    private static final LoadTimes TIMES = LoadTimes.of(Duration.ofMillis(200), Duration.ofMillis(600));

    private final AtomicInteger calls = new AtomicInteger();
    private final ExecutorService threads = Executors.newFixedThreadPool(8, work -> {
        Thread thread = new Thread(work, "web");
        thread.setDaemon(true);
        return thread;
    });
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            int number = calls.incrementAndGet();
            int status =
                    switch (exchange.getRequestURI().getPath()) {
                        case "/tenth-refused" -> number % 10 == 0 ? 429 : 200;
                        case "/late" -> 504;
                        default -> 200;
                    };
            if (exchange.getRequestURI().getPath().equals("/stalls") && number == 40) {
                LockSupport.parkNanos(300_000_000);
            }
            byte[] body = "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static Mix mix(String path) {
        return Mix.of(Calls.rest(path, new byte[] {'{', '}'}));
    }

    private long pid() {
        return ProcessHandle.current().pid();
    }

    private Client client(int connections) {
        return new RestClient(server.getAddress().getPort(), connections);
    }

    @Test
    void everyRequestOfAClosedLoopIsAnswered() throws InterruptedException {
        try (Client client = client(4)) {
            Measurement run = new ClosedLoop(client, mix("/"), pid(), TIMES, 4).run();

            assertThat(run.counts().ok()).isPositive().isEqualTo(run.counts().sent());
            assertThat(run.throughput()).isPositive();
        }
    }

    @Test
    void openLoopSendsWhatWasPlannedAndTellsRefusalsFromAnswers() throws InterruptedException {
        try (Client client = client(8)) {
            Measurement run =
                    new OpenLoop(client, mix("/tenth-refused"), pid(), TIMES, Arrivals.poisson(200, 1), 200).run();

            assertThat(run.counts().sent()).isBetween(80L, 160L);
            assertThat(run.counts().refused()).isBetween(4L, 20L);
            assertThat(run.counts().failed()).isZero();
        }
    }

    @Test
    void whatTheServerGaveUpCountsAsExpired() throws InterruptedException {
        try (Client client = client(2)) {
            Measurement run =
                    new ClosedLoop(client, mix("/late"), pid(), TIMES.withDeadline(Duration.ofSeconds(1)), 2).run();

            assertThat(run.counts().expired())
                    .isPositive()
                    .isEqualTo(run.counts().sent());
            assertThat(run.inTimeShare()).isZero();
        }
    }

    @Test
    void aStallIsSeenByEveryRequestThatWasMeantToBeSentMeanwhile() throws InterruptedException {
        try (Client client = client(1)) {
            Measurement run = new OpenLoop(client, mix("/stalls"), pid(), TIMES, Arrivals.poisson(100, 2), 100).run();

            assertThat(run.millis(100)).isGreaterThan(250);
            assertThat(run.millis(75)).isGreaterThan(50);
        }
    }
}
