package dev.hearth.server.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hearth.endpoints.fallback.Fallback;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GuardedFallbackTest {

    private static final Ticker TICKER = Ticker.system();

    private final Map<String, Integer> outcomes = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch release = new CountDownLatch(1);
    private volatile int status = 200;
    private volatile boolean held;
    private volatile Map<String, String> seen = Map.of();
    private HttpServer stub;

    @BeforeEach
    void start() throws IOException {
        stub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        stub.setExecutor(threads);
        stub.createContext("/", this::serve);
        stub.start();
    }

    @AfterEach
    void stop() {
        release.countDown();
        stub.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.incrementAndGet();
            var headers = exchange.getRequestHeaders();
            seen = Map.of(
                    "path", exchange.getRequestURI().toString(),
                    "forwarded", String.valueOf(headers.getFirst(Fallback.FORWARDED)),
                    "authorization", String.valueOf(headers.getFirst("Authorization")),
                    "encoding", String.valueOf(headers.getFirst("content-encoding")));
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (held) {
                release.await();
            }
            exchange.getResponseHeaders().add("content-encoding", "gzip");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private GuardedFallback fallback(Duration timeout, int requests) {
        FallbackOptions options = new FallbackOptions(
                URI.create("http://127.0.0.1:" + stub.getAddress().getPort()),
                Map.of("allowed", true, "kept", false),
                false,
                Optional.of("Bearer t"),
                timeout,
                requests,
                1000,
                new FallbackOptions.Circuit(4, 0.5, Duration.ofMinutes(1)));
        return new GuardedFallback(
                options,
                new HttpQuestion(options),
                new FallbackMeter((meter, tags) -> outcomes.merge(tags[2], 1, Integer::sum)),
                TICKER,
                model -> !model.equals("made-up"));
    }

    private GuardedFallback fallback() {
        return fallback(Duration.ofSeconds(20), 8);
    }

    private static Fallback.Question question(String body, Deadline deadline) {
        return new Fallback.Question(
                "allowed",
                Fallback.Reason.REFUSED,
                "/v1/models/allowed:predict",
                Map.of("content-encoding", "gzip"),
                body.getBytes(StandardCharsets.UTF_8),
                deadline);
    }

    private int counted(String outcome) {
        return outcomes.getOrDefault(outcome, 0);
    }

    private static void fails(CompletableFuture<Fallback.Answer> answer, String text) {
        assertThatThrownBy(() -> answer.get(30, TimeUnit.SECONDS)).hasMessageContaining(text);
    }

    @Test
    void forwardsARequestMarkedAndReturnsTheAnswer() throws Exception {
        Fallback.Answer answer =
                fallback().ask(question("bytes", Deadline.NONE)).get(30, TimeUnit.SECONDS);
        assertThat(answer.body()).asString().isEqualTo("bytes");
        assertThat(answer.headers()).containsExactly(Map.entry("content-encoding", "gzip"));
        assertThat(seen)
                .containsEntry("path", "/v1/models/allowed:predict")
                .containsEntry("forwarded", "1")
                .containsEntry("authorization", "Bearer t")
                .containsEntry("encoding", "gzip");
        assertThat(counted("answered")).isEqualTo(1);
    }

    @Test
    void takesOnlyModelsThatAreAllowed() {
        GuardedFallback fallback = fallback();
        assertThat(fallback.takes("allowed")).isTrue();
        assertThat(fallback.takes("kept")).isFalse();
        assertThat(fallback.takes("other")).isFalse();
        assertThat(fallback.takes("made-up")).isFalse();
    }

    @Test
    void stopsAskingAPlaceThatKeepsFailing() {
        GuardedFallback fallback = fallback();
        status = 503;
        for (int i = 0; i < 4; i++) {
            fails(fallback.ask(question("x", Deadline.NONE)), "503");
        }
        fails(fallback.ask(question("x", Deadline.NONE)), "CircuitBreakerOpen");
        assertThat(asked).hasValue(4);
        assertThat(counted("failed")).isEqualTo(4);
        assertThat(counted("circuit_open")).isEqualTo(1);
    }

    @Test
    void aRequestThatIsDeclinedSaysNothingAboutThePlace() throws Exception {
        GuardedFallback fallback = fallback();
        status = 404;
        for (int i = 0; i < 8; i++) {
            fails(fallback.ask(question("x", Deadline.NONE)), "404");
        }
        status = 200;
        assertThat(fallback.ask(question("x", Deadline.NONE)).get(30, TimeUnit.SECONDS))
                .isNotNull();
        assertThat(counted("declined")).isEqualTo(8);
    }

    @Test
    void waitsNoLongerThanTheRequestHas() {
        held = true;
        fails(fallback().ask(question("x", Deadline.after(Duration.ofMillis(100), TICKER))), "does not help");
        assertThat(counted("timeout")).isEqualTo(1);
        fails(fallback().ask(question("x", Deadline.after(Duration.ZERO, TICKER))), "too_late");
    }

    @Test
    void waitsNoLongerThanConfigured() {
        held = true;
        fails(fallback(Duration.ofMillis(100), 8).ask(question("x", Deadline.NONE)), "does not help");
        assertThat(counted("timeout")).isEqualTo(1);
    }

    @Test
    void forwardsNoMoreAtOnceThanConfigured() throws Exception {
        held = true;
        GuardedFallback fallback = fallback(Duration.ofSeconds(20), 1);
        CompletableFuture<Fallback.Answer> first = fallback.ask(question("x", Deadline.NONE));
        fails(fallback.ask(question("x", Deadline.NONE)), "too_many");
        release.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS)).isNotNull();
        assertThat(fallback.ask(question("x", Deadline.NONE)).get(30, TimeUnit.SECONDS))
                .isNotNull();
    }

    @Test
    void keepsBodiesThatAreTooLong() {
        fails(fallback().ask(question("x".repeat(1001), Deadline.NONE)), "too_long");
        assertThat(asked).hasValue(0);
    }

    @Test
    void givesUpWithWhoeverAsked() {
        held = true;
        GuardedFallback fallback = fallback(Duration.ofSeconds(20), 1);
        assertThat(fallback.ask(question("x", Deadline.NONE)).cancel(false)).isTrue();
        release.countDown();
        CompletableFuture<Fallback.Answer> next = fallback.ask(question("x", Deadline.NONE));
        assertThat(next.handle((answer, failure) -> failure == null ? "" : failure.getMessage())
                        .join())
                .doesNotContain("too_many");
    }

    @Test
    void aPlaceThatIsNotThereIsAFailure() {
        GuardedFallback fallback = fallback();
        stub.stop(0);
        fails(fallback.ask(question("x", Deadline.NONE)), "ConnectException");
        assertThat(counted("failed")).isEqualTo(1);
    }
}
